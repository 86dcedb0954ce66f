"""The losses of marks on a window's samples, each with the one logit for all samples that it is least for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.config.losses import BceLoss, CrfLoss, FocalLoss
from polyhead.config.losses import DiceLoss as DiceOptions
from polyhead.config.losses import SpanLoss as Options
from polyhead.tasks.losses import chain, constant
from polyhead.tasks.losses.answer import AnswerLoss
from polyhead.tasks.losses.dice import DiceLoss
from polyhead.tasks.losses.overlap import OverlapLoss
from polyhead.tasks.task import Weights

Array = NDArray[np.float64]
Marks = NDArray[np.int8]
Index = NDArray[np.int64]

ABSENT = -30.0
"""Logit of a sample that is missing: it costs nothing, teaches nothing and is never marked."""
_RIDGE = 1e-6  # times the squared scores of a chain: those of what training never shows would be infinite
_START = 2.1972245773362196  # logit of .9: from 0 or 1 an overlap learns nothing


@dataclass(frozen=True)
class SpanLoss:
    """Loss of outputs (batch, sample), with crf (batch, sample + 4), against marks (batch, sample) of 0 and 1.

    bce, focal: mean over samples; `pos_weight` multiplies the loss of marked ones. soft_iou, dice: one overlap for each
    window. crf: negative log-likelihood over samples. A missing sample has the logit ABSENT and adds 0 to every sum.
    """

    options: Options
    pos_weight: float = 1.0

    def __call__(self, output: Tensor, truth: Tensor) -> Tensor:
        """Losses (batch,)."""
        truth = truth.to(output.dtype)
        if isinstance(self.options, CrfLoss):
            return chain.likelihood(output, truth)
        if isinstance(self.options, BceLoss | FocalLoss):
            return AnswerLoss(self.options, (self.pos_weight,))(output, truth).mean(dim=1)
        return self._overlap()(output, truth)

    def _overlap(self) -> DiceLoss | OverlapLoss:
        assert not isinstance(self.options, BceLoss | FocalLoss | CrfLoss)
        loss = DiceLoss if isinstance(self.options, DiceOptions) else OverlapLoss
        return loss(self.options.eps)

    def best_constant(self, marks: Marks, filled: Index, weights: Weights | None) -> tuple[tuple[float, ...], float]:
        """The logit for all real samples, with crf also the four transitions, that training's windows cost least
        under, and their mean loss. `marks` (window, sample), of which the last `filled` (window,) are real."""
        each = np.ones(len(marks)) if weights is None else weights
        if isinstance(self.options, CrfLoss):
            return _best_chain(marks, filled, each)
        ones = marks.sum(axis=1, dtype=np.int64)
        if isinstance(self.options, BceLoss | FocalLoss):
            sums = np.array([each @ ones, each @ (filled - ones)])
            mass = sums * 2 / (len(marks) * marks.shape[1])  # a missing sample counts in the mean, and costs nothing
            logits, floor = AnswerLoss(self.options, (self.pos_weight,)).best_constant(np.array([[1.0], [0.0]]), mass)
            return (float(logits[0]),), floor
        windows, at = np.unique(np.stack([ones, filled], axis=1), axis=0, return_inverse=True)
        share = np.bincount(at.ravel(), each, len(windows)) / len(marks)

        def loss(logits: Array) -> Array:
            p, (c, f) = 1 / (1 + np.exp(-logits[:, None])), windows.T
            both, either = p * c, p * (f - c) + c
            eps = self._overlap().eps
            if isinstance(self.options, DiceOptions):
                both, either = 2 * both, p * f + c
            return np.asarray(((1 - (both + eps) / (either + eps)) * share).sum(axis=1))

        best = constant.least_logit(loss)
        return (float(np.clip(best, -_START, _START)),), float(loss(np.array([best]))[0])


def _best_chain(marks: Marks, filled: Index, each: Array) -> tuple[tuple[float, ...], float]:
    """The chain of least mean loss, but for a trace of a ridge, with one logit for all samples; convex in logit and
    transitions, of which one is 0 as only differences count."""
    windows, samples = marks.shape
    ones = float(each @ marks.sum(axis=1, dtype=np.int64)) / windows
    step = 2 * marks[:, :-1] + marks[:, 1:]
    pairs = np.array([each @ (step == pair).sum(axis=1) for pair in range(chain.TRANSITIONS)]) / windows
    lengths, at = np.unique(filled, return_inverse=True)
    share = torch.from_numpy(np.bincount(at.ravel(), each, len(lengths)) / windows)
    real = torch.from_numpy(np.arange(samples) >= samples - lengths[:, None])
    told = torch.from_numpy(np.concatenate([[ones], pairs[1:]]))

    def mean(point: Tensor) -> Tensor:
        logits = torch.where(real, point[0], ABSENT)
        transitions = torch.cat([point.new_zeros(1), point[1:]]).view(1, 2, 2).expand(len(lengths), 2, 2)
        value: Tensor = ((share * chain.log_partition(logits, transitions)).sum() - told @ point) / samples
        return value

    rate = ones / float(each @ filled) * windows
    start = np.array([np.log(rate / (1 - rate)), 0.0, 0.0, 0.0])
    best = constant.least_logits(lambda point: mean(point) + _RIDGE * point.square().sum(), [start])
    return (float(best[0]), 0.0, *map(float, best[1:])), float(mean(torch.from_numpy(best)))
