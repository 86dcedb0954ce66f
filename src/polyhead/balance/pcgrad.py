"""PCGrad: each gradient loses what points against another."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.balance.balance import Terms
from polyhead.balance.gradient import GradientBalance, Gramian
from polyhead.config.balance import PcgradOptions


class Pcgrad(GradientBalance):
    """Sum of the gradients, each projected in turn on the plane normal to every other one that it points against (Yu
    et al., NeurIPS 2020, algorithm 1).

    The order is random: of (seed, comparison) only, and drawn over all tasks, so that it is the same on each process,
    after a restart, and whoever is absent.
    """

    def __init__(self, options: PcgradOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.seed = terms.seed
        self.register_buffer("count", torch.tensor(0))

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        rows, own = np.eye(len(tasks)), np.arange(len(tasks))  # each projected gradient, in terms of the given ones
        squares = gramian.diagonal()
        for others in self._orders(tasks).T:
            along = np.einsum("ij,ij->i", rows, gramian[others])
            rows[own, others] -= np.where(others == own, 0.0, np.minimum(along, 0.0) / squares[others])
        weights: NDArray[np.float64] = rows.sum(axis=0)
        return weights

    def _orders(self, tasks: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each of the tasks the order in which it meets them all, itself too, by position in `tasks`."""
        count = self.get_buffer("count")
        draw = np.random.default_rng([self.seed, int(count)])
        count += 1
        places = np.full(self.tasks, -1)
        places[tasks] = np.arange(len(tasks))
        orders = places[draw.permuted(np.tile(np.arange(self.tasks), (self.tasks, 1)), axis=1)[tasks]]
        met: NDArray[np.int64] = orders[orders >= 0].reshape(len(tasks), len(tasks))
        return met
