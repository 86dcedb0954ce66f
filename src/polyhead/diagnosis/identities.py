"""What metrics of one and the same set of predictions must fulfil, with the rounding of printed numbers in account.

A rounded number is an interval; a rule is broken only where no numbers within the intervals fulfil it. The docstrings
below derive where the extremes lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.pooled import positive

Span = tuple[float, float]
"""Least and largest possible value."""

SINGLE = 1e-6
"""Relative slack for numbers that were computed in single precision, whose digits are 6e-8 apart."""
SHARES = frozenset(
    (
        "accuracy",
        "auroc",
        "average_precision",
        "f1",
        "precision",
        "recall",
        "specificity",
        "fpr",
        "micro_f1",
        "micro_precision",
        "micro_recall",
        "macro_f1",
        "macro_precision",
        "macro_recall",
        "macro_auroc",
        "balanced_accuracy",
        "all_correct",
        "exact_match",
        "within_1",
        "brier",
    )
)
"""Metrics in [0, 1]."""
ERRORS = frozenset(("mae", "mse", "rmse", "mape", "res_68"))
"""Metrics that cannot be negative."""
FULL = 1e-9
"""Half a unit of a last digit below which nothing was rounded on purpose: nobody prints nine decimals."""
HALF_UNIT = ".half_unit"
"""Ends the key of `Case.known` that holds half the last printed digit of a metric."""


@dataclass(frozen=True)
class Shown:
    """A number as printed: it may have been anything within `half` of `value`, and within its own range."""

    value: float
    half: float
    within: Span = (-np.inf, np.inf)

    @property
    def span(self) -> Span:
        """Least and largest number that prints as this one; the number itself where it is out of its range."""
        least, most = self.within
        low, high = max(self.value - self.half, least), min(self.value + self.half, most)
        return (low, high) if low <= high else (self.value, self.value)

    @property
    def possible(self) -> bool:
        """Whether the metric can have such a value."""
        return self.value + self.half >= self.within[0] and self.value - self.half <= self.within[1]


def half_unit(value: float) -> float:
    """Half a unit of the last digit of the shortest text of `value`; zeros at its end were lost, which only widens."""
    exponent = Decimal(repr(float(value))).as_tuple().exponent
    return 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0


def shown(metric: str, value: float, half: float | None = None) -> Shown:
    """A metric's value with its rounding: the typed one where known, else that of its shortest text."""
    least = half_unit(value) if half is None else half
    slack = SINGLE * (abs(value) if metric in ERRORS else max(1.0, abs(value)))
    return Shown(value, max(least, slack), metric_range(metric))


def metric_range(metric: str) -> Span:
    """The values that a metric can take."""
    if metric in SHARES:
        return 0.0, 1.0
    if metric in ERRORS:
        return 0.0, np.inf
    return (-np.inf, 1.0) if metric == "r2" else (-np.inf, np.inf)


Sets = Iterator[tuple[str, str, dict[str, Shown]]]
"""Split, task, and what is claimed of its metrics together."""


def metric_sets(case: Case) -> Sets:
    """The metrics that have a value they can have, of every split and task: the final ones, or, of a task without,
    those of the judged epoch or the last."""
    return _possible(_final(case))


def claimed_sets(case: Case) -> Sets:
    """The same, and what a loop of its own said of the judged epoch where that is something else."""
    return _possible(all_claimed_sets(case))


def all_claimed_sets(case: Case) -> Sets:
    """The same, with values that cannot be."""
    yield from _final(case)
    for task, columns in (case.scores or {}).items():
        final = (case.metrics or {}).get("val", {}).get(task)
        said = _at_judged(case, columns)
        if final and not all(name in final and _same(value, final[name].value) for name, value in said.items()):
            yield "val", task, _rounded(said, (case.known or {}).get(task, {}))


def _final(case: Case) -> Sets:
    known = case.known or {}
    for split, tasks in (case.metrics or {}).items():
        for task, scores in tasks.items():
            values = {name: score.value for name, score in scores.items() if score.value is not None}
            yield split, task, _rounded(values, known.get(task, {}))
    for task, columns in (case.scores or {}).items():
        if not any(tasks.get(task) for tasks in (case.metrics or {}).values()):
            yield "val", task, _rounded(_at_judged(case, columns), known.get(task, {}))


def _possible(sets: Sets) -> Sets:
    for split, task, own in sets:
        yield split, task, {name: one for name, one in own.items() if one.possible}


def _at_judged(case: Case, columns: Columns) -> dict[str, float]:
    """Metrics at the epoch that was judged, or at the last one; without those that are not known there."""
    judged = ((case.state or {}).get("best") or {}).get("epoch")
    at = [] if judged is None else np.flatnonzero(columns["epoch"] == judged).tolist()
    row = int(at[0]) if at else -1
    named = {name: float(column[row]) for name, column in columns.items() if name != "epoch" and len(column)}
    return {name: value for name, value in named.items() if np.isfinite(value)}


def _same(value: float, final: float | None) -> bool:
    return final is not None and bool(np.isclose(value, final, rtol=1e-4, atol=1e-6))


