"""Scoring of forecasts: the next steps of channels, beside the mean or median of training and persistence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import channels, residuals
from polyhead.scoring.kind import Kind
from polyhead.scoring.numeric import CONSTANTS, measures
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Constants of each channel over all windows and steps of known training labels (n, channel, horizon)."""
    return channels.fit_channels("forecast", truth)


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Training mean, training median and, where the last sample is at hand, that sample repeated over the horizon."""
    shape = known.truth.shape
    predictors = residuals.constants(known, reference)
    if known.last is not None:
        if known.last.shape != shape[:2]:
            raise ValueError(f"the last sample has shape (window, channel) = {shape[:2]}, found {known.last.shape}")
        repeated = np.broadcast_to(known.last[:, :, None], shape)
        predictors["persistence"] = replace(predictors["median"], pred=repeated)
    return predictors


KIND = Kind(
    name="forecast",
    fit=fit,
    trivial=trivial,
    measures=measures(channels.r2, (*CONSTANTS, "persistence")),
    statistic=channels.statistic,
)
