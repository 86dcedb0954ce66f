"""Numbers per channel and step, (window, channel, step): what forecast and reconstruction share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import residuals
from polyhead.scoring.kind import Outcome, Statistic
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit_channels(kind: str, truth: NDArray[np.generic]) -> Reference:
    """Mean, median and standard deviation of each channel over all windows and steps of known training labels."""
    values = _cube(truth)
    mean, median, sd = values.mean(axis=(0, 2)), np.median(values, axis=(0, 2)), values.std(axis=(0, 2))
    return Reference(kind, len(truth), mean=tuple(mean.tolist()), median=tuple(median.tolist()), sd=tuple(sd.tolist()))


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
        raise ValueError(f"numbers per channel have shape (window, channel, step), found {values.shape}")
    return values.astype(np.float64, copy=False)
