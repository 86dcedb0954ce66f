"""The clock of the windows: their time steps as the data have them, and as the network gets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.signals.profile.parts import TimeProfile
from polyhead.signals.profile.samples import fetched, looked_at, scaled
from polyhead.signals.profile.targets import quantiles
from polyhead.signals.split import Split
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.timing import in_seconds
from polyhead.signals.windows import Index, WindowSet

_HELD = 2**20  # time stamps in memory at a time
_EQUAL = 3  # time stamps at a window's end, from which on they count as filled up
_WORDS: dict[str, Literal["stamp", "step", "rate"]] = {
    **dict.fromkeys(("time", "t", "time_s", "timestamp", "timestamps", "seconds"), "stamp"),
    **dict.fromkeys(("dt", "dt_s", "delta_t", "time_step"), "step"),
    **dict.fromkeys(("sampling_hz", "rate_hz"), "rate"),
}
_RATES = ("sampling_hz", "rate_hz")
"""Columns that hold a recording's own sampling rate, by name."""


@dataclass(frozen=True)
class Carrier:
    """A channel of an input that tells the network time stamps, time steps or the sampling rate."""

    input: str
    channel: int
    holds: Literal["stamp", "step", "rate"]


@dataclass(frozen=True)
class Steps:
    """Per window (window,): the `median` time step in seconds, the ratio of the 95 % to the 5 % quantile `within` it,
    whether some step is `zero`, the share of its samples that `tail` off in three or more equal time stamps, and what
    the network gets of the median step, `scaled` (NaN where it gets none). `start` is the first time stamp."""

    median: NDArray[np.float64]
    within: NDArray[np.float64]
    zero: NDArray[np.bool_]
    tail: NDArray[np.float64]
    scaled: NDArray[np.float64]
    start: NDArray[np.float64]


