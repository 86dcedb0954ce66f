"""Adam on one number for each task, where tasks can be absent."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BETAS = (0.9, 0.999)


class Adam(nn.Module):
    """The direction of Adam (Kingma and Ba, ICLR 2015), each task with its own moments and number of steps, so that one
    without labels stays as it is, which torch.optim.Adam has for whole tensors only."""

    def __init__(self, tasks: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        for name in ("first", "second", "steps"):
            self.register_buffer(name, torch.zeros(tasks, dtype=torch.float64))

    def forward(self, slope: Tensor, known: Tensor) -> Tensor:
        """What to descend (task,), before any rate; 0 for tasks that are not `known`, whose state stays."""
        first, second, steps = map(self.get_buffer, ("first", "second", "steps"))
        steps.add_(known)
        first.copy_(torch.where(known, torch.lerp(slope, first, _BETAS[0]), first))
        second.copy_(torch.where(known, torch.lerp(slope.square(), second, _BETAS[1]), second))
        mean, square = first / (1 - _BETAS[0] ** steps), second / (1 - _BETAS[1] ** steps)
        length = square.sqrt() + self.epsilon
        return torch.where(known, mean / torch.where(length > 0, length, 1.0), 0.0)
