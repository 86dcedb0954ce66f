"""Random loss weighting (Lin et al., TMLR 2022): the softmax of a normal draw at every step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import soft_shares
from polyhead.config.balance import RlwOptions


class Rlw(Balance):
    """K softmax(x) over the present tasks, x a standard normal draw for each of all K tasks.

    The draw is that of the experiment's seed and the number of the step, so that processes and sittings agree on it.
    """

    def __init__(self, options: RlwOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.seed, self.step = terms.seed, 0

    def forward(self, sight: Sight) -> Tensor:
        draw = np.random.default_rng([self.seed, self.step]).standard_normal(self.tasks)
        return soft_shares(torch.from_numpy(draw).to(sight.present.device), sight.present).float()

    def learn(self, losses: Tensor, present: Tensor) -> None:
        self.step += 1

    def get_extra_state(self) -> int:
        """Number of the step: no buffer, which would have to come back from the device at each."""
        return self.step

    def set_extra_state(self, state: int) -> None:
        """Go on from there."""
        self.step = state
