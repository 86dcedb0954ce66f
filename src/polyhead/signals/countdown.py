"""Countdowns: how many samples later a span starts, at each sample of a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Array = NDArray[np.float64]


def countdown(starts: Index, samples: int, clip: int | None) -> NDArray[np.int64]:
    """Samples until `starts` (window,), at each sample: (window, sample), within plus and minus `clip`."""
    left = starts[:, None] - np.arange(samples)
    return left if clip is None else np.clip(left, -clip, clip)


@dataclass(frozen=True)
class Countdowns:
    """The countdowns of windows of `samples` whose spans start at `start` (window,), counted without being laid out: a
    million windows of a hundred samples have a hundred million numbers."""

    start: Index
    samples: int
    clip: int | None

    def take(self, index: Index | NDArray[np.bool_]) -> Countdowns:
        """Those of some windows."""
        return Countdowns(self.start[index], self.samples, self.clip)

    def tally(self, weights: Array | None = None) -> tuple[Array, Array]:
        """The distinct numbers of all samples (value,), ascending, and how often each stands (value,), or the sum of
        the `weights` (window,) of the windows that it stands in."""
        values, at = np.unique(self._clipped, return_inverse=True)
        there = np.bincount(at, self._standing(None), len(values)) > 0
        mass: Array = np.bincount(at, self._standing(weights), len(values)).astype(np.float64)
        return values[there], mass[there]

    @property
    def means(self) -> Array:
        """The mean number of each window (window,)."""
        return self._of_windows(self._clipped)

    @property
    def squares(self) -> Array:
        """The mean square of each window's numbers (window,)."""
        return self._of_windows(self._clipped**2)

    def having(self, value: float) -> NDArray[np.bool_]:
        """Windows (window,) in which the number stands."""
        numbers = self._numbers[self._clipped == value]  # a stretch
        if not len(numbers):
            return np.zeros(len(self.start), bool)
        first: NDArray[np.bool_] = self.start >= numbers[0]
        late: NDArray[np.bool_] = self.start - self.samples < numbers[-1]
        return first & late

    @cached_property
    def _numbers(self) -> Index:
        """Every number that there can be, before clipping."""
        return np.arange(1 - self.samples, self.samples)

    @cached_property
    def _clipped(self) -> Array:
        numbers = self._numbers if self.clip is None else np.clip(self._numbers, -self.clip, self.clip)
        return numbers.astype(np.float64)

    def _standing(self, weights: Array | None) -> Array:
        """How often each of the numbers stands: once in every window that starts at its sample or less than a window
        later, so that a number below 0 stands in those that start early."""
        below = np.concatenate([[0.0], np.cumsum(np.bincount(self.start, weights, self.samples))])
        last = np.minimum(self._numbers + self.samples, self.samples)
        return np.asarray(below[last] - below[np.maximum(self._numbers, 0)])

    def _of_windows(self, each: Array) -> Array:
        """The mean of what `each` number is, over the numbers of each window."""
        below = np.concatenate([[0.0], np.cumsum(each)])
        return np.asarray((below[self.start + self.samples] - below[self.start]) / self.samples)
