"""Losses of one number per output: of the residual in scaled units, or of its ratio to the target in target units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyhead.config.losses import PointLossName
from polyhead.tasks.losses import constant
from polyhead.tasks.losses.number import Array, NumberLoss, like
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Weights

_LEAST = 1e-3  # of the training median of |target|: a target counts at least this much as a denominator


@dataclass(frozen=True)
class PointLoss(NumberLoss):
    """One number; `beta` (scaled units) is where a loss turns from square to linear, r the residual.

    smooth_l1: r^2 / 2 beta within beta, |r| - beta / 2 beyond. huber: beta times that. mse has no factor 1/2.
    log_cosh: beta log cosh(r / beta), about r^2 / 2 beta within and |r| - beta log 2 beyond.
    """

    name: PointLossName
    beta: float

    @property
    def parts(self) -> int:
        return 1

    @property
    def places(self) -> int:
        return 1

    def __call__(self, estimate: Tensor, truth: Tensor) -> Tensor:
        output = estimate[:, 0]
        _same_shape(output, truth)
        if self.name == "mse":
            return F.mse_loss(output, truth, reduction="none")
        if self.name == "l1":
            return F.l1_loss(output, truth, reduction="none")
        if self.name == "huber":
            return F.huber_loss(output, truth, reduction="none", delta=self.beta)
        if self.name == "log_cosh":
            size = (output - truth).abs() / self.beta
            return self.beta * (size + F.softplus(-2 * size) - math.log(2))
        return F.smooth_l1_loss(output, truth, reduction="none", beta=self.beta)

    def best_constant(self, truth: Array, weights: Weights | None) -> Array:
        each = like(weights, truth)
        if self.name == "mse":
            return constant.mean(truth, each)[None]
        if self.name == "l1":
            return constant.quantile(truth, 0.5, each)[None]
        if self.name == "log_cosh":
            return constant.root(truth, lambda r: np.tanh(r / self.beta), each)[None]
        return constant.root(truth, lambda r: np.clip(r, -self.beta, self.beta), each)[None]

    def decode(self, estimate: Array, scale: TargetScale) -> Decoded:
        return Decoded(scale.physical(estimate[:, 0]))

    def state(self) -> dict[str, Any]:
        return {"beta": self.beta}


@dataclass(frozen=True)
class RelativeLoss(NumberLoss):
    """One number; r is the residual and t the target, both in target units, |t| counting at least `least`.

    relative_l1: |r| / |t|. relative_mse: r^2 / t^2. relative_smooth_l1: smooth_l1 of r with `beta`, over |t|.
    `least` and `beta` are shaped as the scale: a thousandth of the training median of |t|, and target units.
    """

    name: PointLossName
    scale: TargetScale
    least: NDArray[np.float64]
    beta: NDArray[np.float64]

    @property
    def parts(self) -> int:
        return 1

    @property
    def places(self) -> int:
        return 1

    def __call__(self, estimate: Tensor, truth: Tensor) -> Tensor:
        output = estimate[:, 0]
        _same_shape(output, truth)
        offset, scale, least, beta = (
            torch.as_tensor(one, dtype=truth.dtype, device=truth.device)
            for one in (self.scale.offset, self.scale.scale, self.least, self.beta)
        )
        target, residual = truth * scale + offset, (output - truth) * scale
        if self.scale.log:
            target = target.exp()
            residual = target * residual.expm1()  # exp(output) - exp(truth) without loss of digits
        size = torch.maximum(target.abs(), least)
        if self.name == "relative_mse":
            return (residual / size).square()
        if self.name == "relative_l1":
            return residual.abs() / size
        far = residual.abs()
        return torch.where(far < beta, far.square() / (2 * beta), far - beta / 2) / size

    def best_constant(self, truth: Array, weights: Weights | None) -> Array:
        target, each = self.scale.physical(truth), like(weights, truth)
        share = 1 / np.maximum(np.abs(target), self.least)
        share = share**2 if self.name == "relative_mse" else share
        share = share if each is None else share * each
        if self.name == "relative_mse":
            best = constant.mean(target, share)
        elif self.name == "relative_l1":
            best = constant.quantile(target, 0.5, share)
        else:
            best = constant.root(target, lambda r: np.clip(r, -self.beta, self.beta), share)
        return self.scale.scaled(best)[None]

    def decode(self, estimate: Array, scale: TargetScale) -> Decoded:
        return Decoded(scale.physical(estimate[:, 0]))

    def state(self) -> dict[str, Any]:
        return {"least": self.least.tolist(), "beta": self.beta.tolist()}


def relative(name: PointLossName, scale: TargetScale, truth: Array, loss_beta: float | None) -> RelativeLoss:
    """The relative loss fitted to scaled targets (n, ...); `loss_beta` in target units, by default one standard
    deviation of each output."""
    target = scale.physical(truth)
    axes = (0, *range(2, target.ndim))
    size = np.abs(target)
    least = np.median(size, axis=axes)
    least = np.where(least > 0, least, size.mean(axis=axes))  # where more than half are 0
    beta = np.full(least.shape, loss_beta) if loss_beta else target.std(axis=axes)
    least, beta = (np.where(one > 0, one, 1.0).reshape(scale.scale.shape) for one in (least, beta))
    return RelativeLoss(name, scale, _LEAST * least, beta)


def _same_shape(output: Tensor, truth: Tensor) -> None:
    if output.shape != truth.shape:
        raise ValueError(f"outputs {tuple(output.shape)} and targets {tuple(truth.shape)} differ in shape")
