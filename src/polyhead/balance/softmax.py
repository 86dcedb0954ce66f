"""Weights by a softmax of the losses, in which tasks compete."""

from __future__ import annotations

from torch import Tensor

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import least_share, soft_shares
from polyhead.config.balance import SoftmaxOptions


class Softmax(Balance):
    """K softmax(-L / temperature) of the losses in units of their floor loss.

    The task that is learned first takes the most, which lets it be learned still faster: at a low temperature the
    others starve, unless each has its `min_share`.
    """

    sees = "losses"

    def __init__(self, options: SoftmaxOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.temperature, self.min_share = options.temperature, options.min_share

    def forward(self, sight: Sight) -> Tensor:
        assert sight.losses is not None
        weights = soft_shares(-sight.losses / self.temperature, sight.present)
        return least_share(weights, sight.present, self.min_share).float()
