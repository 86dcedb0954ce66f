"""Statistics of each channel in one streaming pass: the scaling, the profile, and what is not finite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import Scaling, ScalingKind, SecondsScaling
from polyhead.errors import InputError
from polyhead.signals.windows import Index, WindowSet

_CHUNK = 512  # windows at a time
_VALUES = 2**24  # that are held at a time (64 MB), where windows are long
_MEDIAN_WINDOWS = 2048  # medians are of this many evenly spaced windows


@dataclass(frozen=True)
class ChannelStatistics:
    """Per channel of one input over some windows, each array (channel,) float64; `non_finite` counts samples.

    What is not finite counts in nothing else; a channel without a finite sample has only NaN."""

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    median: NDArray[np.float64]
    non_finite: NDArray[np.int64]

    def as_dict(self, channels: tuple[str, ...]) -> dict[str, dict[str, float | int]]:
        """{channel: {mean, sd, min, max, median, non_finite}}."""
        fields = ("mean", "sd", "min", "max", "median", "non_finite")
        return {name: {f: getattr(self, f)[i].item() for f in fields} for i, name in enumerate(channels)}


@dataclass(frozen=True)
class ChannelScaling:
    """Scaled = (physical - offset) / scale, per channel; both (channel,) float64, or (recording, channel) where each
    recording has its own."""

    kind: ScalingKind
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]


def chunks(index: Index, size: int = _CHUNK) -> Iterator[Index]:
    """`index` in pieces."""
    for first in range(0, len(index), size):
        yield index[first : first + size]


def channel_statistics(windows: WindowSet, index: Index) -> dict[str, ChannelStatistics]:
    """Statistics of every input over the windows at `index`, never holding more than a chunk of them."""
    sums: dict[str, _Sums] = {name: _Sums(len(array.channels)) for name, array in windows.inputs.items()}
    for chunk in chunks(index, _affordable(windows, _CHUNK)):
        batch = windows.fetch(chunk)
        for name, values in batch.inputs.items():
            sums[name].add(values, batch.present)
    count = min(len(index), _affordable(windows, _MEDIAN_WINDOWS))
    sample = index[np.unique(np.linspace(0, len(index) - 1, count).astype(int))]
    batch = windows.fetch(sample)
    medians = {name: _median(values, batch.present) for name, values in batch.inputs.items()}
    return {name: total.finish(medians[name]) for name, total in sums.items()}


def _affordable(windows: WindowSet, most: int) -> int:
    """As many windows as fit into `_VALUES`, but no more than `most`."""
    size = sum(len(array.channels) for array in windows.inputs.values()) * max(windows.length + windows.horizon, 1)
    return max(1, min(most, _VALUES // size))


def _known(values: NDArray[np.float32], present: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Which samples of (window, channel, time) are real; those of (window, feature) all are."""
    if present is None or values.ndim != 3:
        return np.ones(values.shape, bool)
    return np.broadcast_to(present[:, None], values.shape)


def _by_channel(values: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)


