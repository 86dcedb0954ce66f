"""Fast adaptive multitask optimisation (Liu et al., NeurIPS 2023): all losses fall by the same share."""

from __future__ import annotations

import torch
from torch import Tensor

from polyhead.balance.adam import Adam
from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import soft_shares
from polyhead.config.balance import FamoOptions

_EPSILON = 1e-8  # added to each loss, as in the authors' code: it bounds logarithms and quotients
_ADAM_EPSILON = 1e-8


class Famo(Balance):
    """Descends c sum_k z_k log L_k with z = softmax(logits) over the present tasks and c = 1 / sum_k(z_k / L_k), times
    K: equal losses and logits give 1.

    After each step the logits descend sum_k z_k d_k, d_k being the share (in logarithm) by which L_k fell on the same
    batches: those that fell most lose weight. That is Adam with `decay` as its L2 term, each task with its own number
    of steps, so that a task without labels stays as it is.
    """

    sees = "losses"
    ratios = True
    looks_again = True

    def __init__(self, options: FamoOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.lr, self.decay = options.lr, options.decay
        self.register_buffer("logits", torch.zeros(self.tasks, dtype=torch.float64))
        self.adam = Adam(self.tasks, _ADAM_EPSILON)

    def forward(self, sight: Sight) -> Tensor:
        assert sight.losses is not None
        pulls = soft_shares(self.get_buffer("logits"), sight.present) / (sight.losses + _EPSILON)
        pulls = torch.where(sight.present, pulls, 0.0)
        total = torch.where(sight.present.any(), pulls.sum(), 1.0)
        return (sight.present.sum() * pulls / total).float()

    def look_again(self, before: Tensor, after: Tensor, present: Tensor) -> None:
        known = present & before.isfinite() & after.isfinite()
        fall = torch.where(known, torch.log((before + _EPSILON) / (after + _EPSILON)), 0.0)
        logits = self.get_buffer("logits")
        share = soft_shares(logits, known) / known.sum()
        slope = share * (fall - (share * fall).sum()) + self.decay * logits
        logits.sub_(self.lr * self.adam(slope, known))
