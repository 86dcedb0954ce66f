"""The range of every channel in every split, and what scales it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.signals.profile.parts import QUANTILES, Channel, ChannelRange, InputProfile
from polyhead.signals.profile.samples import evenly, fetched, looked_at, real
from polyhead.signals.profile.targets import quantiles
from polyhead.signals.split import Split
from polyhead.signals.statistics import ChannelScaling, ChannelStatistics, fit_scaling
from polyhead.signals.windows import Index, WindowSet

_CHANNELS = 64  # of each input that are told of, evenly spaced
_KEPT = 2**21  # values of all channels of an input that quantiles are taken of
_LEAST = 2**12  # of one channel
_DIGITS = 7

Statistics = Mapping[str, Mapping[str, ChannelStatistics]]


def input_profiles(
    data: DataOptions,
    windows: WindowSet,
    split: Split,
    statistics: Statistics,
    scaling: Mapping[str, ChannelScaling],
) -> dict[str, InputProfile]:
    """Every input; moments are of all windows, the rest of those looked at."""
    chosen = {name: evenly(np.arange(len(one.channels)), _CHANNELS) for name, one in windows.inputs.items()}
    looks = {side: _Look(windows, chosen).over(looked_at(windows, split[side])) for side in split.names}
    found: dict[str, InputProfile] = {}
    for name, array in windows.inputs.items():
        one = scaling[name]
        own = one.offset.ndim == 2  # each recording has its own
        every = (
            None if own else fit_scaling(_pooled(windows, split, statistics, name), data.scaling.get(name, "standard"))
        )
        channels: dict[str, Channel] = {}
        for place, number in enumerate(chosen[name].tolist()):
            ranges = {
                side: looks[side].told(name, place, _share(windows, split, side, name), statistics[side][name], number)
                for side in split.names
            }
            channels[array.channels[number]] = Channel(
                ranges,
                None if own else float(one.offset[number]),
                None if own else float(one.scale[number]),
                None if every is None else float(every.offset[number]),
                None if every is None else float(every.scale[number]),
            )
        found[name] = InputProfile(name in windows.timed, array.unit, one.kind, channels)
    return found


def _share(windows: WindowSet, split: Split, side: str, name: str) -> float:
    """Samples of one channel of a split, which are those that statistics were taken of."""
    index = split[side]
    if name not in windows.timed:
        return len(index)
    return len(index) * windows.length if windows.filled is None else int(windows.filled[index].sum())


def _pooled(windows: WindowSet, split: Split, statistics: Statistics, name: str) -> ChannelStatistics:
    """Statistics of the windows of all splits together, from those of each."""
    parts = [statistics[side][name] for side in split.names]
    count = np.stack([_share(windows, split, side, name) - statistics[side][name].non_finite for side in split.names])
    total = np.maximum(count.sum(axis=0), 1)
    means = np.nan_to_num(np.stack([one.mean for one in parts]))
    squares = np.nan_to_num(np.stack([one.sd for one in parts])) ** 2
    mean = (count * means).sum(axis=0) / total
    sd = np.sqrt((count * (squares + (means - mean) ** 2)).sum(axis=0) / total)
    low = np.fmin.reduce([one.min for one in parts])
    high = np.fmax.reduce([one.max for one in parts])
    lost = np.stack([one.non_finite for one in parts]).sum(axis=0)
    return ChannelStatistics(mean, sd, low, high, mean, lost)


class _Tally:
    """What is counted of the chosen channels of one input, each array (channel,)."""

    def __init__(self, channels: int) -> None:
        self.low, self.high = np.full(channels, np.inf), np.full(channels, -np.inf)
        self.at_low, self.at_high = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        self.count, self.still = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        self.windows = 0
        self.kept: list[NDArray[np.float32]] = []

    def add(self, values: NDArray[np.float32], used: NDArray[np.bool_]) -> None:
        low = np.where(used, values, np.inf).min(axis=2, initial=np.inf)
        high = np.where(used, values, -np.inf).max(axis=2, initial=-np.inf)
        self.still += ((low == high) & (used.sum(axis=2) > 1)).sum(axis=0)
        lowest, highest = low.min(axis=0, initial=np.inf), high.max(axis=0, initial=-np.inf)
        here = ((values == lowest[:, None]) & used).sum(axis=(0, 2))
        there = ((values == highest[:, None]) & used).sum(axis=(0, 2))
        self.at_low = np.where(lowest < self.low, here, self.at_low + np.where(lowest == self.low, here, 0))
        self.at_high = np.where(highest > self.high, there, self.at_high + np.where(highest == self.high, there, 0))
        self.low, self.high = np.minimum(self.low, lowest), np.maximum(self.high, highest)
        self.count += used.sum(axis=(0, 2))
        self.windows += len(values)


class _Look:
    """One pass over some windows of a split."""

    def __init__(self, windows: WindowSet, chosen: Mapping[str, Index]) -> None:
        self._windows, self._chosen = windows, chosen
        self._tallies = {name: _Tally(len(numbers)) for name, numbers in chosen.items()}
        self._rng = np.random.default_rng(0)  # which samples quantiles are of

    def over(self, index: Index) -> _Look:
        """Look at these windows."""
        for _, _chunk, batch in fetched(self._windows, index):
            for name, numbers in self._chosen.items():
                values = batch.inputs[name][:, numbers]
                values = values[..., None] if values.ndim == 2 else values
                used = real(values, batch.present if name in self._windows.timed else None)
                tally = self._tallies[name]
                tally.add(values, used)
                tally.kept.append(self._drawn(np.where(used, values, np.nan), len(index)))
        return self

    def _drawn(self, values: NDArray[np.float32], windows: int) -> NDArray[np.float32]:
        """Some samples of (window, channel, time) as (channel, sample), so that all windows together give enough."""
        flat = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        wanted = max(_LEAST, _KEPT // max(1, values.shape[1]))
        most = -(-wanted * len(values) // windows)
        if flat.shape[1] <= most:
            return flat
        return flat[:, self._rng.integers(0, flat.shape[1], most)]

    def told(self, name: str, place: int, total: float, whole: ChannelStatistics, number: int) -> ChannelRange:
        """The range of the chosen channel at `place`, channel `number` of all, of which a split has `total` samples."""
        tally = self._tallies[name]
        kept = np.concatenate([each[place] for each in tally.kept])
        kept = kept[~np.isnan(kept)]
        count = max(int(tally.count[place]), 1)
        found = {}
        if len(kept):
            ends = {"0": float(whole.min[number]), "1": float(whole.max[number])}
            found = {key: float(f"{value:.{_DIGITS}g}") for key, value in (quantiles(kept) | ends).items()}
        return ChannelRange(
            mean=_finite(whole.mean[number]),
            sd=_finite(whole.sd[number]),
            quantiles={key: found[key] for key in QUANTILES if key in found},
            at_min=float(tally.at_low[place] / count),
            at_max=float(tally.at_high[place] / count),
            non_finite=float(whole.non_finite[number] / max(total, 1)),
            still=float(tally.still[place] / max(tally.windows, 1)),
        )


def _finite(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