def _rounded(values: Mapping[str, float], known: Mapping[str, Any]) -> dict[str, Shown]:
    """Values with their rounding. Where most have all digits of a float, a short one beside them, as 1.0, is exact."""
    exact = 0.0 if sum(half_unit(value) < FULL for value in values.values()) > len(values) / 2 else None
    return {name: shown(name, value, known.get(f"{name}{HALF_UNIT}", exact)) for name, value in values.items()}


def fact(case: Case, task: str, name: str) -> Span | None:
    """A number that a table says of a task, with its rounding; None without."""
    known: Mapping[str, Any] = (case.known or {}).get(task, {})
    value = known.get(name)
    if not isinstance(value, int | float):
        return None
    half = known.get(f"{name}{HALF_UNIT}")
    return shown(name, float(value), half).span


def prevalence_of(case: Case, split: str, task: str) -> Span | None:
    """Share of positives, from the table or from the labels of the split; None where neither says."""
    said = fact(case, task, "prevalence")
    if said is not None:
        return max(said[0], 0.0), min(said[1], 1.0)
    predicted = (case.predictions or {}).get(split, {}).get(task)
    if predicted is None or predicted.truth.ndim > 1 or not predicted.mask.any():
        return None
    labels = predicted.truth[predicted.mask]
    share = float(np.mean(positive(labels, case.tasks[task].classes if task in case.tasks else ())))
    numbered = labels.dtype.kind in "biuf"
    return (share, share) if numbered or share > 0 else None  # words that nobody named: none of them is known to be yes


def micro(own: Mapping[str, Shown]) -> bool:
    """Whether precision and recall are the accuracy by another name; no share of positives follows from them then."""
    named = [own[name].value for name in ("accuracy", "precision", "recall") if name in own]
    return len(named) == 3 and max(named) - min(named) <= SINGLE


def f1_range(precision: Span, recall: Span) -> Span:
    """F1 = 2PR/(P+R), which grows with both."""
    return f1(precision[0], recall[0]), f1(precision[1], recall[1])


def f1(precision: float, recall: float) -> float:
    """The harmonic mean, 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def prevalence_range(precision: Span, recall: Span, accuracy: Span) -> Span | None:
    """The share of positives p that precision, recall and accuracy leave; outside [0, 1] where they exclude each other.

    Errors are missed positives p(1-R) and false alarms pRq with q = (1-P)/P, so 1 - accuracy = p D, D = 1 - R + R q.
    D is linear in R for fixed q and in q for fixed R, so that the extremes of p lie at corners. None where P or D is 0.
    """
    if precision[0] <= 0:
        return None
    values = []
    for p, r, a in product(precision, recall, accuracy):
        errors = 1 - r + r * (1 - p) / p
        if errors <= 0:
            return None
        values.append((1 - a) / errors)
    return min(values), max(values)


def auroc_range(precision: Span, recall: Span, accuracy: Span) -> Span | None:
    """The AUROC that a curve through the point of precision, recall and accuracy can have.

    The curve rises through (FPR, TPR), so TPR (1 - FPR) <= AUROC <= 1 - (1 - TPR) FPR. With e = 1 - accuracy and q as
    above, FPR = e R q / (1 - R + R q - e). It grows with e and is monotone in q; the lower bound R (1 - FPR) is concave
    in R (a square over something linear), so its least value is at a corner. The upper bound need not be, so R is also
    taken at 64 points between. None where no prevalence fits at some corner.
    """
    if precision[0] <= 0:
        return None
    bounds = []
    for p, a in product(precision, accuracy):
        q, e = (1 - p) / p, 1 - a
        for r in np.linspace(*recall, 65):
            room = 1 - r + r * q - e
            rate = e * r * q / room if room > 0 else np.inf
            if not 0 <= rate <= 1:
                return None
            bounds.append((r * (1 - rate), 1 - (1 - r) * rate))
    return float(min(low for low, _ in bounds)), float(max(high for _, high in bounds))


def least_best_f1(auroc: float, prevalence: float) -> float:
    """The F1 that some threshold reaches at least, given the AUROC and the share of positives in (0, 1).

    If no threshold reached f, every point of the curve would lie below the line 2 p TPR = f (p + p TPR + (1-p) FPR),
    that is TPR = c (p + (1-p) FPR) with c = f / (p (2-f)), and so would the straight pieces between the points. The
    area below the smaller of that line and 1 grows with f; where it equals the AUROC, f is the bound. It is at least
    2p/(1+p), which saying yes to all reaches.
    """
    p = prevalence
    low, high = 2 * p / (1 + p), 1.0
    for _ in range(60):
        f = 0.5 * (low + high)
        c = f / (p * (2 - f))
        start, slope = c * p, c * (1 - p)
        cut = (1 - start) / slope  # where the line reaches 1, within (0, 1] since f is above 2p/(1+p)
        low, high = (f, high) if cut * (start + 1) / 2 + 1 - cut < auroc else (low, f)
    return low


def sd_range(mse: Span, r2: Span) -> Span | None:
    """The target's standard deviation that MSE and R2 imply: R2 = 1 - MSE / var. None where R2 may be 1."""
    if r2[1] >= 1:
        return None
    return float(np.sqrt(mse[0] / (1 - r2[0]))), float(np.sqrt(mse[1] / (1 - r2[1])))
