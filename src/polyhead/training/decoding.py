"""Outputs of heads as the columns of `predict`, in tensors, so that a graph can hold it: what tasks decode in numpy.

In float64 as there: a target with a large offset, such as a time of day, has no room for its spread in float32.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.tasks import SignalTask, Task
from polyhead.tasks.binary import Binary
from polyhead.tasks.choice import ChoiceTask
from polyhead.tasks.countdown import Countdown
from polyhead.tasks.losses.boundary import best_pair
from polyhead.tasks.losses.gaussian import GaussianLoss
from polyhead.tasks.losses.number import NumberLoss
from polyhead.tasks.losses.quantile import INTERVAL, QuantileLoss
from polyhead.tasks.multilabel import Multilabel
from polyhead.tasks.numbers import Numbers
from polyhead.tasks.pointers import Pointers, ends_of
from polyhead.tasks.regression import Regression
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.span import Span, marked_runs
from polyhead.training.evaluation import Decisions

Parts = dict[str, Tensor]
"""Columns of one task by part: pred, score, sd, low, high."""

_CENTRAL_90 = NormalDist().inv_cdf(0.95)  # half the width of the central 90 %, in standard deviations


def build_decoder(task: Task, at: Decisions) -> nn.Module:
    """Maps a head's output (batch, ...) to Parts, with what was decided `at`."""
    decision = at.get(task.name)
    if isinstance(task, ChoiceTask):
        return ChoiceDecoder()
    if isinstance(task, Binary | Multilabel):
        return AnswerDecoder(0.5 if decision is None else decision, single=isinstance(task, Binary))
    assert not isinstance(decision, list)
    if isinstance(task, Span):
        return SpanDecoder(task, 0.5 if decision is None else decision)
    if isinstance(task, Pointers):
        return PointersDecoder(task)
    if isinstance(task, Countdown):
        return CountdownDecoder(task, decision)
    assert isinstance(task, Regression | SignalTask)
    single = isinstance(task, Regression) and len(task.numbers.scale.offset) == 1
    return NumberDecoder(task.numbers, decision, single)


class ChoiceDecoder(nn.Module):
    """Probabilities and the most likely class, as an index."""

    def forward(self, output: Tensor) -> Parts:
        score = output.double().softmax(dim=1)
        return {"pred": score.argmax(dim=1), "score": score}


class AnswerDecoder(nn.Module):
    """Probabilities of yes, and 0 or 1 at a threshold, or at one per label."""

    threshold: Tensor

    def __init__(self, threshold: float | list[float], single: bool) -> None:
        super().__init__()
        self.single = single
        self.register_buffer("threshold", torch.tensor(threshold, dtype=torch.float64))

    def forward(self, output: Tensor) -> Parts:
        score = output.double().sigmoid()
        score = score[:, 0] if self.single else score
        return {"pred": (score >= self.threshold).long(), "score": score}


