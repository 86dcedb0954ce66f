"""Losses of yes or no on a logit: binary cross-entropy and focal loss, yes weighted where asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyhead.config.losses import BceLoss, FocalLoss
from polyhead.tasks.losses import constant
from polyhead.tasks.task import Weights

Array = NDArray[np.float64]

_EDGE = 1e-4  # a label that is always or never there in training starts at this probability from it


@dataclass(frozen=True)
class AnswerLoss:
    """Loss of yes and no for each label; `pos_weight` (label,) multiplies that of yes.

    bce: -log p, p the probability of the true answer. focal: (1 - p)^gamma times that, times alpha for yes and
    1 - alpha for no where alpha is given (Lin et al. 2017, equations 4 and 5).
    """

    options: BceLoss | FocalLoss
    pos_weight: tuple[float, ...]

    def __call__(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Elementwise losses (batch, label) of logits against truth of 0 and 1, both (batch, label)."""
        if logits.shape != truth.shape:
            raise ValueError(f"logits {tuple(logits.shape)} and truth {tuple(truth.shape)} differ in shape")
        weight = logits.new_tensor(self.pos_weight)
        if isinstance(self.options, BceLoss):
            return F.binary_cross_entropy_with_logits(logits, truth, pos_weight=weight, reduction="none")
        right = (2 * truth - 1) * logits
        each = -F.logsigmoid(right) * (self.options.gamma * F.logsigmoid(-right)).exp()
        alpha = self.options.alpha
        yes, no = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
        return each * (truth * yes * weight + (1 - truth) * no)

    def best_constant(self, truth: Array, weights: Weights | None) -> tuple[Array, float]:
        """The constant logits (label,) for truth (n, label) of 0 and 1, and their mean loss over labels.

        bce with share p of yes and weight w: the probability w p / (w p + 1 - p). focal: by minimisation.
        """
        share = constant.mean(truth, None if weights is None else weights[:, None])
        mass = 1.0 if weights is None else float(weights.mean())
        weight = np.array(self.pos_weight)
        if isinstance(self.options, BceLoss):
            best = weight * share / (weight * share + 1 - share)
            with np.errstate(divide="ignore", invalid="ignore"):
                each = np.where(share > 0, -weight * share * np.log(best), 0.0)
                each = np.where(share < 1, each - (1 - share) * np.log(1 - best), each)
            best = np.clip(best, _EDGE, 1 - _EDGE)
            return np.log(best / (1 - best)), float(mass * each.mean())
        found = np.array([constant.least_logit(self._mean_at(i, p)) for i, p in enumerate(share.tolist())])
        each = np.array([self._mean_at(i, p)(found[i : i + 1])[0] for i, p in enumerate(share.tolist())])
        edge = float(np.log((1 - _EDGE) / _EDGE))
        return np.clip(found, -edge, edge), float(mass * each.mean())

    def _mean_at(self, label: int, share: float) -> constant.OfLogits:
        """Mean loss of one label as a function of a constant logit, with this share of yes."""
        alone = AnswerLoss(self.options, (self.pos_weight[label],))

        def mean(logits: Array) -> Array:
            column = torch.from_numpy(logits)[:, None]
            yes, no = (alone(column, torch.full_like(column, answer))[:, 0].numpy() for answer in (1.0, 0.0))
            return np.asarray(share * yes + (1 - share) * no)

        return mean


def automatic(truth: Array, weights: Weights | None) -> Array:
    """No over yes of each label of truth (n, label), which gives both the same sum; 1 where one of them is absent."""
    share = constant.mean(truth, None if weights is None else weights[:, None])
    with np.errstate(divide="ignore"):
        return np.where((share > 0) & (share < 1), (1 - share) / share, 1.0)
