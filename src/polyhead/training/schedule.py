"""The learning rate over steps and epochs: a warm-up, a shape, and cuts on a plateau."""

from __future__ import annotations

import math
from typing import Any

from torch.optim import Optimizer

from polyhead.config.training import ScheduleOptions

_RISE = 0.3  # share of the steps that onecycle rises for, its start and its end as shares of the peak:
_START, _END = 1 / 25, 1 / 25e4  # the values of Smith and Topin (arXiv 1708.07120) as torch has them


class Schedule:
    """Sets the rate of every parameter group before each step; its state is what a plateau has seen."""

    def __init__(self, optimizer: Optimizer, options: ScheduleOptions, steps: int) -> None:
        self._optimizer = optimizer
        self._options = options
        self._steps = steps
        self._peaks = [float(group["lr"]) for group in optimizer.param_groups]
        self._cut = 1.0
        self._best = -math.inf
        self._waited = 0

    def factor(self, step: int) -> float:
        """Rate at `step` as a share of the configured one, before cuts."""
        if self._options.name == "onecycle":
            return _onecycle(step, self._steps)
        warm = min(1.0, (step + 1) / self._options.warmup) if self._options.warmup else 1.0
        if self._options.name != "cosine" or step < self._options.warmup:
            return warm
        left = max(1, self._steps - self._options.warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - self._options.warmup) / left)))

    def apply(self, step: int) -> float:
        """Set the rates for `step`; returns that of the network."""
        factor = self.factor(step) * self._cut
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        return self._peaks[0] * factor

    def epoch_ended(self, value: float | None) -> None:
        """Count epochs without a better monitor (higher is better) and cut the rate after `patience` of them."""
        if self._options.name != "plateau":
            return
        if value is not None and value > self._best:
            self._best, self._waited = value, 0
            return
        self._waited += 1
        if self._waited >= self._options.patience:
            self._cut, self._waited = self._cut * self._options.factor, 0

    def state_dict(self) -> dict[str, Any]:
        return {"cut": self._cut, "best": self._best, "waited": self._waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._cut, self._best, self._waited = state["cut"], state["best"], state["waited"]


def _onecycle(step: int, steps: int) -> float:
    rise = _RISE * steps - 1
    if step <= rise:
        return _cosine(_START, 1.0, step / max(rise, 1))
    return _cosine(1.0, _END, min(1.0, (step - rise) / max(steps - 1 - rise, 1)))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
