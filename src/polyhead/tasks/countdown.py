"""How many samples later the longest span starts, at each sample of the window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import CountdownOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.signals.countdown import Countdowns, countdown
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.marks import SpanTask, longest_spans, marked
from polyhead.tasks.numbers import Numbers, fit_loss, restore_loss
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.steps import StepHead
from polyhead.tasks.task import Decoded, Fitted, Observed, Weights, restored

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Countdown(SpanTask):
    """Start of the longest span minus the sample's own place, within plus and minus `clip`: a number for each sample.

    A window that lacks samples at its front is masked, as one without a span is: what is not there counts down to
    nothing."""

    kind: ClassVar[str] = "countdown"
    options: CountdownOptions
    numbers: Numbers

    @classmethod
    def fit(
        cls,
        name: str,
        options: CountdownOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Countdown:
        """Scale and floor loss from training. Raises InputError where no whole training window has a span."""
        key = options.target or name
        marked(name, key, windows, train, weights)
        spans = _starts(windows, key, train)
        starts = spans.values[spans.mask, 0].astype(np.int64)
        if not len(starts):
            raise InputError(
                f"no training window with a span of target {key!r} has all its samples",
                where=f"tasks.{name}",
                do="cut shorter windows, or disable the task",
            )
        numbers_of = Countdowns(starts, windows.length, options.clip)
        values, counts = numbers_of.tally()
        mass = counts if weights is None else numbers_of.tally(weights[spans.mask])[1]
        scale = _scale(options, values, counts)
        scaled = scale.scaled(values[:, None, None])  # (value, output, step): each distinct number stands once
        share = mass * len(values) / (len(starts) * windows.length)
        beta = _beta(options, scale, scaled.ravel(), counts)
        numbers = Numbers(scale, fit_loss(options.loss_fn, scale, scaled, share, beta, options.loss_beta))
        constant = numbers.constant(scaled, share)
        every = np.repeat(np.array(constant.output), windows.length)
        reference = fit_reference(cls.kind, countdown(starts, windows.length, options.clip).astype(np.float64))
        fitted = Fitted(spans.unit, tuple(every.tolist()), constant.loss, reference, numbers.loss.shifted)
        return cls.restore(name, options, fitted.as_dict() | numbers.state() | {"length": windows.length})

    @classmethod
    def restore(cls, name: str, options: CountdownOptions, state: dict[str, Any]) -> Countdown:
        scale = TargetScale.from_dict(state["scale"])
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            length=state["length"],
            options=options,
            numbers=Numbers(scale, restore_loss(options.loss_fn, scale, state["loss"])),
        )

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return StepHead(width, self.constant.view(self.numbers.loss.parts, self.length), self.options.head, spacing)

    def labels(self, windows: WindowSet, index: Index) -> Target:
        """The first sample of the longest span (window, 1), known in whole windows that have one."""
        return _starts(windows, self.target, index)

    def each(self, labels: Target) -> Countdowns:
        starts = np.where(labels.mask, labels.values[:, 0], 0).astype(np.int64)
        return Countdowns(starts, self.length, self.options.clip)

    def targets(self, windows: WindowSet) -> Tensor:
        """The first sample of the longest span (window,), which the numbers of all samples follow from."""
        spans = self.labels(windows, np.arange(len(windows)))
        return torch.from_numpy(np.where(spans.mask, spans.values[:, 0], 0)).float()

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        starts = self.labels(windows, index).values[:, 0]
        return Observed(countdown(starts, self.length, self.options.clip).astype(np.float64))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        bar = torch.arange(self.length, device=truth.device, dtype=truth.dtype)
        left = truth[:, None] - bar
        clip = self.options.clip
        left = left if clip is None else left.clamp(-clip, clip)
        offset, scale = (float(one.item()) for one in (self.numbers.scale.offset, self.numbers.scale.scale))
        return self.numbers.losses(output, ((left - offset) / scale)[:, None])

    def decode(self, output: Tensor) -> Decoded:
        found = self.numbers.decode(output)
        parts = {key: getattr(found, key) for key in ("pred", "sd", "low", "high")}
        each = {key: one[:, 0] for key, one in parts.items() if one is not None}
        return replace(found, **{key: one if key == "sd" else self._within(one) for key, one in each.items()})

    def decide(self, known: Prediction) -> float | None:
        return self.numbers.decide(known, self.options.loss_fn)

    def decided(self, prediction: Prediction, decision: float | list[float]) -> Prediction:
        assert isinstance(decision, float)
        wider = self.numbers.widened(prediction, decision)
        assert wider.low is not None
        assert wider.high is not None
        return replace(wider, low=self._within(wider.low), high=self._within(wider.high))

    def _within(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the target can be."""
        clip = self.options.clip
        return numbers if clip is None else np.clip(numbers, -clip, clip)

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | self.numbers.state() | {"length": self.length}


def _starts(windows: WindowSet, key: str, index: Index) -> Target:
    spans = longest_spans(windows.targets[key].take(index))
    whole = np.ones(len(index), bool) if windows.filled is None else windows.filled[index] == windows.length
    return Target(spans.values[:, :1], spans.mask & whole, spans.unit)


def _scale(options: CountdownOptions, values: Array, counts: Array) -> TargetScale:
    offset, scale = np.zeros((1, 1)), np.ones((1, 1))
    if options.scale == "standard":
        mean = np.average(values, weights=counts)
        offset, scale = offset + mean, scale * np.sqrt(np.average((values - mean) ** 2, weights=counts))
    elif options.scale == "minmax":
        offset, scale = offset + values.min(), scale * np.ptp(values)
    return TargetScale(offset, scale)


def _beta(options: CountdownOptions, scale: TargetScale, scaled: Array, counts: Array) -> float:
    """`loss_beta` in scaled units, by default one standard deviation."""
    if options.loss_beta:
        return options.loss_beta / float(scale.scale.item())
    mean = np.average(scaled, weights=counts)
    return float(np.sqrt(np.average((scaled - mean) ** 2, weights=counts)))
