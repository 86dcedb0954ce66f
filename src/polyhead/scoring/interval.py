"""How far a value could have come out otherwise with other recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.kind import Statistic

RESAMPLES = 500
LEVEL = 0.95
FEWEST_RECORDINGS = 8  # below, a percentile bootstrap covers far less than it says
TOLERATED_UNDEFINED = 0.10  # dropping more would leave the resamples that happen to look like this split

Interval = tuple[float, float]


def bootstrap(statistic: Statistic, recording: NDArray[np.int64], *, seed: int) -> tuple[Interval | None, str | None]:
    """A 95 % percentile bootstrap interval over recordings, or None and why.

    Windows of one recording are not independent, so whole recordings are drawn with replacement (Efron and
    Tibshirani 1993, chapter 8); `recording` (n,) names the recording of each window. A resample enters `statistic`
    as the number of times each window was drawn. Those where the metric is undefined are dropped.
    """
    names, index = np.unique(recording, return_inverse=True)
    if len(names) < FEWEST_RECORDINGS:
        return None, f"no interval: fewer than {FEWEST_RECORDINGS} recordings"
    values = [statistic(times[index]) for times in draws(len(names), seed=seed)]
    defined = [value for value in values if math.isfinite(value)]
    undefined = RESAMPLES - len(defined)
    if undefined > TOLERATED_UNDEFINED * RESAMPLES:
        return None, f"no interval: undefined in {undefined} of {RESAMPLES} resamples of the recordings"
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return (float(low), float(high)), None


def draws(recordings: int, *, seed: int) -> Iterator[NDArray[np.float64]]:
    """For each resample, how often each recording was drawn: (recordings,), summing to `recordings`."""
    rng = np.random.default_rng(seed)
    for _ in range(RESAMPLES):
        drawn = rng.integers(recordings, size=recordings)
        yield np.bincount(drawn, minlength=recordings).astype(np.float64)
