"""Numbers: point losses in scaled units, outputs that may be bounded, labels that may be missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import RegressionOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.residual import ResidualLoss
from polyhead.tasks.task import Decoded, Fitted, LabelTask, labelled, restored

_EDGE = 1e-3  # a bounded output starts at least this share of the range away from either bound
_ROUNDING = 1e-12  # a spread below this share of the offset is float64's rounding


@dataclass(frozen=True)
class TargetScale:
    """scaled = (f(target) - offset) / scale per output (output,), with f the logarithm above `log_floor` or nothing."""

    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    log: bool
    log_floor: float

    def scaled(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Targets (n, output) in the units of the loss."""
        moved = np.log(np.maximum(target, self.log_floor)) if self.log else target
        return np.asarray((moved - self.offset) / self.scale)

    def physical(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `scaled`."""
        moved = scaled * self.scale + self.offset
        return np.exp(moved) if self.log else np.asarray(moved)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return asdict(self) | {"offset": self.offset.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TargetScale:
        """The inverse of `as_dict`."""
        return cls(np.array(state["offset"]), np.array(state["scale"]), state["log"], state["log_floor"])


@dataclass(frozen=True)
class Regression(LabelTask):
    """One or several numbers per window. `range` bounds the outputs in scaled units, each (output,)."""

    kind: ClassVar[str] = "regression"
    options: RegressionOptions
    scale: TargetScale
    loss: ResidualLoss
    range: tuple[Tensor, Tensor] | None

    @classmethod
    def fit(cls, name: str, options: RegressionOptions, windows: WindowSet, train: Index) -> Regression:
        """Scale and floor loss from training. Raises InputError for text, or values outside bounds or logarithm."""
        key = options.target or name
        known = labelled(name, key, windows, train)
        _check_values(name, key, options, windows.targets[key])
        truth = known.values.astype(np.float64).reshape(len(known.values), -1)
        scale = _fit_scale(options, truth)
        scaled = scale.scaled(truth)
        _check_spread(name, key, options, scaled)
        loss = ResidualLoss(options.loss_fn, _beta(options, scale, scaled))
        constant, floor_loss = loss.best_constant(scaled)
        bounds = _range(options, scale)
        if bounds is not None:
            low, high = (bound.double().numpy() for bound in bounds)
            share = np.clip((constant - low) / (high - low), _EDGE, 1 - _EDGE)
            constant = np.log(share / (1 - share))
        reference = fit_reference(cls.kind, known.values.astype(np.float64))
        fitted = Fitted(known.unit, tuple(constant.tolist()), floor_loss, reference)
        return cls.restore(name, options, fitted.as_dict() | {"scale": scale.as_dict(), "beta": loss.beta})

    @classmethod
    def restore(cls, name: str, options: RegressionOptions, state: dict[str, Any]) -> Regression:
        """The task that `state` was taken from."""
        scale = TargetScale.from_dict(state["scale"])
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            options=options,
            scale=scale,
            loss=ResidualLoss(options.loss_fn, state["beta"]),
            range=_range(options, scale),
        )

    def build_head(self, width: int) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        target = windows.targets[self.target]
        truth = target.values.astype(np.float64).reshape(len(target.values), -1)
        truth = np.where(target.mask[:, None], truth, 1.0)  # any finite value: it is masked
        return torch.from_numpy(self.scale.scaled(truth)).float()

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return self.loss(self._bounded(output), truth).mean(dim=1)

    def decode(self, output: Tensor) -> Decoded:
        physical = self.scale.physical(self._bounded(output).double().cpu().numpy())
        if self.options.bounds is not None:
            physical = np.clip(physical, *self.options.bounds)  # rounding only
        return Decoded(physical[:, 0] if physical.shape[1] == 1 else physical)

    def _bounded(self, output: Tensor) -> Tensor:
        if self.range is None:
            return output
        low, high = (bound.to(output.device) for bound in self.range)
        return low + (high - low) * output.sigmoid()

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"scale": self.scale.as_dict(), "beta": self.loss.beta}


def _range(options: RegressionOptions, scale: TargetScale) -> tuple[Tensor, Tensor] | None:
    if options.bounds is None:
        return None
    low, high = (scale.scaled(np.full((1, len(scale.offset)), bound))[0] for bound in options.bounds)
    return torch.from_numpy(low).float(), torch.from_numpy(high).float()


def _check_values(name: str, key: str, options: RegressionOptions, target: Target) -> None:
    if target.values.dtype.kind not in "fiub":
        raise InputError(
            f"target {key!r} holds text", where=f"tasks.{name}", do="write `kind: classification` for labels"
        )
    known = target.values[target.mask].astype(np.float64)
    if options.bounds is not None and (known.min() < options.bounds[0] or known.max() > options.bounds[1]):
        raise InputError(
            f"target {key!r} reaches from {known.min():g} to {known.max():g}, outside bounds {list(options.bounds)}",
            where=f"tasks.{name}.bounds",
            do="widen the bounds, or mask such values with `valid`",
            check="head-range",
        )
    if options.log_transform and options.log_floor is None and known.min() <= 0:
        raise InputError(
            f"target {key!r} reaches down to {known.min():g}, which has no logarithm",
            where=f"tasks.{name}.log_transform",
            do="write `log_floor: VALUE` in target units",
        )


def _check_spread(name: str, key: str, options: RegressionOptions, scaled: NDArray[np.float64]) -> None:
    if np.all(scaled == scaled[0]):  # the labels differ, so the logarithm's floor swallowed them
        raise InputError(
            f"log_floor {options.log_floor:g} lies above every label of target {key!r} in training",
            where=f"tasks.{name}.log_floor",
            do="lower it",
        )


def _beta(options: RegressionOptions, scale: TargetScale, scaled: NDArray[np.float64]) -> float:
    """`loss_beta` in scaled units, one width for all outputs; under a logarithm it is in the logarithm's units."""
    if options.loss_beta:
        return options.loss_beta / float(scale.scale.mean())
    spread = scaled.std(axis=0)
    return float(spread[spread > 0].mean())  # one standard deviation, whatever the scaling


def _fit_scale(options: RegressionOptions, truth: NDArray[np.float64]) -> TargetScale:
    floor = options.log_floor or 0.0
    plain = TargetScale(np.zeros(truth.shape[1]), np.ones(truth.shape[1]), options.log_transform, floor)
    moved = plain.scaled(truth)
    if options.scale == "none":
        return plain
    offset, scale = moved.mean(axis=0), moved.std(axis=0)
    if options.scale == "minmax":
        offset, scale = moved.min(axis=0), np.ptp(moved, axis=0)
    steady = scale <= _ROUNDING * np.abs(offset)  # an output that is constant is only shifted
    return TargetScale(offset, np.where(steady, 1.0, scale), plain.log, plain.log_floor)
