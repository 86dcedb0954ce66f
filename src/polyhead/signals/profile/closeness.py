"""Whether judged windows were seen in training: equal ones, and how near the nearest is."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.profile.samples import CHANNELS, evenly, fetched, looked_at, real, width
from polyhead.signals.windows import Batch, Index, WindowSet

_VALUES = 2**26  # of samples that equal windows are looked for in; where there are more, in windows evenly spaced
_SEEN = 2048  # training windows that distances are taken to
_ASKED = 512  # windows that distances are taken from
_BANDS = 16  # of a spectrum
_LEAST = 2 * _BANDS  # samples, below which the samples themselves are compared
_CHANNELS = 4


def duplicates(windows: WindowSet, train: Index, others: Index, clocks: Collection[str] = ()) -> int:
    """How many windows at `others` equal one of `train`, in all inputs with a time axis but `clocks`, or in all inputs
    where none has one. Windows in which nothing moves do not count: they are equal without being copies."""
    names = [name for name in windows.timed if name not in clocks] or [n for n in windows.inputs if n not in clocks]
    most = max(2, _VALUES // width(windows))
    share = min(1.0, most / max(1, len(train) + len(others)))
    seen = np.sort(_hashes(windows, evenly(train, int(share * len(train))), names))
    found = _hashes(windows, evenly(others, int(share * len(others))), names)
    place = np.searchsorted(seen, found)
    return int(np.count_nonzero((found != 0) & (seen[np.minimum(place, len(seen) - 1)] == found)))


def _hashes(windows: WindowSet, index: Index, names: Collection[str]) -> NDArray[np.uint64]:
    """A hash of 64 bits of each window (window,), 0 where nothing moves: a sum of its values' bits, each times an odd
    number of its own, modulo 2^64."""
    found = np.zeros(len(index), np.uint64)
    rng = np.random.default_rng(0)
    factors: dict[str, NDArray[np.uint64]] = {}
    for at, chunk, batch in fetched(windows, index):
        code, moves = np.zeros(len(chunk), np.uint64), np.zeros(len(chunk), bool)
        for name in names:
            values = batch.inputs[name]
            still = values.ndim == 3 and (values[..., 1:] == values[..., :-1]).all(axis=(1, 2))
            moves |= ~np.asarray(still)
            bits = np.ascontiguousarray(values).reshape(len(chunk), -1).view(np.uint32)
            if name not in factors:
                factors[name] = rng.integers(0, 2**63, bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            code += np.einsum("wv,v->w", bits, factors[name], dtype=np.uint64, casting="unsafe")
        found[at] = np.where(moves, code, np.uint64(0))
    return found


def nearest(windows: WindowSet, train: Index, others: Index) -> tuple[float | None, float | None, int]:
    """(median distance from a window at `others` to the nearest of `train`, the same from one of `train` to the nearest
    of another recording, windows compared), on spectra in bands, level and mean of at most four channels, each in
    units of its standard deviation over training."""
    if not windows.timed or not len(train) or not len(others):
        return None, None, 0
    seen, asked = looked_at(windows, train, _SEEN), looked_at(windows, others, _ASKED)
    known, new = _features(windows, seen), _features(windows, asked)
    some = np.isfinite(known).any(axis=0)
    known, new = known[:, some], new[:, some]
    centre, sd = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    moves = sd > 1e-9 * np.abs(centre)
    if not moves.any():
        return None, None, 0
    # a window in which a channel does not move is no nearer and no farther by it
    known, new = (np.nan_to_num((one[:, moves] - centre[moves]) / sd[moves]) for one in (known, new))
    pick = evenly(np.arange(len(seen)), _ASKED)
    same = windows.recording[seen[pick]][:, None] == windows.recording[seen][None]
    within = _least(known[pick], known, same)
    return _median(_least(new, known, None)), _median(within), len(new) + len(pick)


def _least(a: NDArray[np.float64], b: NDArray[np.float64], barred: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Distance of each of `a` to the nearest of `b` that is not barred (a, b); Inf where all are."""
    square: NDArray[np.float64] = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    if barred is not None:
        square[barred] = np.inf
    return np.asarray(np.sqrt(np.maximum(square.min(axis=1), 0.0)))


def _median(distance: NDArray[np.float64]) -> float | None:
    known = distance[np.isfinite(distance)]
    return float(np.median(known)) if len(known) else None


def _features(windows: WindowSet, index: Index) -> NDArray[np.float64]:
    parts = [_of_batch(windows, batch) for _, _, batch in fetched(windows, index)]
    return np.concatenate(parts)


def _of_batch(windows: WindowSet, batch: Batch) -> NDArray[np.float64]:
    columns: list[NDArray[np.float64]] = []
    for name in windows.timed:
        values = batch.inputs[name]
        used = real(values, batch.present)
        samples = np.where(used, values, np.float32(0))
        if samples.shape[2] < _LEAST:
            picked = evenly(np.arange(samples.shape[1]), CHANNELS)
            columns.append(samples[:, picked].reshape(len(samples), -1).astype(np.float64))
            continue
        samples = samples[:, evenly(np.arange(samples.shape[1]), _CHANNELS)].astype(np.float64)
        mean = samples.mean(axis=2)
        power = np.abs(np.fft.rfft(samples - mean[..., None])) ** 2
        edges = np.linspace(1, power.shape[2], _BANDS + 1).astype(np.int64)
        bands = np.add.reduceat(power, edges[:-1], axis=2)
        total = bands.sum(axis=2, keepdims=True)
        total[np.ptp(samples, axis=2) == 0] = np.nan
        columns += [np.log(bands + 1e-12 * total).reshape(len(samples), -1), mean, np.log(total[..., 0])]
    return np.concatenate(columns, axis=1)
