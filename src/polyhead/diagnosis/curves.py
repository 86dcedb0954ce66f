"""Curves over epochs or steps: which way is better, how much one value swings by chance, what the last ones gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns
from polyhead.scoring.board import KINDS, metrics_of

Values = NDArray[np.float64]
_LOWER = ("loss", "error", "mae", "mse", "rmse", "mape", "nll", "brier", "perplexity", "eer", "wer", "cer")
_HIGHER = ("acc", "accuracy", "f1", "auc", "auroc", "ap", "map", "precision", "recall", "r2", "skill", "iou", "kappa")
"""Words of metrics' names in logs of other programs, by direction."""
PLACES = 200
"""Stretches of a loss that are looked at, so that a run of a million steps takes no longer than one of a thousand."""


def sign_of(metric: str) -> int:
    """1 where more of a metric is better, -1 where less is, 0 where that is not known."""
    for kind in KINDS:
        for one in metrics_of(kind):
            if one.name == metric:
                return {"higher": 1, "lower": -1, None: 0}[one.direction]
    words = metric.lower().replace("/", "_").replace(".", "_").replace("-", "_").split("_")
    if any(word in _LOWER for word in words):
        return -1
    return 1 if any(word in _HIGHER for word in words) else 0


@dataclass(frozen=True)
class Curve:
    """A number over epochs, where it is finite: its name, `sign` (see sign_of), epochs and values as logged."""

    name: str
    sign: int
    epoch: Values
    value: Values

    @property
    def better(self) -> Values:
        """The values so that higher is better."""
        return self.sign * self.value

    def __len__(self) -> int:
        return len(self.value)


def curve_of(table: Columns, column: str, name: str = "") -> Curve:
    """A column of a table with `epoch` as a curve."""
    good = np.isfinite(table[column]) & np.isfinite(table["epoch"])
    name = name or column
    return Curve(name, sign_of(name), table["epoch"][good], table[column][good])


def task_curve(case: Case, task: str) -> Curve | None:
    """Validation of one task over epochs: its primary metric, else one whose direction is known, else its loss."""
    table = (case.scores or {}).get(task)
    if table is not None and "epoch" in table:
        primary = case.tasks[task].primary if task in case.tasks else None
        names = [primary] if primary in table else [name for name in table if name != "epoch" and sign_of(name)]
        if names and names[0] is not None and sign_of(names[0]) and np.isfinite(table[names[0]]).any():
            return curve_of(table, names[0])
    return loss_curve(case, task, "val")


def loss_curve(case: Case, task: str, phase: str) -> Curve | None:
    """A task's loss over epochs in `train` or `val`, None where nobody logged it."""
    table = (case.losses or {}).get(phase)
    return None if table is None or task not in table else curve_of(table, task, "loss")


def start_of(case: Case, task: str, curve: Curve) -> float:
    """What the gain of a task's curve is counted from, so that higher is better: its floor where that is known, else
    the first epoch."""
    scores = (case.metrics or {}).get("val", {}).get(task, {})
    floor = scores[curve.name].floor if curve.name in scores else None
    if curve.name == "loss" and task in case.tasks:
        floor = case.tasks[task].floor_loss
    return float(curve.better[0]) if floor is None else curve.sign * floor


def noise(values: Values) -> float:
    """Standard deviation of one epoch's value about a smooth curve, robustly from second differences.

    Second differences of independent noise of variance s^2 have variance 6 s^2, and a straight trend has none. Where
    more than half of them are 0, as of a score that counts few windows, their mean square tells instead. Raises
    ValueError for fewer than 3 values.
    """
    if len(values) < 3:
        raise ValueError("second differences need 3 values")
    bends = np.diff(values, 2)
    spread = 1.4826 * np.median(np.abs(bends)) or np.sqrt(np.mean(bends**2))
    return float(spread / np.sqrt(6))


def smooth(values: Values) -> Values:
    """Running median over three epochs, two at the ends, so that one lucky epoch is not the best."""
    return np.array([np.median(values[max(0, i - 1) : i + 2]) for i in range(len(values))])


def slope(values: Values) -> tuple[float, float, float]:
    """Change per epoch by least squares, and its 95 % interval, of at least 3 values with independent errors."""
    from scipy.stats import t

    n = len(values)
    if n < 3:
        raise ValueError("a slope with an interval needs 3 values")
    x = np.arange(n) - (n - 1) / 2
    found = float(x @ values / (x @ x))
    left = values - values.mean() - found * x
    half = float(t.ppf(0.975, n - 2) * np.sqrt(left @ left / (n - 2) / (x @ x)))
    return found, found - half, found + half


def rise(losses: Values) -> float:
    """How far the last fifth of the losses stands above the best stretch of that length, in standard deviations of the
    jitter from one value to the next; 0 where it is the best, NaN of fewer than 10 values."""
    values = losses[np.isfinite(losses)]
    width = len(values) // 5
    if width < 2:
        return float("nan")
    starts = np.unique(np.linspace(0, len(values) - width, PLACES).astype(int))
    medians = np.array([np.median(values[at : at + width]) for at in starts])
    best = int(medians.argmin())
    return float((medians[-1] - medians[best]) / jitter(values[: starts[best] + width]))


def jitter(values: Values) -> float:
    """Standard deviation of what the values scatter from one to the next, by the median so that a trend or a jump does
    not count; at least 1e-12 of their size."""
    steps = np.abs(np.diff(values))
    spread = float(np.median(steps)) / (np.sqrt(2) * 0.6745) if len(steps) else 0.0
    return max(spread, 1e-12 * float(np.abs(values).max()), 1e-300)
