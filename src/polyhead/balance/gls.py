"""Geometric mean of the losses (Chennupati et al., CVPR workshops 2019), or the sum of their logarithms."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.config.balance import GlsOptions

_LEAST = torch.finfo(torch.float32).tiny ** 0.5  # 1e-19: its inverse can be multiplied by units without overflow


class Gls(Balance):
    """K tasks whose losses count by what share of them is left, not by how much.

    geometric  K (L_1 .. L_K)^(1/K)       weights GM / L_k, where GM is the geometric mean of the present losses
    log        log L_1 + .. + log L_K     weights 1 / L_k: the same direction, 1 / GM times as long

    A loss of 0 is taken to be 1e-19 of its floor loss, so that weights stay finite.
    """

    sees = "losses"
    ratios = True

    def __init__(self, options: GlsOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.form = options.form

    def forward(self, sight: Sight) -> Tensor:
        assert sight.losses is not None
        logs = torch.where(sight.present, sight.losses.clamp(min=_LEAST).log(), 0.0)
        mean = logs.sum() / sight.present.sum().clamp(min=1) if self.form == "geometric" else 0.0
        return torch.exp(mean - logs).float()
