"""What every balance is: a weight per task and a penalty, linear in the losses, all state in the module."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Weighting:
    """A task's share of a step is weight x loss + penalty; both (task,), the penalty counted once per step."""

    weights: Tensor
    penalties: Tensor

    def times(self, task_weights: Tensor) -> Weighting:
        """The same with each task's whole share multiplied by its configured weight (task,)."""
        return Weighting(task_weights * self.weights, task_weights * self.penalties)


class Balance(nn.Module):
    """Turns K losses into one. Its parameters and buffers are its whole state and go into the checkpoint."""

    @abstractmethod
    def forward(self, present: Tensor) -> Weighting:
        """Weights for a step in which `present` (task,) marks the tasks with any known label."""

    def sigma(self) -> Tensor | None:
        """Learned standard deviation per task (task,), for methods that have one."""
        return None
