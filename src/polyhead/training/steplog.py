"""The record of an epoch's steps: tensors that are filled without waiting for the device, written at its end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.balance import Weighting
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import LabelTask, Task


class StepLog:
    """One row per step of the running epoch.

    Always: loss, weight, share and known labels of each task, total loss, gradient norm, learning rate. On sampled
    steps: gradient norms at the map, cosines, update ratio, dead share, effective rank, checksum; NaN elsewhere.
    `norms` holds the gradient norm of each parameter at the latest sampled step.
    """

    def __init__(self, tasks: Sequence[str], device: torch.device) -> None:
        pairs = [f"cosine.{a}~{b}" for a, b in combinations(tasks, 2)]
        always = [f"{part}.{task}" for part in ("loss", "weight", "share", "known") for task in tasks]
        self._always = [*always, "total_loss", "total_grad_norm"]
        sampled = [f"grad_norm.{task}" for task in tasks]
        self._sampled = [*sampled, *pairs, "update_ratio", "dead_share", "effective_rank", "checksum"]
        self._tasks = len(tasks)
        self._device = device
        self.norms = torch.zeros(0, dtype=torch.float64)
        self.begin(0)

    def begin(self, steps: int) -> None:
        """Make room for an epoch of `steps`."""
        width = len(self._always) + len(self._sampled)
        self._rows = torch.full((steps, width), torch.nan, dtype=torch.float64, device=self._device)
        self._rates = np.full(steps, np.nan)
        self.filled = 0

    def add(
        self,
        rate: float,
        losses: Tensor,
        weighting: Weighting,
        known: Tensor,
        norm: Tensor,
        sampled: Tensor | None,
    ) -> None:
        """Record a step: `losses`, `weighting` and `known` (task,), `norm` a scalar, `sampled` as in the class.

        A share is of the weighted losses; the total has the balance's penalties too.
        """
        weights = weighting.weights.detach()
        weighted = weights * losses
        sums = torch.stack([weighted.sum() + weighting.penalties.detach().sum(), norm])
        row = torch.cat([losses, weights, weighted / weighted.sum(), known, sums])
        self._rows[self.filled, : len(self._always)] = row
        if sampled is not None:
            self._rows[self.filled, len(self._always) :] = sampled
        self._rates[self.filled] = rate
        self.filled += 1

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The filled rows by column."""
        rows = self._rows[: self.filled].cpu().numpy()
        return dict(zip([*self._always, *self._sampled], rows.T, strict=True)) | {"lr": self._rates[: self.filled]}

    def mean_losses(self) -> NDArray[np.float64]:
        """Loss of each task over the epoch (task,): sums over known labels by their count; NaN without any."""
        rows = self._rows[: self.filled].cpu().numpy()
        losses = rows[:, : self._tasks]
        known = rows[:, 3 * self._tasks : 4 * self._tasks]
        counts = known.sum(axis=0)
        return np.where(counts > 0, (losses * known).sum(axis=0) / np.maximum(counts, 1), np.nan)

    def first_broken(self) -> tuple[int, int] | None:
        """(step, task) of the first loss that is not finite."""
        losses = self._rows[: self.filled, : self._tasks].cpu().numpy()
        broken = np.argwhere(~np.isfinite(losses))
        return (int(broken[0][0]), int(broken[0][1])) if len(broken) else None

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self._rows, "rates": torch.from_numpy(self._rates), "filled": self.filled, "norms": self.norms}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._rows = state["rows"].to(self._device)
        self._rates = state["rates"].cpu().numpy().copy()
        self.filled = int(state["filled"])
        self.norms = state["norms"]


def composition(windows: WindowSet, tasks: Sequence[Task], steps: Sequence[Sequence[Index]]) -> dict[str, Any]:
    """What each step was made of: counts per class, variance of each regression target, windows per recording.

    Computed from the order of windows when the epoch is written, so that it costs the steps nothing.
    """
    lengths = [sum(map(len, parts)) for parts in steps]
    index = np.concatenate([part for parts in steps for part in parts])
    step = np.repeat(np.arange(len(steps)), lengths)
    columns: dict[str, Any] = {}
    for task in tasks:
        if isinstance(task, LabelTask):
            columns |= _composed(task, windows.targets[task.target].take(index), step, len(steps))
    parts = np.split(windows.recording[index], np.cumsum(lengths)[:-1])
    counted = [np.unique(part, return_counts=True) for part in parts]
    columns["recording.id"] = [ids.tolist() for ids, _ in counted]
    columns["recording.count"] = [counts.tolist() for _, counts in counted]
    return columns


def _composed(task: LabelTask, target: Target, step: Index, steps: int) -> dict[str, NDArray[Any]]:
    counts = task.counts(target, step, steps)
    if counts is None:
        return {f"variance.{task.name}": _variances(target, step, steps)}
    return {f"count.{task.name}.{label}": one for label, one in counts.items()}


def _variances(target: Target, step: Index, steps: int) -> NDArray[np.float64]:
    """Population variance in physical units, over the known labels of each step; NaN with none."""
    values = target.values.astype(np.float64).reshape(len(target.values), -1)[target.mask]
    at = step[target.mask]
    count = np.bincount(at, minlength=steps)
    mean = np.stack([np.bincount(at, column, steps) for column in values.T]) / np.maximum(count, 1)
    square = np.stack([np.bincount(at, c, steps) for c in ((values - mean.T[at]) ** 2).T]) / np.maximum(count, 1)
    return np.where(count > 0, square.mean(axis=0), np.nan)
