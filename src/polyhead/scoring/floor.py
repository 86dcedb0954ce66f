"""The best score that a trivial predictor reaches on the split."""

from __future__ import annotations

import math
from collections.abc import Mapping

from polyhead.scoring.kind import Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction


def floor_of(measure: Measure, trivial: Mapping[str, Prediction]) -> tuple[float | None, str | None]:
    """The best score among the metric's trivial predictors and the name of the one that reached it.

    Where several reach it, the first that the metric names. (None, None) if the metric is undefined for all.
    """
    best: tuple[float | None, str | None] = (None, None)
    for name in measure.trivial:
        value = finite(measure.compute(trivial[name])).value if name in trivial else None
        if value is not None and (best[0] is None or _better(measure.metric, value, best[0])):
            best = (value, name)
    return best


def finite(outcome: Outcome) -> Outcome:
    """The outcome, or None with the reason where it left the range of float64."""
    if outcome.value is None or math.isfinite(outcome.value):
        return outcome
    return Outcome(None, "the result leaves the range of float64")


def _better(metric: Metric, value: float, other: float) -> bool:
    if metric.direction == "higher":
        return value > other
    if metric.direction == "lower":
        return value < other
    best = metric.best or 0.0  # without a direction, the nearer to the best
    return abs(value - best) < abs(other - best)