class Clock:
    """Tells the time steps of windows. `source` is None where nothing tells them."""

    def __init__(self, data: DataOptions, windows: WindowSet, scaling: dict[str, ChannelScaling]) -> None:
        self._windows, self._scaling = windows, scaling
        self._carriers = list(_carriers(data, windows))
        self.carrier = self._carriers[0] if self._carriers else None
        self._rate = _rate(data, windows)
        self.source: str | None = None
        if not windows.length:
            return
        stamped = self.carrier is not None and self.carrier.holds == "stamp"
        if windows.stamps is not None:
            self.source = "data.time"
        elif self.carrier is not None and (stamped or self._rate is None):
            self.source = self.carrier.input
        elif self._rate is not None:
            self.source = "sampling_hz"

    def steps(self, index: Index) -> Steps:
        """The time steps of some windows; NaN where nothing tells them."""
        many = len(index)
        nothing = np.full(many, np.nan)
        found = Steps(nothing, np.ones(many), np.zeros(many, bool), np.zeros(many), nothing.copy(), nothing.copy())
        carrier = self.carrier
        if self.source is None or not many:
            return found
        if self.source == "data.time" or (self.source != "sampling_hz" and carrier and carrier.holds == "stamp"):
            found = self._stamped(index)
        elif self.source == "sampling_hz" and self._rate is not None:
            found.median[:] = 1 / np.broadcast_to(self._rate, len(self._windows))[index]
        if carrier is not None:
            raw, got = self._carried(index, carrier)
            if self.source == carrier.input and carrier.holds != "stamp":
                found.median[:] = raw if carrier.holds == "step" else _inverse(raw)
            found.scaled[:] = got
        return found

    def spread_scaled(self, index: Index, steps: Steps) -> float | None:
        """The spread of the time steps that the network gets, by whichever of its inputs keeps most of it; None where
        no input carries time."""
        spreads = [_spread_scaled(steps, one) for one in self._carriers[:1]]
        for one in self._carriers[1:]:
            spreads.append(_spread_scaled(replace(steps, scaled=self._carried(index, one)[1]), one))
        return max(spreads, default=None)

    def scaling_of(self, name: str) -> str:
        """The kind of scaling of an input."""
        return self._scaling[name].kind

    def rates(self, index: Index) -> NDArray[np.float64]:
        """The sampling rate of some windows in Hz (window,); NaN where no column or reader tells one."""
        rate = np.nan if self._rate is None else self._rate
        return np.asarray(np.broadcast_to(rate, len(self._windows))[index], dtype=np.float64)

    def _stamped(self, index: Index) -> Steps:
        size = max(1, _HELD // self._windows.length)
        parts = [self._read(index[first : first + size]) for first in range(0, len(index), size)]
        return Steps(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def _read(self, index: Index) -> tuple[NDArray[Any], ...]:
        stamps, present = self._stamps(index)
        step = np.diff(stamps, axis=1)
        there = present[:, :-1] & np.isfinite(step)
        known = np.where(there, step, np.nan)
        median, within = _medians(known)
        zero = (there & (step == 0)).any(axis=1)
        moves = ~(there & (step == 0))[:, ::-1]
        equal = np.where(moves.any(axis=1), moves.argmax(axis=1), step.shape[1]) + 1
        tail = np.where(equal >= _EQUAL, equal / present.sum(axis=1), 0.0)
        start = stamps[np.arange(len(index)), present.argmax(axis=1)]
        return median, within, zero, np.minimum(tail, 1.0), np.full(len(index), np.nan), start

    def _stamps(self, index: Index) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Time stamps (window, sample) as the data hold them, float32 would blur them, and which samples are real."""
        windows = self._windows
        filled = np.full(len(index), windows.length) if windows.filled is None else windows.filled[index]
        step = np.arange(windows.length) - (windows.length - filled)[:, None]
        position = windows.start[index][:, None] + np.maximum(step, 0)
        if windows.stamps is not None:
            return windows.stamps[position].astype(np.float64), step >= 0
        assert self.carrier is not None
        array = windows.inputs[self.carrier.input]
        if windows.sampled or array.flat:
            return array.values[position, self.carrier.channel].astype(np.float64), step >= 0
        values = array.values[windows.row[index][:, None], self.carrier.channel, position]
        return values.astype(np.float64), step >= 0

    def _carried(self, index: Index, carrier: Carrier) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(median of what the input holds, of its steps where it holds time stamps; the same of what the network gets),
        each (window,)."""
        raw, got = np.full(len(index), np.nan), np.full(len(index), np.nan)
        name, channel = carrier.input, carrier.channel
        for at, chunk, batch in fetched(self._windows, index):
            values = batch.inputs[name]
            given = scaled(self._scaling[name], values, self._windows.recording[chunk])
            for found, each in ((raw, values), (got, given)):
                one = each[:, channel].astype(np.float64)
                if one.ndim == 1:
                    found[at] = one
                    continue
                if batch.present is not None:
                    one = np.where(batch.present, one, np.nan)
                found[at] = _medians(np.diff(one, axis=1) if carrier.holds == "stamp" else one)[0]
        return raw, got


def _medians(known: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(median, ratio of the 95 % to the 5 % quantile of what is above 0) of each row, whatever is NaN left out."""
    ordered = np.sort(known, axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(ordered))
    last = np.maximum(count - 1, 0)
    middle = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2
    above = np.minimum((ordered <= 0).sum(axis=1), last)
    spread = (last - above).astype(float)
    low = ordered[rows, above + np.round(0.05 * spread).astype(int)]
    high = ordered[rows, above + np.round(0.95 * spread).astype(int)]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(low > 0, high / low, 1.0)
    return np.where(count > 0, middle, np.nan), np.where(np.isfinite(ratio), ratio, 1.0)


def _carriers(data: DataOptions, windows: WindowSet) -> Iterator[Carrier]:
    """The channels that hold time: scaled in seconds, read from the key `data.time`, or called so."""
    seconds = [name for name in windows.inputs if in_seconds(data, name)]
    yield from (Carrier(name, 0, "stamp") for name in seconds)
    for name, array in windows.inputs.items():
        keys = data.inputs[name].names if name in data.inputs else []
        for number, channel in enumerate(array.channels):
            alone = len(array.channels) == 1
            key = keys[number] if len(keys) == len(array.channels) else None
            words = (channel, key or "", name if alone else "")
            holds = next((_WORDS[word.casefold()] for word in words if word.casefold() in _WORDS), None)
            if data.time is not None and key == data.time:
                holds = "stamp"
            if holds is not None and (name in windows.timed or holds != "stamp") and (number or name not in seconds):
                yield Carrier(name, number, holds)


def _rate(data: DataOptions, windows: WindowSet) -> NDArray[np.float64] | float | None:
    """The sampling rate, of each window (window,) where a column tells it."""
    named = [data.sampling_hz] if isinstance(data.sampling_hz, str) else []
    for key in (*named, *_RATES):
        column = windows.columns.get(key)
        if column is not None and column.ndim == 1 and column.dtype.kind in "fiu":
            return np.where(column > 0, column, np.nan).astype(np.float64)
    return windows.sampling_hz


def time_profile(clock: Clock, windows: WindowSet, split: Split) -> TimeProfile | None:
    """The clock over windows of every split; None where nothing tells time steps."""
    if clock.source is None:
        return None
    index = looked_at(windows, np.sort(np.concatenate([split[name] for name in split.names])))
    steps = clock.steps(index)
    known = steps.median[np.isfinite(steps.median)]
    if not len(known):
        return None
    carrier = clock.carrier
    tailed = steps.tail > 0
    return TimeProfile(
        source=clock.source,
        as_input=None if carrier is None else carrier.input,
        scaling=None if carrier is None else clock.scaling_of(carrier.input),
        spread=_spread(known),
        spread_scaled=clock.spread_scaled(index, steps),
        within=float(np.median(steps.within)),
        zero=float(np.mean(steps.zero)),
        tail=float(np.mean(tailed)),
        tail_length=float(steps.tail[tailed].mean()) if tailed.any() else 0.0,
        steps=quantiles(known),
    )


def _spread(steps: NDArray[np.float64]) -> float:
    """Ratio of the 95 % to the 5 % quantile of what is above 0, 1 where nothing is."""
    above = steps[np.isfinite(steps) & (steps > 0)]
    if not len(above):
        return 1.0
    low, high = np.quantile(above, [0.05, 0.95])
    return float(high / low)


def _inverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / values; NaN where those are not above 0."""
    return np.asarray(1 / np.where(values > 0, values, np.nan))


def _spread_scaled(steps: Steps, carrier: Carrier) -> float:
    """The spread of the time steps that the network gets. Time stamps give it themselves; numbers of another zero, time
    steps or rates, are first brought back to seconds or Hz by the best straight line."""
    if carrier.holds == "stamp":
        return _spread(steps.scaled)
    held = steps.median if carrier.holds == "step" else _inverse(steps.median)
    known = np.isfinite(held) & np.isfinite(steps.scaled)
    x, y = steps.scaled[known], held[known]
    if not len(x):
        return 1.0
    x = x - x.mean()
    slope = float(x @ (y - y.mean()) / (x @ x)) if x @ x > 1e-12 * len(x) else 0.0
    return _spread(y.mean() + slope * x)
