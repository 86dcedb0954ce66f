"""Mean and variance by the likelihood of a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.config.losses import GaussianLoss as GaussianOptions
from polyhead.tasks.losses import constant
from polyhead.tasks.losses.number import Array, NumberLoss, like
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Weights

_CENTRAL_90 = 1.6448536269514722  # quantile of the standard normal at .95


@dataclass(frozen=True)
class GaussianLoss(NumberLoss):
    """1 + L - 1/2 with L = var^beta (log var + (target - mean)^2 / var) / 2 + var_reg (log var)^2.

    Parts are the mean and log var, with var in units of the training variance `spread`^2, so that the unit of the
    target does not matter. No gradient goes through var^beta (Seitzer et al. 2022). The constant is where gradient
    descent on a constant output comes to rest, which is mean and variance of training whatever beta and var_reg:
    log var = 0 and L = 1/2 there. At beta 0 it is also the constant of least L; above, the value of L (not its
    gradient) could be lowered further by var^beta alone.
    """

    shifted: ClassVar[bool] = True
    options: GaussianOptions
    spread: NDArray[np.float64]

    @property
    def parts(self) -> int:
        return 2

    @property
    def places(self) -> int:
        return 1

    def __call__(self, estimate: Tensor, truth: Tensor) -> Tensor:
        spread = torch.as_tensor(self.spread, dtype=truth.dtype, device=truth.device)
        logvar = estimate[:, 1].clamp(*self.options.logvar_clamp)
        square = ((truth - estimate[:, 0]) / spread).square()
        likelihood = (logvar + square * (-logvar).exp()) / 2
        each = (self.options.beta * logvar).exp().detach()
        return 0.5 + each * likelihood + self.options.var_reg * logvar.square()

    def best_constant(self, truth: Array, weights: Weights | None) -> Array:
        mean = constant.mean(truth, like(weights, truth))
        return np.stack([mean, np.zeros_like(mean)])

    def decode(self, estimate: Array, scale: TargetScale) -> Decoded:
        """Mean, standard deviation and central 90 %; under a logarithm the median, the standard deviation by the delta
        method, and the interval exactly."""
        mean = estimate[:, 0]
        sd = self.spread * np.exp(np.clip(estimate[:, 1], *self.options.logvar_clamp) / 2)
        low, high = (scale.physical(mean + side * _CENTRAL_90 * sd) for side in (-1, 1))
        return Decoded(scale.physical(mean), sd=scale.spread(mean, sd), low=low, high=high)

    def state(self) -> dict[str, Any]:
        return {"spread": self.spread.tolist()}


def gaussian(options: GaussianOptions, truth: Array, weights: Weights | None) -> GaussianLoss:
    """The loss fitted to scaled targets (n, ...): the standard deviation of each output."""
    each = like(weights, truth)
    spread = np.sqrt(constant.mean((truth - constant.mean(truth, each)) ** 2, each))
    return GaussianLoss(options, np.where(spread > 0, spread, 1.0))
