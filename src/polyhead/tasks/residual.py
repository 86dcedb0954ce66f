"""Losses of a residual, and the constant that minimises their mean, found in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyhead.config.tasks import RegressionLoss

_HALVINGS = 80  # of the interval between least and largest target; float64 has 53 bits


@dataclass(frozen=True)
class ResidualLoss:
    """smooth_l1, huber, l1 or mse in scaled units; `beta` is where the first two turn from square to linear.

    smooth_l1: r^2 / 2 beta within beta, |r| - beta / 2 beyond. huber: beta times that. mse has no factor 1/2.
    """

    name: RegressionLoss
    beta: float

    def __call__(self, output: Tensor, truth: Tensor) -> Tensor:
        """Elementwise loss of two tensors of one shape. Raises ValueError where shapes differ."""
        if output.shape != truth.shape:
            raise ValueError(f"outputs {tuple(output.shape)} and targets {tuple(truth.shape)} differ in shape")
        if self.name == "mse":
            return F.mse_loss(output, truth, reduction="none")
        if self.name == "l1":
            return F.l1_loss(output, truth, reduction="none")
        if self.name == "huber":
            return F.huber_loss(output, truth, reduction="none", delta=self.beta)
        return F.smooth_l1_loss(output, truth, reduction="none", beta=self.beta)

    def best_constant(self, truth: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """The constant per column of `truth` (n, output) with the least mean loss, and that mean over columns."""
        if self.name == "mse":
            constant = truth.mean(axis=0)
        elif self.name == "l1":
            constant = np.median(truth, axis=0)
        else:
            constant = self._root(truth)
        return constant, float(self._mean(truth - constant))

    def _root(self, truth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the mean slope changes sign; both losses are convex with slope clip(r, -beta, beta) up to a factor."""
        low, high = truth.min(axis=0), truth.max(axis=0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            rising = np.clip(truth - middle, -self.beta, self.beta).mean(axis=0) > 0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return np.asarray((low + high) / 2)

    def _mean(self, residual: NDArray[np.float64]) -> float:
        size = np.abs(residual)
        if self.name == "mse":
            return float((size**2).mean())
        if self.name == "l1":
            return float(size.mean())
        huber = np.where(size < self.beta, size**2 / 2, self.beta * (size - self.beta / 2)).mean()
        return float(huber if self.name == "huber" else huber / self.beta)
