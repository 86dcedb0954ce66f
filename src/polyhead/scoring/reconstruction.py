"""Scoring of reconstructions: the window itself, beside the mean or median of each channel in training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import channels, residuals
from polyhead.scoring.kind import Kind
from polyhead.scoring.numeric import CONSTANTS, measures
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Constants of each channel over all windows and times of known training labels (n, channel, time)."""
    return channels.fit_channels("reconstruction", truth)


KIND = Kind(
    name="reconstruction",
    fit=fit,
    trivial=residuals.constants,
    measures=measures(channels.r2, CONSTANTS),
    statistic=channels.statistic,
)
