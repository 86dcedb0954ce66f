"""What every task is: a head, a loss summed over known labels, and the way back to physical units."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import TaskOptions
from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.signals.countdown import Countdowns
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.spacing import Spacing

Weights = NDArray[np.float64]
"""One weight per window, mean 1 over training."""


@dataclass(frozen=True)
class Decoded:
    """Predictions in physical units; shapes as in scoring.prediction."""

    pred: NDArray[Any]
    score: NDArray[np.float64] | None = None
    sd: NDArray[np.float64] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Observed:
    """What was to be predicted, shaped as in scoring.prediction; `last` (window, channel) for forecasts, `between` for
    hidden samples."""

    truth: NDArray[Any]
    last: NDArray[np.float64] | None = None
    between: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Fitted:
    """What every task learned from the training set before the first step.

    `floor_loss` is the least mean loss that one constant output reaches there, and `constant` (output,) that output;
    both found in float64, under the weights of the training windows. `reference` is what trivial predictors know.
    `unit` is the target's. `shifted` losses are 1 + loss - loss of the constant: they may fall below 0, so that no
    logarithm and no ratio of them means anything.
    """

    unit: str
    constant: tuple[float, ...]
    floor_loss: float
    reference: Reference
    shifted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return asdict(self) | {"reference": self.reference.as_dict()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Fitted:
        """The inverse of `as_dict`."""
        reference = Reference.from_dict(state["reference"])
        shifted = state.get("shifted", False)
        return cls(state["unit"], tuple(state["constant"]), state["floor_loss"], reference, shifted)


@dataclass(frozen=True)
class Task(ABC):
    """A target with its head, loss and metrics, fitted on the training set."""

    kind: ClassVar[str]
    name: str
    weight: float
    metrics: tuple[str, ...] | None
    fitted: Fitted

    @classmethod
    @abstractmethod
    def fit(
        cls,
        name: str,
        options: Any,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Self:
        """The task fitted on the windows at `train`, which count by `weights` (train,). Raises InputError."""

    @classmethod
    @abstractmethod
    def restore(cls, name: str, options: Any, state: dict[str, Any]) -> Self:
        """The task that `state` was taken from."""

    @abstractmethod
    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        """The head on a map (batch, width, time), which starts at `constant`; its `forward(features, present)` is told
        which steps of the map are real, (batch, time), None where all are. `spacing` says where the steps stand, which
        matters to heads that answer for each sample; None where the backbone does not know."""

    @abstractmethod
    def targets(self, windows: WindowSet) -> Tensor | None:
        """What the loss compares with, for every window (window, ...), or None where it comes with the batch."""

    @abstractmethod
    def observed(self, windows: WindowSet, index: Index) -> Observed:
        """What was to be predicted for the windows at `index`, in physical units; arbitrary where it is not known."""

    @abstractmethod
    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        """Loss of each window (batch,), a mean over the task's outputs."""

    @abstractmethod
    def decode(self, output: Tensor) -> Decoded:
        """Outputs (batch, ...) as predictions in physical units."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything that was fitted, as JSON holds it: data.json keeps it, `restore_task` reads it."""

    @property
    def constant(self) -> Tensor:
        """The output (output,) that the head starts at."""
        return torch.tensor(self.fitted.constant, dtype=torch.float32)

    def decide(self, known: Prediction) -> float | list[float] | None:
        """What validation's known windows decide: where scores best turn into yes, one number or one per label, or how
        much wider intervals must be; None where there is nothing to decide."""
        return None

    def decided(self, prediction: Prediction, decision: float | list[float]) -> Prediction:
        """The same scores, decided at a threshold, or at one per label."""
        assert prediction.score is not None
        pred = (prediction.score >= np.asarray(decision)).astype(np.int64)
        return replace(prediction, pred=pred)

    def loss_sum(self, output: Tensor, truth: Tensor, mask: Tensor | None, weight: Tensor | None = None) -> Tensor:
        """Sum of losses over the windows where `mask` (batch,) is true, each times its `weight` (batch,); the others
        have zero loss and gradient. None: all are known, all weigh 1."""
        if mask is not None:
            # Whatever stands for an unknown truth goes first: zero times the slope at NaN or Inf would be NaN.
            truth = truth.masked_fill(~mask.view(-1, *[1] * (truth.dim() - 1)), 0)
        losses = self.losses(output.float(), truth)
        losses = losses if weight is None else losses * weight
        return losses.sum() if mask is None else torch.where(mask, losses, 0.0).sum()


def restored(name: str, options: TaskOptions, state: dict[str, Any]) -> dict[str, Any]:
    """The fields of a task that every kind takes from its options and its `state` alike."""
    return {
        "name": name,
        "weight": options.weight,
        "metrics": tuple(options.metrics) if options.metrics else None,
        "fitted": Fitted.from_dict(state),
    }


@dataclass(frozen=True)
class LabelTask(Task):
    """A task that reads the target of this name."""

    target: str

    def labels(self, windows: WindowSet, index: Index) -> Target:
        """The target of some windows as the task reads it: what it means, and where it is known."""
        return windows.targets[self.target].take(index)

    def each(self, labels: Target) -> Countdowns | None:
        """The numbers of all samples that `labels` stand for, where the task has one for each sample; None else."""
        return None

    @abstractmethod
    def counts(self, target: Target, group: Index, groups: int) -> dict[str, NDArray[np.int64]] | None:
        """Known labels of each class among the windows of each of `groups`, {class: (group,)}; `group` (window,) says
        whose a window of `target` is. None where labels are no classes."""


@dataclass(frozen=True)
class ClassTask(LabelTask):
    """A task whose labels are words; `classes` are those known in training, in the order of the outputs."""

    classes: tuple[str, ...]

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        return Observed(encode(self.name, windows.targets[self.target].take(index), self.classes))

    def counts(self, target: Target, group: Index, groups: int) -> dict[str, NDArray[np.int64]]:
        codes, counts = encode(self.name, target, self.classes), np.zeros((groups, len(self.classes)), np.int64)
        np.add.at(counts, (group[target.mask], codes[target.mask]), 1)
        return dict(zip(self.classes, counts.T, strict=True))


def labelled(
    name: str, target: str, windows: WindowSet, train: Index, weights: Weights | None = None
) -> tuple[Target, Weights | None]:
    """The known training labels of a task and their weights. Raises InputError where none is known or all are alike."""
    fitted = windows.targets[target].take(train)
    known = fitted.values[fitted.mask]
    if not len(known):
        raise InputError(
            f"every label of target {target!r} is missing in training",
            where=f"tasks.{name}",
            do="check data.targets, or disable the task",
            check="filled-labels",
        )
    if np.all(known == known[0]):
        raise InputError(
            f"target {target!r} is constant in training: {known[0]}",
            where=f"tasks.{name}",
            do="there is nothing to learn; disable the task or split otherwise",
            check="degenerate-r2",
        )
    found = Target(known, np.ones(len(known), bool), fitted.unit)
    return found, None if weights is None else weights[fitted.mask]
