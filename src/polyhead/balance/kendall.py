"""Learned log-variances (Kendall, Gal and Cipolla, CVPR 2018), in the forms that are in use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.balance.balance import Balance, Sight, Terms
from polyhead.balance.share import least_share
from polyhead.config.balance import KendallOptions

_LEAST = 0.05  # least weight of `clamped_004`
_RANGE = 2.0  # and the range of its v
_LEAST_SIGMA = 1e-3  # least |s| of `half` in units of its start: at 0 the weight has no value


class Kendall(Balance):
    """One parameter per task: with `half` s in units of its start, else v = log s^2. By default s^2 starts at the floor
    loss, which is where heads start.

    half           L / (2 s^2) + log s
    log_var        0.5 e^-v L + 0.5 v           (the same function of s, in v)
    published_003  0.5 e^-v L + v
    clamped_004    max(0.5 e^-v, 0.05) L + 0.5 v, v in [-2, 2]

    At rest s^2 is the loss, with `published_003` half of it. `min_share` is a share of the weights in units of the
    floor loss; it acts on what the network sees, not on how the variances are learned.
    """

    raw = True
    ratios = True

    def __init__(self, options: KendallOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.form, self.min_share = options.form, options.min_share
        start = torch.tensor(_start(options, terms), dtype=torch.float32)
        self.register_buffer("start", start, persistent=False)
        self.register_buffer("floors", torch.tensor(terms.floor_losses, dtype=torch.float32), persistent=False)
        first = torch.ones_like(start) if self.form == "half" else 2 * start.log()
        # One for each task: an optimiser leaves alone what has no gradient, but moves every entry of what has one.
        self.learned = nn.ParameterList(nn.Parameter(one.clone()) for one in first)
        self._clamp()

    def forward(self, sight: Sight) -> Tensor:
        self._clamp()
        floors = self.get_buffer("floors")
        return least_share(self._weights().detach() * floors, sight.present, self.min_share) / floors

    def judging(self, present: Tensor) -> Tensor:
        weights: Tensor = self(Sight(present))  # of the objective that it descends
        return weights

    def penalty(self, present: Tensor) -> Tensor:
        # A task without labels in this step says nothing of its variance: neither term may move it.
        self._clamp()
        return torch.where(present, self._penalties().detach(), 0.0)

    def learn(self, losses: Tensor, present: Tensor) -> None:
        self._clamp()
        known = present & losses.isfinite()
        losses = torch.where(known, losses, 0.0).float()
        with torch.enable_grad():
            total = torch.where(known, self._weights() * losses + self._penalties(), 0.0).sum()
            gradients = torch.autograd.grad(total, list(self.learned))
        for one, gradient, there in zip(self.learned, gradients, known.tolist(), strict=True):
            one.grad = gradient if there else None

    def sigma(self) -> Tensor:
        self._clamp()
        value = self._values().detach()
        return value.abs() * self.get_buffer("start") if self.form == "half" else torch.exp(0.5 * value)

    def _values(self) -> Tensor:
        return torch.stack(tuple(self.learned))

    def _weights(self) -> Tensor:
        value = self._values()
        if self.form == "half":
            return 0.5 / (value * self.get_buffer("start")).square()
        weights = 0.5 * torch.exp(-value)
        return weights.clamp(min=_LEAST) if self.form == "clamped_004" else weights

    def _penalties(self) -> Tensor:
        value = self._values()
        if self.form == "half":
            return (value * self.get_buffer("start")).abs().log()
        return value if self.form == "published_003" else 0.5 * value

    def _clamp(self) -> None:
        """The parameter itself: clamped on its way it would have no gradient and never return."""
        with torch.no_grad():
            for one in self.learned:
                if self.form == "clamped_004":
                    one.clamp_(-_RANGE, _RANGE)
                elif self.form == "half":
                    one.masked_fill_(one.abs() < _LEAST_SIGMA, _LEAST_SIGMA)


def _start(options: KendallOptions, terms: Terms) -> list[float]:
    """The standard deviation that each task starts at: the root of its floor loss where none is given."""
    given = options.start
    if isinstance(given, float):
        return [given] * len(terms.names)
    named = given if isinstance(given, dict) else {}
    return [named.get(name, loss**0.5) for name, loss in zip(terms.names, terms.floor_losses, strict=True)]
