"""The rows that an epoch of someone's loop adds to the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.prediction import Prediction
from polyhead.trace.tables import Value

Losses = Mapping[str, float | None]
_STATISTICS: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
}


class EpochSteps:
    """The columns of an epoch's steps, as they were written."""

    def __init__(self) -> None:
        self._parts: list[Mapping[str, NDArray[np.float64]]] = []

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Add a stretch of steps."""
        self._parts.append(columns)

    def column(self, name: str) -> NDArray[np.float64]:
        """A column over all steps of the epoch."""
        return np.concatenate([one[name] for one in self._parts]) if self._parts else np.zeros(0)

    def finite_mean(self, name: str) -> float | None:
        """Mean of a column where it is finite."""
        values = self.column(name)
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else None

    def mean(self, part: str, task: str) -> float | None:
        """Mean of a task's `loss` or `weight` over the steps with a finite loss, each counted by its known labels where
        they were told."""
        values, losses, known = (self.column(f"{one}.{task}") for one in (part, "loss", "known"))
        there = np.isfinite(losses) & np.isfinite(values)
        by = np.where(there, np.where(np.isnan(known), 1.0, known), 0.0)
        return float((np.where(there, values, 0) * by).sum() / by.sum()) if by.sum() else None

    @property
    def lr(self) -> float | None:
        """The last learning rate."""
        rates = self.column("lr")
        return float(rates[-1]) if len(rates) and np.isfinite(rates[-1]) else None


def total_loss(losses: Losses, weights: Losses) -> float | None:
    """The weighted sum of those that are known; a weight that is not counts 1."""
    known = [loss * (1.0 if (by := weights[name]) is None else by) for name, loss in losses.items() if loss is not None]
    return float(sum(known)) if known else None


def balance_row(tasks: Sequence[str], sigmas: Mapping[str, Any], losses: Losses, weights: Losses) -> dict[str, Value]:
    """sigma of each task and its lag, sigma^2 over the loss, both empty where nobody said one, and the mean weight."""
    sigma = {name: float(sigmas[name]) if name in sigmas else None for name in tasks}
    row: dict[str, Value] = {f"sigma_{name}": one for name, one in sigma.items()}
    for name, one in sigma.items():
        loss = losses[name]
        row[f"lag_{name}"] = one**2 / loss if one is not None and loss else None
    return row | {f"weight_{name}": weights[name] for name in tasks}


def probability_row(task: str, one: Prediction) -> dict[str, Value]:
    """How the probability of yes is spread over positives and negatives, windows or samples, and how far their
    means are apart."""
    assert one.score is not None
    score, truth = one.score[one.mask], one.truth[one.mask]
    sides = {"pos": score[truth == 1], "neg": score[truth == 0]}
    row: dict[str, Value] = {
        f"{task}_{side}_{name}": float(statistic(values)) if len(values) else None
        for side, values in sides.items()
        for name, statistic in _STATISTICS.items()
    }
    both = all(len(values) for values in sides.values())
    return row | {f"{task}_separation": float(sides["pos"].mean() - sides["neg"].mean()) if both else None}
