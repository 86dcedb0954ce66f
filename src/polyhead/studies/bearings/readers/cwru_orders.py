"""CWRU's recordings as rows of envelope orders, one for each window of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.studies.bearings.representation import (
    HIGHEST_SHAFT_HZ,
    LEAST_SAMPLING_HZ,
    band_names,
    envelope_orders,
)

CHUNK = 64  # windows at a time: some 60 MB of spectra


def channel_names(sensors: Sequence[str]) -> tuple[str, ...]:
    """Sensor and band of each channel, in order."""
    return tuple(f"{sensor} {band}" for sensor in sensors for band in band_names())


def order_rows(
    signal: NDArray[np.floating], rpm: float, sampling_hz: float, window_s: float, stride_s: float, where: str
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Rows (window, sensor * band, bin) of `signal` (sensor, sample), and when each began, in s.

    Raises InputError, naming the file `where`, for signals that the orders cannot be told of.
    """
    _refuse(signal.shape[1], rpm, sampling_hz, window_s, where)
    length, stride = _samples(window_s, sampling_hz), _samples(stride_s, sampling_hz)
    starts = np.arange(0, signal.shape[1] - length + 1, stride)
    views = np.lib.stride_tricks.sliding_window_view(signal, length, axis=1)
    parts = []
    for first in range(0, len(starts), CHUNK):
        at = starts[first : first + CHUNK]
        speed = np.full(len(at), rpm / 60)
        parts.append(np.concatenate([envelope_orders(view[at], speed, sampling_hz) for view in views], axis=1))
    return np.concatenate(parts), starts / sampling_hz


def refuse_cut_again(data: DataOptions, window_s: float, stride_s: float) -> None:
    """Raise InputError for what `data` may ask of samples in time but not of rows that are windows already."""
    if data.window is not None:
        raise InputError(
            "rows of envelope_orders are windows already, their axis is the order",
            where="data.window",
            do="leave it out, and write window_s and stride_s under data",
        )
    if data.split.by == "window" and stride_s < window_s and not data.split.allow_overlap:
        raise InputError(
            f"split by window, but windows share {1 - stride_s / window_s:.0%} of their samples with the next one, so"
            " the same samples would train and test",
            where="data.split.by",
            do="write `by: group`, or `allow_overlap: true` to do it all the same",
            check="split-leakage",
        )


def _samples(seconds: float, sampling_hz: float) -> int:
    return max(1, round(seconds * sampling_hz))


def _refuse(samples: int, rpm: float, sampling_hz: float, window_s: float, where: str) -> None:
    if sampling_hz < LEAST_SAMPLING_HZ:
        raise InputError(
            f"is read at {sampling_hz:g} Hz; the bands of envelope_orders need {LEAST_SAMPLING_HZ:g} Hz",
            where=where,
            do=f"write rate_hz: {LEAST_SAMPLING_HZ:g}, or view: waveform",
        )
    if not 0 < rpm <= 60 * HIGHEST_SHAFT_HZ:
        raise InputError(
            f"turns at {rpm:g} rpm; envelope_orders hold speeds up to {60 * HIGHEST_SHAFT_HZ:.0f} rpm",
            where=where,
            do="write view: waveform",
        )
    if samples < _samples(window_s, sampling_hz):
        raise InputError(
            f"lasts {samples / sampling_hz:.3g} s, less than window_s {window_s:g}",
            where=where,
            do="take it out, or write a smaller window_s",
        )