class NumberDecoder(nn.Module):
    """Numbers in target units, with their uncertainty where the loss has one; intervals `factor` times as wide."""

    offset: Tensor
    scale: Tensor
    spread: Tensor
    least: Tensor
    width: Tensor

    def __init__(self, numbers: Numbers, factor: float | None, single: bool) -> None:
        super().__init__()
        self.loss, self.bounds, self.factor, self.single = numbers.loss, numbers.bounds, factor, single
        self.log, self.log_floor = numbers.scale.log, numbers.scale.log_floor
        scale = numbers.scale
        for name, values in {"offset": scale.offset, "scale": scale.scale, **_fitted(numbers.loss)}.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64))
        if numbers.bounds is not None:
            low, high = (_scaled(scale, bound) for bound in numbers.bounds)
            self.register_buffer("least", low)
            self.register_buffer("width", high - low)

    def forward(self, output: Tensor) -> Parts:
        estimate = torch.unflatten(output.double(), 1, (self.loss.parts, -1))
        if self.bounds is not None:
            places = self.least + self.width * estimate[:, : self.loss.places].sigmoid()
            estimate = torch.cat([places, estimate[:, self.loss.places :]], dim=1)
        parts = self._decoded(estimate)
        if self.bounds is not None:
            parts["pred"] = parts["pred"].clamp(*self.bounds)
        if "low" in parts and self.factor is not None:
            parts |= self.widened(parts, self.factor)
        return {name: one[:, 0] for name, one in parts.items()} if self.single else parts

    def _decoded(self, estimate: Tensor) -> Parts:
        """Estimates (batch, part, output, ...) as each loss reads them."""
        if isinstance(self.loss, QuantileLoss):
            ranked = estimate.sort(dim=1).values
            found = {level: self._physical(ranked[:, place]) for place, level in enumerate(self.loss.levels)}
            ends = dict(zip(("low", "high"), INTERVAL, strict=True))
            whole = all(level in found for level in INTERVAL)
            return {"pred": found[0.5]} | ({end: found[level] for end, level in ends.items()} if whole else {})
        mean = estimate[:, 0]
        parts = {"pred": self._physical(mean)}
        if isinstance(self.loss, GaussianLoss):
            sd = self.spread * (estimate[:, 1].clamp(*self.loss.options.logvar_clamp) / 2).exp()
            parts["sd"] = sd * self.scale * parts["pred"] if self.log else sd * self.scale
            parts["low"] = self._physical(mean - _CENTRAL_90 * sd)
            parts["high"] = self._physical(mean + _CENTRAL_90 * sd)
        return parts

    def _physical(self, scaled: Tensor) -> Tensor:
        moved = scaled * self.scale + self.offset
        return moved.exp() if self.log else moved

    def widened(self, parts: Parts, factor: float) -> Parts:
        """Both ends, `factor` times as far from the prediction, under a logarithm in its units."""
        logged = {name: self._logged(parts[name]) for name in ("pred", "low", "high")}
        ends = {name: logged["pred"] + factor * (logged[name] - logged["pred"]) for name in ("low", "high")}
        if self.log:
            ends = {name: end.exp() for name, end in ends.items()}
        return ends if self.bounds is None else {name: end.clamp(*self.bounds) for name, end in ends.items()}

    def _logged(self, physical: Tensor) -> Tensor:
        least = self.log_floor or float(np.finfo(np.float64).tiny)
        return physical.clamp(min=least).log() if self.log else physical


class SpanDecoder(nn.Module):
    """The probability of a mark at each sample, and 0 or 1 at a threshold, short runs dropped."""

    def __init__(self, task: Span, threshold: float) -> None:
        super().__init__()
        self.task, self.threshold = task, threshold

    def forward(self, output: Tensor) -> Parts:
        score = self.task.probabilities(output.double())
        return {"pred": marked_runs(score >= self.threshold, self.task.options.min_length), "score": score}


class PointersDecoder(nn.Module):
    """First and last sample (batch, 2)."""

    def __init__(self, task: Pointers) -> None:
        super().__init__()
        self.samples, numbers = task.length, task.numbers
        self.numbers = None if numbers is None else NumberDecoder(numbers, None, single=False)

    def forward(self, output: Tensor) -> Parts:
        if self.numbers is None:
            return {"pred": best_pair(output.double()).double()}
        return {"pred": ends_of(self.numbers(output)["pred"], self.samples)}


class CountdownDecoder(nn.Module):
    """A number for each sample (batch, sample), within the clip."""

    def __init__(self, task: Countdown, factor: float | None) -> None:
        super().__init__()
        self.clip, self.factor = task.options.clip, factor
        self.numbers = NumberDecoder(task.numbers, None, single=True)

    def forward(self, output: Tensor) -> Parts:
        parts = self._within(self.numbers(output))
        if self.factor is None or "low" not in parts:
            return parts
        return self._within(parts | self.numbers.widened(parts, self.factor))

    def _within(self, parts: Parts) -> Parts:
        clip = self.clip
        return parts if clip is None else {k: one if k == "sd" else one.clamp(-clip, clip) for k, one in parts.items()}


def _fitted(loss: NumberLoss) -> dict[str, NDArray[np.float64]]:
    return {"spread": loss.spread} if isinstance(loss, GaussianLoss) else {}


def _scaled(scale: TargetScale, bound: float) -> Tensor:
    return torch.from_numpy(scale.scaled(np.full(scale.offset.shape, bound)))
