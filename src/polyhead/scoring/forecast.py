"""Scoring of forecasts: the next steps of channels, beside the mean or median of training and persistence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import residuals
from polyhead.scoring.kind import Kind, Outcome, Statistic
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Mean and median of each channel over all windows and steps of known training labels (n, channel, horizon)."""
    values = _cube(truth)
    mean, median = values.mean(axis=(0, 2)), np.median(values, axis=(0, 2))
    return Reference("forecast", len(truth), mean=tuple(mean.tolist()), median=tuple(median.tolist()))


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Training mean, training median and, where the last sample is at hand, that sample repeated over the horizon."""
    shape = known.truth.shape
    predictors = {
        "mean": replace(known, pred=residuals.constant_prediction(reference.mean, shape)),
        "median": replace(known, pred=residuals.constant_prediction(reference.median, shape)),
    }
    if known.last is not None:
        if known.last.shape != shape[:2]:
            raise ValueError(f"the last sample has shape (window, channel) = {shape[:2]}, found {known.last.shape}")
        predictors["persistence"] = replace(known, pred=np.broadcast_to(known.last[:, :, None], shape))
    return predictors


def statistic(known: Prediction) -> Statistic:
    """R2 pooled over channels."""
    return residuals.r2_statistic(_cube(known.truth), _cube(known.pred), pooled=True)


def r2(known: Prediction) -> Outcome:
    """1 - SSE/SST, both summed over channels, SST about each channel's mean over all windows and steps of this split.

    Pooled, a channel counts by its variance; channels of different units belong in tasks of their own.
    """
    truth = _cube(known.truth)
    if len(truth) < 2:
        return Outcome(None, "fewer than 2 known labels")
    if not residuals.varying(truth).any():
        return Outcome(None, "the known labels are constant")
    return Outcome(statistic(known)(np.ones(len(truth))))


def _cube(values: NDArray[np.generic]) -> NDArray[np.float64]:
    if values.ndim != 3:
        raise ValueError(f"a forecast has shape (window, channel, horizon), found {values.shape}")
    return values.astype(np.float64)


KIND = Kind(
    name="forecast",
    fit=fit,
    trivial=trivial,
    measures=residuals.measures(r2, ("mean", "median", "persistence")),
    statistic=statistic,
)
