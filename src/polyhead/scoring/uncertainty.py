"""Whether the stated uncertainty of numbers is the one their errors show."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.kind import Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.residuals import residuals

HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


def nll(known: Prediction) -> Outcome:
    """Mean over all numbers of -ln of the normal density of the truth about the prediction, in nats.

    ln sd + d^2 / (2 sd^2) + ln(2 pi)/2 with residual d and standard deviation sd in target units: another unit shifts
    it by a constant, and it has no best value.
    """
    sd = known.sd
    if sd is None or (undefined := _not_positive(sd)):
        return Outcome(None, "no standard deviations" if sd is None else undefined)
    return Outcome(float(np.mean(np.log(sd) + 0.5 * (residuals(known) / sd) ** 2)) + HALF_LOG_2_PI)


def coverage_90(known: Prediction) -> Outcome:
    """Share of all numbers whose truth lies between `low` and `high`, both included; .9 where these are honest."""
    if known.low is None or known.high is None:
        return Outcome(None, "no bounds of a central 90 %")
    broken = int(np.sum(~(np.isfinite(known.low) & np.isfinite(known.high))))
    if broken:
        return Outcome(None, f"{broken} of {known.low.size} bounds are not finite")
    truth = known.truth.astype(np.float64)
    return Outcome(float(np.mean((known.low <= truth) & (truth <= known.high))))


def pull_sd(known: Prediction) -> Outcome:
    """Standard deviation over all numbers of residual / sd, about its mean: above 1 the uncertainty is too small."""
    sd = known.sd
    if sd is None or (undefined := _not_positive(sd)):
        return Outcome(None, "no standard deviations" if sd is None else undefined)
    if sd.size < 2:
        return Outcome(None, "fewer than 2 known labels")
    return Outcome(float(np.std(residuals(known) / sd)))


def _not_positive(sd: NDArray[np.float64]) -> str | None:
    broken = int(np.sum(~(np.isfinite(sd) & (sd > 0))))
    return f"{broken} of {sd.size} standard deviations are not positive numbers" if broken else None


def measures(trivial: tuple[str, ...] = ("mean",)) -> tuple[Measure, ...]:
    """The metrics of an uncertainty; `trivial` are the kind's trivial predictors that state one."""
    return (
        Measure(Metric("nll", "lower", None), nll, trivial, needs=("sd",)),
        Measure(Metric("coverage_90", None, 0.9), coverage_90, (), needs=("low", "high")),
        Measure(Metric("pull_sd", None, 1.0), pull_sd, (), needs=("sd",)),
    )
