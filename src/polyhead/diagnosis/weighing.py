"""What each task's loss was multiplied by, over epochs, from whatever the log says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns

SAME = 0.01
"""A total within 1 % of the plain sum of the losses is that sum, printed with few digits."""


@dataclass(frozen=True)
class Weighing:
    """`losses` and `weights` (epoch,) of each task at `epochs`; a weight is None where nothing tells it. `phase` is
    the split of the losses, `source` what told the weights."""

    phase: str
    epochs: NDArray[np.float64]
    losses: Mapping[str, NDArray[np.float64]]
    weights: Mapping[str, NDArray[np.float64]] | None
    source: str

    def weighted(self) -> dict[str, NDArray[np.float64]] | None:
        """Weight times loss of each task (epoch,), None where the weights are unknown."""
        return None if self.weights is None else {name: self.weights[name] * loss for name, loss in self.losses.items()}


def weighing(case: Case) -> Weighing | None:
    """Losses and weights of every task that has a loss, at the epochs that both tables know; None without losses."""
    found = next(((p, t) for p in ("train", "val") if (t := (case.losses or {}).get(p)) is not None), None)
    if found is None:
        return None
    phase, table = found
    losses = {name: table[name] for name in case.tasks if name in table and np.isfinite(table[name]).any()}
    if not losses:
        return None
    epochs = table["epoch"]
    told = weights_of(case, tuple(losses))
    if told is not None:
        at, weights, source = told
        epochs, first, second = np.intersect1d(table["epoch"], at, return_indices=True)
        if len(epochs):
            return Weighing(
                phase,
                epochs,
                {name: loss[first] for name, loss in losses.items()},
                {name: weight[second] for name, weight in weights.items()},
                source,
            )
        epochs = table["epoch"]
    plain = "total" in table and _is_sum(table["total"], losses)
    ones = {name: np.ones(len(epochs)) for name in losses} if plain else None
    return Weighing(phase, epochs, losses, ones, "the total is the plain sum" if plain else "")


def weights_of(
    case: Case, tasks: tuple[str, ...]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], str] | None:
    """Epochs, weight of each task's loss at them and where it comes from; None where one of them is not known.

    In our own runs that is weight_TASK. In others 1 / (2 sigma^2) times the task's weight comes first, since what is
    logged there as weight is often the share of 1 / sigma^2.
    """
    table = case.weights
    if table is None:
        return None
    logged = _columns(table, "weight_", tasks)
    sigmas = _columns(table, "sigma_", tasks)
    if logged is not None and (case.config is not None or sigmas is None):
        return table["epoch"], logged, "weights as logged"
    if sigmas is None:
        return None
    made = {name: case.tasks[name].weight / (2 * np.where(s > 0, s, np.nan) ** 2) for name, s in sigmas.items()}
    return table["epoch"], made, "1 / (2 sigma^2)"


def _columns(table: Columns, prefix: str, tasks: tuple[str, ...]) -> dict[str, NDArray[np.float64]] | None:
    found = {name: table[prefix + name] for name in tasks if prefix + name in table}
    known = len(found) == len(tasks) and all(np.isfinite(one).any() for one in found.values())
    return found if known else None


def _is_sum(total: NDArray[np.float64], losses: Mapping[str, NDArray[np.float64]]) -> bool:
    plain = np.sum([np.nan_to_num(one) for one in losses.values()], axis=0)
    both = np.isfinite(total) & (np.abs(plain) > 0)
    return bool(both.any()) and bool((np.abs(total - plain)[both] <= SAME * np.abs(plain)[both]).all())