def _median(values: NDArray[np.float32], present: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    used = _by_channel(_known(values, present) & np.isfinite(values))
    finite = [row[use].astype(np.float64) for row, use in zip(_by_channel(values), used, strict=True)]
    return np.array([np.median(row) if len(row) else np.nan for row in finite])


class _Sums:
    """Running count, mean and sum of squares (Chan, Golub and LeVeque 1979), so that large offsets lose no digits."""

    def __init__(self, channels: int) -> None:
        self.count = np.zeros(channels)
        self.mean = np.zeros(channels)
        self.square = np.zeros(channels)
        self.low = np.full(channels, np.inf)
        self.high = np.full(channels, -np.inf)
        self.non_finite = np.zeros(channels, np.int64)

    def add(self, values: NDArray[np.float32], present: NDArray[np.bool_] | None) -> None:
        flat, known = _by_channel(values), _by_channel(_known(values, present))
        finite = np.isfinite(flat) & known
        self.non_finite += (known & ~finite).sum(axis=1)
        self.low = np.minimum(self.low, np.where(finite, flat, np.inf).min(axis=1))
        self.high = np.maximum(self.high, np.where(finite, flat, -np.inf).max(axis=1))
        count = finite.sum(axis=1)
        used = np.where(finite, flat, 0.0).astype(np.float64)
        mean = used.sum(axis=1) / np.maximum(count, 1)
        square = (np.where(finite, used - mean[:, None], 0.0) ** 2).sum(axis=1)
        total = np.maximum(self.count + count, 1)
        shift = mean - self.mean
        self.square += square + shift**2 * self.count * count / total
        self.mean += shift * count / total
        self.count += count

    def finish(self, median: NDArray[np.float64]) -> ChannelStatistics:
        sd = np.sqrt(self.square / np.maximum(self.count, 1))
        mean, sd, low, high = (np.where(self.count > 0, one, np.nan) for one in (self.mean, sd, self.low, self.high))
        return ChannelStatistics(mean, sd, low, high, median, self.non_finite)


def fit_scaling(statistics: ChannelStatistics, kind: Scaling) -> ChannelScaling:
    """The scaling of one input from its training statistics. A constant channel is only shifted, an empty one kept."""
    if isinstance(kind, SecondsScaling):
        return ChannelScaling("seconds", np.zeros_like(statistics.mean), np.full_like(statistics.mean, kind.seconds))
    if kind in ("none", "seconds"):
        return ChannelScaling(kind, np.zeros_like(statistics.mean), np.ones_like(statistics.mean))
    if kind == "minmax":
        offset, scale = statistics.min, statistics.max - statistics.min
    else:
        offset, scale = statistics.mean, statistics.sd
    varies = scale > 1e-12 * np.maximum(np.abs(offset), 1e-300)
    return ChannelScaling(kind, np.nan_to_num(offset), np.where(varies, scale, 1.0))


def scale_recordings(windows: WindowSet, name: str) -> ChannelScaling:
    """Mean and standard deviation of each recording's own windows, of one input: what erases amplitude."""
    shape = (len(windows.recordings), len(windows.inputs[name].channels))
    count, total, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for second in (False, True):  # the mean first: squares about it lose no digits
        mean = total / np.maximum(count, 1)
        for chunk in chunks(np.arange(len(windows)), _affordable(windows, _CHUNK)):
            batch, recording = windows.fetch(chunk), windows.recording[chunk]
            used = _known(batch.inputs[name], batch.present) & np.isfinite(batch.inputs[name])
            values = batch.inputs[name].astype(np.float64)
            if second:
                centred = np.where(used, values - mean[recording][:, :, None], 0.0)
                np.add.at(square, recording, (centred**2).sum(axis=2))
            else:
                np.add.at(count, recording, used.sum(axis=2))
                np.add.at(total, recording, np.where(used, values, 0.0).sum(axis=2))
    sd = np.sqrt(square / np.maximum(count, 1))
    return ChannelScaling("per_recording", mean, np.where(sd > 1e-12 * np.maximum(np.abs(mean), 1e-300), sd, 1.0))


def refuse_non_finite(windows: WindowSet) -> None:
    """Raise InputError naming the first channel and recording that hold NaN or Inf, in windows or what follows them."""
    for chunk in chunks(np.arange(len(windows)), _affordable(windows, _CHUNK)):
        batch = windows.fetch(chunk)
        for name, values in (*batch.inputs.items(), *batch.futures.items()):
            bad = ~np.isfinite(values)
            if bad.any():
                window, channel = (int(axis[0]) for axis in np.nonzero(bad)[:2])
                raise InputError(
                    f"{int(bad[window, channel].sum())} NaN or Inf in input {name!r}, channel"
                    f" {windows.inputs[name].channels[channel]!r},"
                    f" recording {windows.recordings[windows.recording[chunk[window]]]!r}",
                    where="data",
                    do="repair the recording, or write `data.non_finite: mask`",
                    check="non-finite",
                )
