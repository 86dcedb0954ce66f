"""The record of an epoch's steps: tensors that are filled without waiting for the device, written at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.signals.countdown import Countdowns
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import LabelTask, Task

_HOST = ("lr", "stepped", "seconds", "balance_seconds")


@dataclass(frozen=True)
class Descent:
    """What a step was: each task's loss over all its batches and processes (task,), the factor by which it entered the
    step, what the balance adds to the total beside, the probe of its last batch, and the seconds that balancing took
    beyond what the plain sum takes."""

    losses: Tensor
    weights: Tensor
    penalties: Tensor
    probe: Tensor | None
    seconds: float


class StepLog:
    """One row per step of the running epoch.

    Always: loss, weight, share and known labels of each task, total loss, gradient norm, learning rate, seconds of the
    step and, of these, of balancing beyond what the plain sum takes. On sampled steps: gradient norms at the map,
    cosines, update ratio, dead share, effective rank, checksum; NaN elsewhere.
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
        self._host = np.full((steps, len(_HOST)), np.nan)
        self.filled = 0

    def add(
        self,
        rate: float,
        descent: Descent,
        known: Tensor,
        norm: Tensor,
        sampled: Tensor | None,
        stepped: bool,
        balancing: float,
        began: float,
    ) -> None:
        """Record a step that `began` then, by time.perf_counter: `known` (task,), `norm` a scalar, `sampled` as in the
        class, `stepped` whether the optimiser moved, `balancing` in seconds.

        A share is of the weighted losses; the total has the balance's penalties too.
        """
        weighted = descent.weights * descent.losses
        sums = torch.stack([weighted.sum() + descent.penalties.sum(), norm])
        row = torch.cat([descent.losses, descent.weights, weighted / weighted.sum(), known, sums])
        self._rows[self.filled, : len(self._always)] = row
        if sampled is not None:
            self._rows[self.filled, len(self._always) :] = sampled
        self._host[self.filled] = rate, stepped, time.perf_counter() - began, balancing
        self.filled += 1

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The filled rows by column."""
        rows = self._rows[: self.filled].cpu().numpy()
        host = dict(zip(_HOST, self._host[: self.filled].T, strict=True))
        return dict(zip([*self._always, *self._sampled], rows.T, strict=True)) | host

    def mean_losses(self) -> NDArray[np.float64]:
        """Loss of each task over the epoch (task,): sums over known labels by their count; NaN without any. Steps
        whose loss is not finite do not count."""
        return self._mean(0)

    def mean_weights(self) -> NDArray[np.float64]:
        """Weight of each task over the steps of the epoch in which it has labels (task,), each counted by them."""
        return self._mean(1)

    def _mean(self, part: int) -> NDArray[np.float64]:
        rows = self._rows[: self.filled].cpu().numpy()
        values, known = (rows[:, at * self._tasks : (at + 1) * self._tasks] for at in (part, 3))
        counted = np.where(np.isfinite(values), known, 0)
        counts = counted.sum(axis=0)
        return np.where(
            counts > 0, (np.where(counted > 0, values, 0) * counted).sum(axis=0) / np.maximum(counts, 1), np.nan
        )

    def broken(self) -> list[tuple[int, int]]:
        """(step, task) of every loss that is not finite."""
        losses = self._rows[: self.filled, : self._tasks].cpu().numpy()
        return [(int(step), int(task)) for step, task in np.argwhere(~np.isfinite(losses))]

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self._rows, "host": torch.from_numpy(self._host), "filled": self.filled, "norms": self.norms}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._rows = state["rows"].to(self._device)
        self._host = state["host"].cpu().numpy().copy()
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
            columns |= _composed(task, task.labels(windows, index), step, len(steps))
    parts = np.split(windows.recording[index], np.cumsum(lengths)[:-1])
    counted = [np.unique(part, return_counts=True) for part in parts]
    columns["recording.id"] = [ids.tolist() for ids, _ in counted]
    columns["recording.count"] = [counts.tolist() for _, counts in counted]
    return columns


def _composed(task: LabelTask, target: Target, step: Index, steps: int) -> dict[str, NDArray[Any]]:
    counts = task.counts(target, step, steps)
    if counts is None:
        return {f"variance.{task.name}": _variances(target, task.each(target), step, steps)}
    return {f"count.{task.name}.{label}": one for label, one in counts.items()}


def _variances(target: Target, each: Countdowns | None, step: Index, steps: int) -> NDArray[np.float64]:
    """Population variance in physical units, over the known labels of each step; NaN with none."""
    at = step[target.mask]
    count = np.bincount(at, minlength=steps)

    def means(columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.bincount(at, column, steps) for column in columns]) / np.maximum(count, 1)

    if each is None:
        values = target.values.astype(np.float64).reshape(len(target.values), -1)[target.mask]
        square = means(((values - means(values.T).T[at]) ** 2).T)
    else:  # of all samples of a step's windows
        known = each.take(target.mask)
        square = means(known.squares[None]) - means(known.means[None]) ** 2
    return np.where(count > 0, square.mean(axis=0), np.nan)
