"""Scoring of hidden samples, beside constants of training and a straight line between the samples in sight."""

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
    """Constants of each channel over all windows and samples of training (n, channel, time), hidden or not."""
    return channels.fit_channels("masked", truth)


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Training mean, training median and, where it is at hand, linear interpolation between the nearest samples that
    are not hidden."""
    predictors = residuals.constants(known, reference)
    if known.between is not None:
        if known.between.shape != known.truth.shape:
            shapes = f"expected {known.truth.shape}, found {known.between.shape}"
            raise ValueError(f"the interpolation has one number for each of the truth, {shapes}")
        predictors["interpolation"] = replace(predictors["median"], pred=known.between)
    return predictors


KIND = Kind(
    name="masked",
    fit=fit,
    trivial=trivial,
    measures=measures(channels.r2, (*CONSTANTS, "interpolation")),
    statistic=channels.statistic,
)
