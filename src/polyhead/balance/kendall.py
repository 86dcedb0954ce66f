"""Learned log-variances (Kendall, Gal and Cipolla, CVPR 2018), in the forms that are in use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.balance.balance import Balance, Weighting

_LEAST = 0.05  # least weight of `clamped_004`
_RANGE = 2.0  # and the range of its v


class Kendall(Balance):
    """One parameter per task: s with `half`, else v = log s^2. All start at s = 1.

    half           L / (2 s^2) + log s
    log_var        0.5 e^-v L + 0.5 v           (the same function of s, in v)
    published_003  0.5 e^-v L + v
    clamped_004    max(0.5 e^-v, 0.05) L + 0.5 v, v in [-2, 2]
    """

    def __init__(self, tasks: int, form: str) -> None:
        super().__init__()
        self.form = form
        self.parameter = nn.Parameter(torch.ones(tasks) if form == "half" else torch.zeros(tasks))

    def forward(self, present: Tensor) -> Weighting:
        value: Tensor = self.parameter
        if self.form == "half":
            weights, penalty = 0.5 / value.square(), value.abs().log()
        elif self.form == "clamped_004":
            with torch.no_grad():  # the parameter itself: clamped on its way it would have no gradient and never return
                value.clamp_(-_RANGE, _RANGE)
            weights, penalty = (0.5 * torch.exp(-value)).clamp(min=_LEAST), 0.5 * value
        else:
            weights, penalty = 0.5 * torch.exp(-value), value if self.form == "published_003" else 0.5 * value
        # A task without labels in this step says nothing of its variance: neither term may move it.
        return Weighting(weights, torch.where(present, penalty, 0.0))

    def sigma(self) -> Tensor:
        if self.form == "half":
            return self.parameter.detach().abs()
        value = self.parameter.detach()
        return torch.exp(0.5 * (value.clamp(-_RANGE, _RANGE) if self.form == "clamped_004" else value))
