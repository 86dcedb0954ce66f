"""Windows over recordings, fetched a batch at a time from arrays that may be mapped from disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from polyhead.signals.source import InputArray
from polyhead.signals.target import Target

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Some windows: `inputs` by name, (batch, channel, time) or (batch, feature), and the `horizon` samples that
    follow each window, (batch, channel, horizon); both in physical units, float32, and free to be written to."""

    inputs: dict[str, NDArray[np.float32]]
    futures: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class WindowSet:
    """All windows of a data set.

    A window is `length` samples from `start` within `row` of the inputs that have a time axis (`row` is 0 for sampled
    tables), followed by `horizon` samples for forecasts; `length` is 0 where no input has a time axis. `at` is the
    row that holds a window's numbers known per row. `recording` indexes `recordings`; `columns` and `targets` have
    one entry per window.
    """

    inputs: dict[str, InputArray]
    targets: dict[str, Target]
    columns: dict[str, NDArray[Any]]
    recordings: tuple[str, ...]
    recording: Index
    row: Index
    start: Index
    at: Index
    length: int
    horizon: int
    stride: int
    sampled: bool
    sampling_hz: float | None

    def __len__(self) -> int:
        return len(self.at)

    @property
    def overlap(self) -> float:
        """Share of its samples that a window has in common with the next one."""
        return max(0.0, 1 - self.stride / self.length) if self.length else 0.0

    @cached_property
    def timed(self) -> tuple[str, ...]:
        """Inputs that have a time axis and go through the backbone."""
        return tuple(name for name, array in self.inputs.items() if self.sampled or array.values.ndim == 3)

    @cached_property
    def _views(self) -> dict[str, NDArray[Any]]:
        """Per timed input a view whose last axis is a window with its horizon; nothing is copied."""
        span = self.length + self.horizon
        views: dict[str, NDArray[Any]] = {}
        for name in self.timed:
            values = self.inputs[name].values
            whole = not self.sampled and values.shape[2] == span
            views[name] = values if whole else sliding_window_view(values, span, axis=0 if self.sampled else 2)
        return views

    def fetch(self, index: Index) -> Batch:
        """The windows at `index`, in that order."""
        inputs: dict[str, NDArray[np.float32]] = {}
        futures: dict[str, NDArray[np.float32]] = {}
        for name, array in self.inputs.items():
            if name not in self.timed:
                inputs[name] = _single(array.values[self.at[index]])
                continue
            span = self._span(name, index)
            inputs[name] = span[..., : self.length]
            if self.horizon:
                futures[name] = span[..., self.length :]
        return Batch(inputs, futures)

    def _span(self, name: str, index: Index) -> NDArray[np.float32]:
        """Windows with their horizon (batch, channel, length + horizon): a fresh copy, whatever it was read from."""
        view = self._views[name]
        if self.sampled:
            span = view[self.start[index]]
        elif view.ndim == 3:
            span = view[self.row[index]]  # np.take would first copy a mapped array whole, as it is not aligned
        else:
            span = view[self.row[index], :, self.start[index]]
        return _single(span)


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    """As float32; what is too large for it becomes Inf, which is refused by name."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float32)
