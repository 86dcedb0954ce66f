"""Dynamic weight average (Liu, Johns and Davison, CVPR 2019): the slower a loss falls, the larger its weight."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import soft_shares
from polyhead.config.balance import DwaOptions


class Dwa(Balance):
    """K softmax(r / temperature), r the mean loss of the last epoch over that of the one before; all 1 until there are
    two.

    The mean is over the steps in which the task has labels, each counted once however many labels it has. A task
    without labels in a whole epoch keeps its ratio, as does one whose earlier mean is 0; the next is taken to the last
    epoch that had some.
    """

    ratios = True

    def __init__(self, options: DwaOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.temperature = options.temperature
        for name in ("sums", "counts", "means"):  # of the running epoch, and the last one's means: 0 where none is yet
            self.register_buffer(name, torch.zeros(self.tasks, dtype=torch.float64))
        self.register_buffer("falls", torch.ones(self.tasks, dtype=torch.float64))

    def forward(self, sight: Sight) -> Tensor:
        return soft_shares(self.get_buffer("falls") / self.temperature, sight.present).float()

    def learn(self, losses: Tensor, present: Tensor) -> None:
        known = present & losses.isfinite()
        self.get_buffer("sums").add_(torch.where(known, losses, 0.0))
        self.get_buffer("counts").add_(known)

    def close_epoch(self) -> None:
        sums, counts, means, falls = map(self.get_buffer, ("sums", "counts", "means", "falls"))
        seen, latest = counts > 0, sums / counts
        falls.copy_(torch.where(seen & (means > 0), latest / means, falls))
        means.copy_(torch.where(seen, latest, means))
        sums.zero_()
        counts.zero_()
