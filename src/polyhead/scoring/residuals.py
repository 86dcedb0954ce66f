"""Metrics of numbers in units of the target; what regression, forecast and reconstruction share.

Residual means prediction minus truth. Every mean runs over all known numbers alike: windows, outputs, channels, steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.kind import Outcome, Statistic
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference

CONSTANT = 1e-12
"""A sum of squares this much smaller than the terms it is the difference of is rounding."""


def residuals(known: Prediction) -> NDArray[np.float64]:
    """Prediction minus truth, in float64, in the shape of the truth."""
    return np.asarray(np.subtract(known.pred, known.truth, dtype=np.float64))


def mae(known: Prediction) -> Outcome:
    """Mean absolute residual."""
    return Outcome(float(np.mean(np.abs(residuals(known)))))


def mae_statistic(known: Prediction) -> Statistic:
    """Mean absolute residual over all bars or ends, of predictions (window, number)."""
    size = np.abs(residuals(known)).mean(axis=1)
    # einsum, not @: see r2_statistic.
    return lambda weight: float(np.einsum("w,w->", weight, size) / weight.sum())


def mse(known: Prediction) -> Outcome:
    """Mean squared residual, without a factor 1/2."""
    return Outcome(float(np.mean(residuals(known) ** 2)))


def rmse(known: Prediction) -> Outcome:
    """Root of the mean squared residual over all windows, not the mean of roots."""
    return Outcome(float(np.sqrt(np.mean(residuals(known) ** 2))))


def mape(known: Prediction) -> Outcome:
    """Mean of |residual| / |truth|, a fraction, not per cent; undefined as soon as one truth is 0.

    No small number stands in for a 0 in the denominator: the result would be a statement about that number.
    """
    truth = known.truth.astype(np.float64)
    zeros = int(np.sum(truth == 0))
    if zeros:
        return Outcome(None, f"{zeros} of {truth.size} true values are 0, so that relative errors are undefined")
    return Outcome(float(np.mean(np.abs(residuals(known)) / np.abs(truth))))


def bias(known: Prediction) -> Outcome:
    """Mean residual: positive where the prediction is too large."""
    return Outcome(float(np.mean(residuals(known))))


def res_68(known: Prediction) -> Outcome:
    """68th percentile of |residual|, linear between neighbours: one standard deviation, were it normal without bias."""
    return Outcome(float(np.percentile(np.abs(residuals(known)), 68)))


def nasa_score(known: Prediction) -> Outcome:
    """Sum of exp(-d/13) - 1 over residuals d < 0 and of exp(d/10) - 1 over the others.

    The asymmetric penalty of Saxena et al. (2008) for remaining life in cycles: a failure foretold too late costs
    more than one foretold too early. A sum, so that it grows with the number of windows; the 13 and 10 are cycles,
    so that it means something only in that unit.
    """
    late = residuals(known)
    return Outcome(float(np.sum(np.expm1(np.where(late < 0, -late / 13, late / 10)))))


def r2_statistic(truth: NDArray[np.float64], pred: NDArray[np.float64], *, pooled: bool) -> Statistic:
    """1 - SSE/SST under weights per window, of arrays (window, group, step); NaN where SST is 0.

    SST is taken about each group's own weighted mean over windows and steps. `pooled` sums SSE and SST over groups
    first; otherwise each group has its own value and they are averaged uniformly.
    """
    steps = truth.shape[2]
    centred = truth - truth.mean(axis=(0, 2), keepdims=True)
    squares, second = (np.einsum("wgs,wgs->wg", values, values) for values in (pred - truth, centred))
    first = centred.sum(axis=2)

    def r2(weight: NDArray[np.float64]) -> float:
        # einsum, not @: threads of BLAS on vectors this short wait for each other, 20 times the work on a busy machine.
        sse, spread, sums = (np.einsum("w,wg->g", weight, per_window) for per_window in (squares, second, first))
        sst = spread - sums**2 / (weight.sum() * steps)
        sst = np.where(sst > CONSTANT * spread, sst, 0.0)
        if pooled:
            sse, sst = sse.sum(keepdims=True), sst.sum(keepdims=True)
        return float(np.mean(1 - sse / sst)) if (sst > 0).all() else float("nan")

    return r2


def varying(truth: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which groups of (window, group, step) have more than one true value: (group,)."""
    return np.asarray(np.ptp(truth, axis=(0, 2)) > 0)


def constants(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The training mean, its uncertainty the training standard deviation, and the training median, which has none."""
    shape = known.truth.shape
    bare = replace(known, sd=None, low=None, high=None)
    sd = constant_prediction(reference.sd, shape) if reference.sd else None
    return {
        "mean": replace(bare, pred=constant_prediction(reference.mean, shape), sd=sd),
        "median": replace(bare, pred=constant_prediction(reference.median, shape)),
    }


def constant_prediction(values: Sequence[float], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One value per output or channel, the second axis of `shape` (if it has one), repeated over all others."""
    groups = shape[1] if len(shape) > 1 else 1
    if len(values) != groups:
        raise ValueError(f"the reference holds {len(values)} outputs, the prediction {groups}")
    columns = np.asarray(values, dtype=np.float64).reshape((1, groups) + (1,) * (len(shape) - 2))
    return np.broadcast_to(columns if len(shape) > 1 else columns[0], shape)
