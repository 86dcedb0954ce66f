"""What every task is: a head, a loss summed over known labels, and the way back to physical units."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import TaskOptions
from polyhead.errors import InputError
from polyhead.scoring.reference import Reference
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet


@dataclass(frozen=True)
class Decoded:
    """Predictions in physical units; shapes as in scoring.prediction."""

    pred: NDArray[Any]
    score: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Fitted:
    """What every task learned from the training set before the first step.

    `floor_loss` is the least mean loss that one constant output reaches there, and `constant` (output,) that output;
    both found in float64. `reference` is what trivial predictors know. `unit` is the target's.
    """

    unit: str
    constant: tuple[float, ...]
    floor_loss: float
    reference: Reference

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return asdict(self) | {"reference": self.reference.as_dict()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Fitted:
        """The inverse of `as_dict`."""
        reference = Reference.from_dict(state["reference"])
        return cls(state["unit"], tuple(state["constant"]), state["floor_loss"], reference)


@dataclass(frozen=True)
class Task(ABC):
    """A target with its head, loss and metrics, fitted on the training set."""

    kind: ClassVar[str]
    name: str
    weight: float
    metrics: tuple[str, ...] | None
    fitted: Fitted

    @abstractmethod
    def build_head(self, width: int) -> nn.Module:
        """The head on a map (batch, width, time), which starts at `constant`."""

    @abstractmethod
    def targets(self, windows: WindowSet) -> Tensor | None:
        """What the loss compares with, for every window (window, ...), or None where it comes with the batch."""

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

    def loss_sum(self, output: Tensor, truth: Tensor, mask: Tensor | None) -> Tensor:
        """Sum of losses over the windows where `mask` (batch,) is true; the others have zero loss and gradient. None:
        all are known."""
        if mask is None:
            return self.losses(output.float(), truth).sum()
        # Whatever stands for an unknown truth goes first: zero times the slope at NaN or Inf would be NaN.
        truth = truth.masked_fill(~mask.view(-1, *[1] * (truth.dim() - 1)), 0)
        return torch.where(mask, self.losses(output.float(), truth), 0.0).sum()


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


@dataclass(frozen=True)
class ClassTask(LabelTask):
    """A task whose labels are words; `classes` are those known in training, in the order of the outputs."""

    classes: tuple[str, ...]


def labelled(name: str, target: str, windows: WindowSet, train: Index) -> Target:
    """The training labels of a task. Raises InputError where none is known or all are alike."""
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
    return Target(known, np.ones(len(known), bool), fitted.unit)
