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
    follow each window, (batch, channel, horizon); both in physical units, float32."""

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
                inputs[name] = np.ascontiguousarray(array.values[self.at[index]], dtype=np.float32)
                continue
            span = self._span(name, index)
            inputs[name] = np.ascontiguousarray(span[..., : self.length], dtype=np.float32)
            if self.horizon:
                futures[name] = np.ascontiguousarray(span[..., self.length :], dtype=np.float32)
        return Batch(inputs, futures)

    def _span(self, name: str, index: Index) -> NDArray[Any]:
        view = self._views[name]
        if self.sampled:
            return np.asarray(view[self.start[index]])
        if view.ndim == 3:
            return np.take(view, self.row[index], axis=0)
        return np.asarray(view[self.row[index], :, self.start[index]])
