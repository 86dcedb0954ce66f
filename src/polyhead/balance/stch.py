"""Smooth Tchebycheff scalarisation (Lin et al., ICML 2024): a smooth maximum of the losses."""

from __future__ import annotations

from torch import Tensor

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import soft_shares
from polyhead.config.balance import StchOptions


class Stch(Balance):
    """mu log sum_k exp(L_k / mu) of the losses in units of their floor loss, times K: weights K softmax(L / mu).

    The ideal point of every task is 0 and no task is preferred. The smaller mu, the nearer to the largest loss alone.
    """

    sees = "losses"

    def __init__(self, options: StchOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.temperature = options.temperature

    def forward(self, sight: Sight) -> Tensor:
        assert sight.losses is not None
        return soft_shares(sight.losses / self.temperature, sight.present).float()
