"""By time: the past trains, the future is judged, and no sample stands on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.codes import dense
from polyhead.signals.split.sides import NAMES, NOWHERE
from polyhead.signals.windows import Index, WindowSet


def along_time(windows: WindowSet, fractions: NDArray[np.float64]) -> Index:
    """The side of each window (window,), NOWHERE for those that reach over a boundary.

    With time stamps the boundaries are two moments for all recordings. Without, each recording is cut along its
    samples; where each holds one window only, their order in the file is taken for time. Raises InputError for a split
    left empty.
    """
    drawn = _by_rank(windows, fractions) if windows.time is None else _by_stamp(windows.time, fractions)
    side = np.where(_within(windows, drawn), drawn, NOWHERE)
    for number in np.flatnonzero(fractions):
        if not (side == number).any():
            raise InputError(
                f"no window is left for {NAMES[number]} when recordings are cut along time",
                where="data.split",
                do="give it a larger fraction, cut shorter windows, or split by group",
            )
    return side


def _by_stamp(time: NDArray[np.float64], fractions: NDArray[np.float64]) -> Index:
    if not np.isfinite(time).all():
        raise InputError(f"{np.count_nonzero(~np.isfinite(time))} windows have no time", where="data.time")
    edges = np.round(np.cumsum(fractions)[:-1] * len(time)).astype(int)
    moments = np.append(np.sort(time), np.inf)[edges]  # windows of one moment stay together, in the later split
    return np.searchsorted(moments, time, side="right").astype(np.int64)


def _by_rank(windows: WindowSet, fractions: NDArray[np.float64]) -> Index:
    recording, recordings = dense(windows.recording)
    if recordings == len(windows):
        recording = np.zeros_like(recording)
    order = np.lexsort((windows.start, windows.row, recording))
    count = np.bincount(recording)
    rank = np.empty(len(windows), np.int64)
    rank[order] = np.arange(len(windows)) - np.repeat(np.cumsum(count) - count, count)
    edges = np.round(np.cumsum(fractions)[:-1, None] * count).astype(int)  # (boundary, recording)
    return np.asarray((rank >= edges[:, recording]).sum(axis=0))


def _within(windows: WindowSet, side: Index) -> NDArray[np.bool_]:
    """True for windows whose samples, forecast ones included, lie on their own side.

    The boundary in a stretch of signal stands behind the last sample of the last window before it.
    """
    filled = windows.length if windows.filled is None else windows.filled
    stretch, stretches = dense(windows.recording * (int(windows.row.max()) + 1) + windows.row)
    end = windows.start + filled
    within = np.ones(len(side), bool)
    for later in range(1, int(side.max()) + 1):
        before = side < later
        boundary = np.full(stretches, np.iinfo(np.int64).min)
        np.maximum.at(boundary, stretch[before], end[before])
        both = np.zeros(stretches, bool)
        both[stretch[~before]] = True
        both &= boundary > np.iinfo(np.int64).min
        reaches = np.where(before, end + windows.horizon > boundary[stretch], windows.start < boundary[stretch])
        within &= ~(reaches & both[stretch])
    return within
