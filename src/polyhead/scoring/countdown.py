"""Scoring of countdowns: at each bar the bars until the span starts, beside what a bar's place in the window says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import residuals, uncertainty
from polyhead.scoring.kind import Kind, Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Mean, median and standard deviation of known training countdowns (window, bar), over all bars and of each bar's
    place."""
    values = _bars(truth)
    return Reference(
        "countdown",
        len(values),
        mean=(float(values.mean()),),
        median=(float(np.median(values)),),
        sd=(float(values.std()),),
        bar_mean=tuple(values.mean(axis=0).tolist()),
        bar_median=tuple(np.median(values, axis=0).tolist()),
        bar_sd=tuple(values.std(axis=0).tolist()),
    )


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The training mean and median; and those of each bar's place in the window (bar-mean, bar-median), which is
    what a network reaches that has learned the bar's index and nothing of the signal. The uncertainty of a mean is the
    standard deviation that goes with it; of a place where all are alike, that of all bars. Medians have none.

    The latter two are left out where the windows have another length than in training.
    """
    shape = _bars(known.truth).shape
    constants = {"mean": (reference.mean, reference.sd), "median": (reference.median, ())}
    if not unusable(known, reference):
        spread = np.asarray(reference.bar_sd)
        by_place = tuple(np.where(spread > 0, spread, reference.sd or 0.0).tolist())
        constants |= {"bar-mean": (reference.bar_mean, by_place), "bar-median": (reference.bar_median, ())}
    bare = replace(known, sd=None, low=None, high=None)
    return {
        name: replace(bare, pred=np.broadcast_to(values, shape), sd=np.broadcast_to(sd, shape) if sd else None)
        for name, (values, sd) in constants.items()
    }


def unusable(known: Prediction, reference: Reference) -> str | None:
    """Why the trivial predictors that know a bar by its place cannot be used on these windows, or None."""
    return reference.other_length(known.truth.shape[1])


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
        *uncertainty.measures(("mean", "bar-mean")),
    ),
    statistic=residuals.mae_statistic,
    unusable=unusable,
)
