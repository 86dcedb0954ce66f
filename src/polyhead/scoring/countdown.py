"""Scoring of countdowns: at each bar the bars until the span starts, beside what a bar's place in the window says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import residuals
from polyhead.scoring.kind import Kind, Measure, Outcome, Statistic
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Mean and median of known training countdowns (window, bar), over all bars and of each bar's place."""
    values = _bars(truth)
    return Reference(
        "countdown",
        len(values),
        mean=(float(values.mean()),),
        median=(float(np.median(values)),),
        bar_mean=tuple(values.mean(axis=0).tolist()),
        bar_median=tuple(np.median(values, axis=0).tolist()),
    )


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The training mean and median; and those of each bar's place in the window (bar-mean, bar-median), which is
    what a network reaches that has learned the bar's index and nothing of the signal.

    The latter two are left out where the windows have another length than in training.
    """
    shape = _bars(known.truth).shape
    constants = {"mean": reference.mean, "median": reference.median}
    if not unusable(known, reference):
        constants |= {"bar-mean": reference.bar_mean, "bar-median": reference.bar_median}
    return {name: replace(known, pred=np.broadcast_to(np.asarray(values), shape)) for name, values in constants.items()}


def unusable(known: Prediction, reference: Reference) -> str | None:
    """Why the trivial predictors that know a bar by its place cannot be used on these windows, or None."""
    learned, found = len(reference.bar_mean), known.truth.shape[1]
    if learned == found:
        return None
    return f"floor without what training knew of each bar's place: windows of {learned} bars there, {found} here"


def statistic(known: Prediction) -> Statistic:
    """Mean absolute residual over all bars."""
    size = np.abs(residuals.residuals(known)).mean(axis=1)
    # einsum, not @: see residuals.r2_statistic.
    return lambda weight: float(np.einsum("w,w->", weight, size) / weight.sum())


def r2(known: Prediction) -> Outcome:
    """1 - SSE/SST over all windows and bars, with SST about their one mean on this split."""
    truth, pred = _bars(known.truth)[:, None], _bars(known.pred)[:, None]
    if not residuals.varying(truth).any():
        return Outcome(None, "the known labels are constant")
    return Outcome(residuals.r2_statistic(truth, pred, pooled=True)(np.ones(len(truth))))


def _bars(values: NDArray[np.generic]) -> NDArray[np.float64]:
    if values.ndim != 2:
        raise ValueError(f"a countdown has shape (window, bar), found {values.shape}")
    return values.astype(np.float64, copy=False)


TRIVIAL = ("mean", "median", "bar-mean", "bar-median")

KIND = Kind(
    name="countdown",
    fit=fit,
    trivial=trivial,
    measures=(
        Measure(Metric("mae", "lower", 0.0, "target"), residuals.mae, TRIVIAL),
        Measure(Metric("rmse", "lower", 0.0, "target"), residuals.rmse, TRIVIAL),
        Measure(Metric("r2", "higher", 1.0), r2, TRIVIAL),
        Measure(Metric("bias", None, 0.0, "target"), residuals.bias, TRIVIAL),
    ),
    statistic=statistic,
    unusable=unusable,
)
