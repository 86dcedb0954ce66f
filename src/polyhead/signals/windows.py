"""Windows over recordings, fetched a batch at a time from arrays that may be mapped from disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from polyhead.signals.position import POSITION
from polyhead.signals.source import InputArray
from polyhead.signals.target import Target

Index = NDArray[np.int64]


class Numbered(Sequence[str]):
    """Names of `count` recordings that have none but their numbers: made when asked for, as there may be millions."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: SupportsIndex) -> str: ...

    @overload
    def __getitem__(self, number: slice) -> list[str]: ...

    def __getitem__(self, number: SupportsIndex | slice) -> str | list[str]:
        found = range(self._count)[number]
        return str(found) if isinstance(found, int) else list(map(str, found))


@dataclass(frozen=True)
class Batch:
    """Some windows: `inputs` by name, (batch, channel, time) or (batch, feature), and the `horizon` samples that
    follow each window, (batch, channel, horizon); both in physical units, float32, and free to be written to.
    `present` (batch, time) is true where a sample is real, None where all are; the others hold 0."""

    inputs: dict[str, NDArray[np.float32]]
    futures: dict[str, NDArray[np.float32]]
    present: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class WindowSet:
    """All windows of a data set.

    A window is `length` samples from `start` within `row` of the inputs that have a time axis (in flat inputs from the
    sample `start`), followed by `horizon` samples for forecasts; `length` is 0 where no input has a time axis.
    `earliest` and `latest` bound the starts within a window's stretch of signal. Where `filled` is given, only so many
    samples are real: they begin at `start` and stand at the end of the window. `at` is the row that holds a window's
    numbers known per row. `recording` indexes `recordings`; `columns` and `targets` have one entry per window, and
    `time` the time of each window's last sample, where that is known; `stamps` (sample,) are those of every sample of
    a table. The input `position`, where there is one, is made for each window: `positioned` says so.
    """

    inputs: dict[str, InputArray]
    targets: dict[str, Target]
    columns: dict[str, NDArray[Any]]
    recordings: Sequence[str]
    recording: Index
    row: Index
    start: Index
    at: Index
    length: int
    horizon: int
    stride: int
    sampled: bool
    sampling_hz: float | None
    earliest: Index | None = None
    latest: Index | None = None
    filled: Index | None = None
    time: NDArray[np.float64] | None = None
    stamps: NDArray[Any] | None = None
    positioned: bool = False

    def __len__(self) -> int:
        return len(self.at)

    @property
    def overlap(self) -> float:
        """Largest share of its samples that a window has in common with the next one."""
        steps = np.diff(self.start)[(np.diff(self.row) == 0) & (np.diff(self.recording) == 0)]
        return max(0.0, 1 - int(steps.min()) / self.length) if self.length and len(steps) else 0.0

    def times(self, index: Index, sample: NDArray[np.integer[Any]]) -> NDArray[np.float64] | None:
        """Time of each window's `sample` (window, k), counted from 0, or None where samples have none: (window, k).

        A sample that a window lacks at its front has the time of the first one that is there.
        """
        if self.stamps is None:
            return None
        missing = 0 if self.filled is None else (self.length - self.filled[index])[:, None]
        at = self.start[index][:, None] + np.maximum(sample - missing, 0)
        return np.asarray(self.stamps[at], dtype=np.float64)

    @cached_property
    def timed(self) -> tuple[str, ...]:
        """Inputs that have a time axis and go through the backbone."""
        return tuple(name for name, one in self.inputs.items() if self.sampled or one.flat or one.values.ndim == 3)

    @cached_property
    def _views(self) -> dict[str, NDArray[Any]]:
        """Per timed input a view whose last axis is a window with its horizon; nothing is copied."""
        span = self.length + self.horizon
        views: dict[str, NDArray[Any]] = {}
        for name in self.timed:
            if self.is_position(name):
                continue
            values, flat = self.inputs[name].values, self._flat(name)
            whole = not flat and values.shape[2] == span
            fits = values.shape[0 if flat else 2] >= span
            views[name] = values if whole or not fits else sliding_window_view(values, span, axis=0 if flat else 2)
        return views

    def is_position(self, name: str) -> bool:
        """Whether the input of this name is the place in the window, which no recording holds."""
        return self.positioned and name == POSITION

    def measured(self) -> WindowSet:
        """The same windows with what their recordings hold alone, without the place in the window."""
        if not self.positioned:
            return self
        inputs = {name: one for name, one in self.inputs.items() if name != POSITION}
        return replace(self, inputs=inputs, positioned=False)

    def _flat(self, name: str) -> bool:
        return self.sampled or self.inputs[name].flat

    def fetch(self, index: Index, shift: Index | None = None) -> Batch:
        """The windows at `index`, in that order; `shift` (batch,) moves each by so many samples, as far as its stretch
        of signal goes."""
        start = self.start[index]
        if shift is not None and self.earliest is not None and self.latest is not None:
            start = np.clip(start + shift, self.earliest[index], self.latest[index])
        filled = None if self.filled is None else self.filled[index]
        short = filled is not None and bool((filled < self.length).any())
        inputs: dict[str, NDArray[np.float32]] = {}
        futures: dict[str, NDArray[np.float32]] = {}
        for name, array in self.inputs.items():
            if name not in self.timed:
                inputs[name] = _single(array.values[self.at[index]])
                continue
            if self.is_position(name):
                inputs[name] = np.repeat(_single(array.values.reshape(1, 1, -1)), len(index), axis=0)
                continue
            span = self._masked(name, index, start, filled) if short and filled is not None else None
            span = self._span(name, index, start) if span is None else span
            inputs[name] = span[..., : self.length]
            if self.horizon:
                futures[name] = span[..., self.length :]
        return Batch(inputs, futures, _present(filled, self.length) if filled is not None else None)

    def _span(self, name: str, index: Index, start: Index) -> NDArray[np.float32]:
        """Windows with their horizon (batch, channel, length + horizon): a fresh copy, whatever it was read from."""
        view = self._views[name]
        if self._flat(name):
            span = view[start]
        elif view.ndim == 3:
            span = view[self.row[index]]  # np.take would first copy a mapped array whole, as it is not aligned
        else:
            span = view[self.row[index], :, start]
        return _single(span)

    def _masked(self, name: str, index: Index, start: Index, filled: Index) -> NDArray[np.float32]:
        """The same where windows lack samples at their front: 0 stands for those."""
        steps = np.arange(self.length + self.horizon) - (self.length - filled)[:, None]
        position = start[:, None] + np.maximum(steps, 0)
        values = self.inputs[name].values
        found = values[position] if self._flat(name) else values[self.row[index][:, None], :, position]
        span = np.moveaxis(_single(found), 2, 1)
        return np.where((steps >= 0)[:, None, :], span, np.float32(0))


def _present(filled: Index, length: int) -> NDArray[np.bool_]:
    return np.asarray(np.arange(length) >= (length - filled)[:, None])


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """As float32; what is too large for it becomes Inf, which is refused by name."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float32)
