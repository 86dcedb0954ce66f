"""What every balance is: a weight per task out of what it may look at, and all its state in the module."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

Sees = Literal["nothing", "losses", "gradients"]


@dataclass(frozen=True)
class Sight:
    """What there is to see of a step, over all its batches and processes.

    `present` (task,) marks tasks with any known label. `losses` (task,), float64 and detached, are in the balance's
    units, 0 where absent. `gramian` (task, task), float64, holds the inner products of the gradients of these losses.
    A balance that sees less gets None.
    """

    present: Tensor
    losses: Tensor | None = None
    gramian: Tensor | None = None


@dataclass(frozen=True)
class Terms:
    """The K tasks that are balanced: their names, floor losses and, for what is random, the experiment's seed."""

    names: tuple[str, ...]
    floor_losses: tuple[float, ...]
    seed: int = 0


class Balance(nn.Module):
    """Turns K losses or gradients into one step. Its parameters, buffers and extra state are its whole state.

    Losses come in `units` (task,): each divided by its floor loss, so that units cancel, unless the method is `raw`.
    `sees` says what `forward` looks at; `ratios`, whether it takes logarithms or ratios of losses, which a shifted
    likelihood does not have; `looks_again`, whether it wants the losses of the same batches after the step.
    """

    sees: ClassVar[Sees] = "nothing"
    raw: ClassVar[bool] = False
    ratios: ClassVar[bool] = False
    looks_again: ClassVar[bool] = False

    def __init__(self, options: Any, terms: Terms) -> None:
        """`options` is the method's block of the configuration."""
        super().__init__()
        units = [1.0 if self.raw else 1 / loss for loss in terms.floor_losses]
        self.register_buffer("units", torch.tensor(units, dtype=torch.float32), persistent=False)

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return len(self.get_buffer("units"))

    @abstractmethod
    def forward(self, sight: Sight) -> Tensor:
        """Weight of each task's loss in `units` (task,), detached; what absent tasks get does not matter."""

    def judging(self, present: Tensor) -> Tensor:
        """Weight of each task (task,) where the losses of an epoch are added up: 1, so that sums of different epochs
        can be compared, whatever weights did in between."""
        return torch.ones_like(self.get_buffer("units"))

    def penalty(self, present: Tensor) -> Tensor:
        """What each task adds to the total loss beside its weighted loss (task,)."""
        return torch.zeros_like(self.get_buffer("units"))

    def learn(self, losses: Tensor, present: Tensor) -> None:
        """Told the losses (task,) of each step, in its units, before the optimiser moves. What is learned by the
        optimiser gets its gradient here."""

    def look_again(self, before: Tensor, after: Tensor, present: Tensor) -> None:
        """Told, where it `looks_again`, the losses (task,) of the same batches before and after the optimiser moved."""

    def close_epoch(self) -> None:
        """Told that an epoch is over."""

    def sigma(self) -> Tensor | None:
        """Learned standard deviation per task (task,), in units of the root of the raw loss, for methods that have
        one."""
        return None
