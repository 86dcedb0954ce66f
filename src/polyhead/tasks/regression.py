"""Numbers: any loss of numbers in scaled units, outputs that may be bounded, labels that may be missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import RegressionOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.numbers import Numbers, fit_loss, restore_loss
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import Decoded, Fitted, LabelTask, Observed, Weights, labelled, restored

_ROUNDING = 1e-12  # a spread below this share of the offset is float64's rounding


@dataclass(frozen=True)
class Regression(LabelTask):
    """One or several numbers per window."""

    kind: ClassVar[str] = "regression"
    options: RegressionOptions
    numbers: Numbers

    @classmethod
    def fit(
        cls,
        name: str,
        options: RegressionOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Regression:
        """Scale and floor loss from training. Raises InputError for text, or values outside bounds or logarithm."""
        key = options.target or name
        known, each = labelled(name, key, windows, train, weights)
        _check_values(name, key, options, windows.targets[key])
        truth = known.values.astype(np.float64).reshape(len(known.values), -1)
        scale = _fit_scale(options, truth)
        scaled = scale.scaled(truth)
        _check_spread(name, key, options, scaled)
        loss = fit_loss(options.loss_fn, scale, scaled, each, _beta(options, scale, scaled), options.loss_beta)
        numbers = Numbers(scale, loss, options.bounds)
        constant = numbers.constant(scaled, each)
        reference = fit_reference(cls.kind, known.values.astype(np.float64))
        fitted = Fitted(known.unit, constant.output, constant.loss, reference, loss.shifted)
        return cls.restore(name, options, fitted.as_dict() | numbers.state())

    @classmethod
    def restore(cls, name: str, options: RegressionOptions, state: dict[str, Any]) -> Regression:
        scale = TargetScale.from_dict(state["scale"])
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            options=options,
            numbers=Numbers(scale, restore_loss(options.loss_fn, scale, state["loss"]), options.bounds),
        )

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        target = windows.targets[self.target]
        truth = target.values.astype(np.float64).reshape(len(target.values), -1)
        truth = np.where(target.mask[:, None], truth, 1.0)  # any finite value: it is masked
        return torch.from_numpy(self.numbers.scale.scaled(truth)).float()

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        return Observed(windows.targets[self.target].values[index].astype(np.float64))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return self.numbers.losses(output, truth)

    def decode(self, output: Tensor) -> Decoded:
        found = self.numbers.decode(output)
        if found.pred.shape[1] > 1:
            return found
        parts = {key: getattr(found, key) for key in ("pred", "sd", "low", "high")}
        return replace(found, **{key: one[:, 0] for key, one in parts.items() if one is not None})

    def decide(self, known: Prediction) -> float | None:
        return self.numbers.decide(known, self.options.loss_fn)

    def decided(self, prediction: Prediction, decision: float | list[float]) -> Prediction:
        assert isinstance(decision, float)
        return self.numbers.widened(prediction, decision)

    def counts(self, target: Target, group: Index, groups: int) -> None:
        return None

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | self.numbers.state()


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
