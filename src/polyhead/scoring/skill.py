"""Where a value lies between its floor and perfect."""

from __future__ import annotations

import math

from polyhead.scoring.kind import Outcome
from polyhead.scoring.metric import Metric


def skill_of(metric: Metric, value: float | None, floor: float | None) -> Outcome:
    """Skill: 0 at the floor, 1 perfect, negative below the floor; None with a reason where it has no meaning.

    (value - floor) / (best - floor), which for errors (best 0) is 1 - value/floor.
    """
    if value is None:
        return Outcome(None)
    if metric.direction is None:
        return Outcome(None, f"no skill: neither direction of {metric.name} is better")
    if metric.best is None:
        return Outcome(None, f"no skill: {metric.name} has no best value")
    if floor is None:
        return Outcome(None, "no skill: no floor")
    if math.isclose(floor, metric.best, rel_tol=1e-12):
        return Outcome(None, "no skill: a trivial predictor is already perfect on this split")
    return Outcome((value - floor) / (metric.best - floor))
