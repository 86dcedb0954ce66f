"""Simple numbers of a window: what a label may be read from without looking at the signal's shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = 8  # samples, below which a spectrum says nothing


def simple(values: NDArray[np.float32], used: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Per window and channel (window, channel): `rms`, `mean`, `first` and `last` of the `used` samples of (window,
    channel, time); NaN where none is."""
    exact = np.where(used, values, 0.0).astype(np.float64)
    count = used.sum(axis=2)
    some = count > 0
    many = np.maximum(count, 1)
    ends = {"first": used.argmax(axis=2), "last": used.shape[2] - 1 - used[..., ::-1].argmax(axis=2)}
    found = {
        "rms": np.sqrt(np.einsum("wct,wct->wc", exact, exact) / many),
        "mean": exact.sum(axis=2) / many,
        **{name: np.take_along_axis(exact, at[..., None], axis=2)[..., 0] for name, at in ends.items()},
    }
    return {name: np.where(some, one, np.nan) for name, one in found.items()}


def least_step(values: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The least difference above 0 between two used samples (window, channel); NaN where all are equal."""
    ordered = np.sort(np.where(used, values, np.nan), axis=2)
    with np.errstate(invalid="ignore"):
        gap = np.diff(ordered, axis=2)
        gap = np.where(gap > 0, gap, np.inf).min(axis=2, initial=np.inf)
    return np.where(np.isfinite(gap), gap, np.nan).astype(np.float64)


def zeros(values: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of used samples that are exactly 0 (window, channel)."""
    return np.asarray(((values == 0) & used).sum(axis=2) / np.maximum(used.sum(axis=2), 1))


def centroid(values: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean frequency of the power spectrum without its mean, as a share of the sampling rate (window, channel); NaN
    where a sample is missing or nothing moves."""
    samples = values.shape[2]
    if samples < _LEAST:
        return np.full(values.shape[:2], np.nan)
    clean = np.where(used, values, 0.0).astype(np.float64)  # float32 has no room for squares of large units
    power = np.abs(np.fft.rfft(clean - clean.mean(axis=2, keepdims=True))) ** 2
    power[..., 0] = 0
    total = power.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = power @ np.fft.rfftfreq(samples) / total
    still = np.ptp(clean, axis=2) == 0
    return np.where(used.all(axis=2) & ~still, mean, np.nan)
