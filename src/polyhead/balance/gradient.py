"""What every balance of gradients is: weights out of the inner products of the present tasks' gradients."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.balance.balance import Balance, Sees, Sight, Terms

Gramian = NDArray[np.float64]
"""(task, task), positive semi-definite."""


class GradientBalance(Balance):
    """Weighs the tasks that have a gradient, in float64; between comparisons the latest weights hold.

    A task without labels, or whose gradient is zero, is left out: it keeps the weight it had, 1 at first. Where a loss
    or gradient is not finite nothing can be weighed and all weights are 1.
    """

    sees: ClassVar[Sees] = "gradients"

    def __init__(self, options: Any, terms: Terms) -> None:
        super().__init__(options, terms)
        self.register_buffer("latest", torch.ones(self.tasks, dtype=torch.float32))

    @abstractmethod
    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weights of the tasks numbered `tasks`, from the inner products of their gradients, none of which is zero,
        and their losses, all of shape (len(tasks), ..)."""

    def forward(self, sight: Sight) -> Tensor:
        latest = self.get_buffer("latest")
        if sight.gramian is None or sight.losses is None:
            return latest.clone()
        gramian, losses = sight.gramian.cpu().numpy(), sight.losses.cpu().numpy()
        present = sight.present.cpu().numpy()
        if not (np.isfinite(gramian).all() and np.isfinite(losses).all()):
            return torch.ones_like(latest)
        tasks = np.flatnonzero(present & (gramian.diagonal() > 0))
        if len(tasks):
            found = self.weigh(gramian[np.ix_(tasks, tasks)], losses[tasks], tasks)
            latest[torch.from_numpy(tasks)] = torch.from_numpy(found).to(latest)
        return latest.clone()
