"""From outputs to numbers: scale, bounds and loss together, as regression and the tasks on signals use them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.config import losses as options
from polyhead.scoring.calibration import interval_factor
from polyhead.scoring.prediction import Prediction
from polyhead.tasks.losses.gaussian import GaussianLoss, gaussian
from polyhead.tasks.losses.number import NumberLoss, like
from polyhead.tasks.losses.point import PointLoss, RelativeLoss, relative
from polyhead.tasks.losses.quantile import QuantileLoss
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Weights

LossOptions = options.PointLoss | options.QuantileLoss | options.GaussianLoss
Array = NDArray[np.float64]

_EDGE = 1e-3  # a bounded output starts at least this share of the range away from either bound


@dataclass(frozen=True)
class Constant:
    """The output (output,) a head starts at, flat, and the least mean loss that goes with it."""

    output: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class Numbers:
    """Outputs (batch, part x output, ...), the parts of a loss one after another, as predictions (batch, output, ...).

    `bounds` are in target units.
    """

    scale: TargetScale
    loss: NumberLoss
    bounds: tuple[float, float] | None = None

    @cached_property
    def _range(self) -> tuple[Tensor, Tensor] | None:
        """The bounds in scaled units, shaped as the scale."""
        if self.bounds is None:
            return None
        low, high = (self.scale.scaled(np.full(self.scale.offset.shape, bound)) for bound in self.bounds)
        return torch.from_numpy(low), torch.from_numpy(high)

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        """Loss of each window (batch,) against scaled targets (batch, output, ...)."""
        return self.each(output, truth).flatten(1).mean(dim=1)

    def each(self, output: Tensor, truth: Tensor) -> Tensor:
        """Loss of each number of scaled targets (batch, output, ...), in their shape."""
        return self.loss(self._estimate(output), truth)

    def decode(self, output: Tensor) -> Decoded:
        """Predictions (batch, output, ...) in target units."""
        found = self.loss.decode(self._estimate(output.double()).cpu().numpy(), self.scale)
        return found if self.bounds is None else replace(found, pred=np.clip(found.pred, *self.bounds))  # rounding only

    def decide(self, known: Prediction, loss: LossOptions) -> float | None:
        """How much wider intervals must be for these windows; None without any, 1 where they stay as they are."""
        if known.low is None:
            return None
        return interval_factor(self._logged(known)) if getattr(loss, "calibrate", False) else 1.0

    def widened(self, prediction: Prediction, factor: float) -> Prediction:
        """The same predictions with intervals `factor` times as wide, under a logarithm in its units, within what the
        target can be."""
        one = self._logged(prediction)
        assert one.low is not None
        assert one.high is not None
        pred = one.pred.astype(np.float64)
        low, high = (pred + factor * (end - pred) for end in (one.low, one.high))
        if self.scale.log:
            low, high = np.exp(low), np.exp(high)
        if self.bounds is not None:
            low, high = np.clip(low, *self.bounds), np.clip(high, *self.bounds)
        return replace(prediction, low=low, high=high)

    def _logged(self, prediction: Prediction) -> Prediction:
        """The prediction as the logarithm sees it, where there is one."""
        if not self.scale.log:
            return prediction
        least = self.scale.log_floor or np.finfo(np.float64).tiny
        parts = {key: getattr(prediction, key) for key in ("truth", "pred", "low", "high")}
        moved = {key: np.log(np.maximum(one, least)) for key, one in parts.items() if one is not None}
        return replace(prediction, **moved)

    def constant(self, truth: Array, weights: Weights | None) -> Constant:
        """The best constant for scaled targets (n, output, ...) and its mean loss, both in float64."""
        best = self.loss.best_constant(truth, weights)
        estimate = torch.from_numpy(best).unsqueeze(0).expand(len(truth), *best.shape)
        losses = self.loss(estimate, torch.from_numpy(truth)).numpy()
        each = like(weights, truth)
        floor = float((losses if each is None else losses * each).mean())
        if self._range is not None:
            low, high = (bound.numpy() for bound in self._range)
            share = np.clip((best[: self.loss.places] - low) / (high - low), _EDGE, 1 - _EDGE)
            best = np.concatenate([np.log(share / (1 - share)), best[self.loss.places :]])
        return Constant(tuple(best.ravel().tolist()), floor)

    def _estimate(self, output: Tensor) -> Tensor:
        """(batch, part x output, ...) to (batch, part, output, ...), places within bounds."""
        parts = output.reshape(len(output), self.loss.parts, -1, *output.shape[2:])
        if self._range is None:
            return parts
        low, high = (bound.to(output) for bound in self._range)
        places = low + (high - low) * parts[:, : self.loss.places].sigmoid()
        return places if self.loss.places == self.loss.parts else torch.cat([places, parts[:, self.loss.places :]], 1)

    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON holds it."""
        return {"scale": self.scale.as_dict(), "loss": self.loss.state()}


def fit_loss(
    chosen: LossOptions,
    scale: TargetScale,
    truth: Array,
    weights: Weights | None,
    beta: float,
    loss_beta: float | None,
) -> NumberLoss:
    """The loss fitted to scaled targets (n, output, ...). `beta` is in scaled units, `loss_beta` in target units."""
    if isinstance(chosen, options.QuantileLoss):
        return QuantileLoss(tuple(chosen.levels))
    if isinstance(chosen, options.GaussianLoss):
        return gaussian(chosen, truth, weights)
    if chosen.name.startswith("relative_"):
        return relative(chosen.name, scale, truth, loss_beta)
    return PointLoss(chosen.name, beta)


def restore_loss(chosen: LossOptions, scale: TargetScale, state: dict[str, Any]) -> NumberLoss:
    """The loss that `state` (NumberLoss.state) was taken from."""
    if isinstance(chosen, options.QuantileLoss):
        return QuantileLoss(tuple(chosen.levels))
    if isinstance(chosen, options.GaussianLoss):
        return GaussianLoss(chosen, np.array(state["spread"]))
    if chosen.name.startswith("relative_"):
        return RelativeLoss(chosen.name, scale, np.array(state["least"]), np.array(state["beta"]))
    return PointLoss(chosen.name, state["beta"])
