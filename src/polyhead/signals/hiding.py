"""Which samples of a window are hidden from the network, for it to fill in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.draws import Keys, mix, mixed, uniform
from polyhead.signals.windows import Index

_STREAM = 6  # of random numbers, beside those of augmentation
_FIXED = (0, -1)  # seed and epoch that no training has


@dataclass(frozen=True)
class Hiding:
    """`patches` stretches of `patch` samples, none on another, in windows of `length` samples: the same number in every
    window. Every way to place them is equally likely; a window's own draw, whatever batch it comes in."""

    length: int
    patch: int
    patches: int

    @classmethod
    def of_share(cls, length: int, share: float, patch: int) -> Hiding:
        """As near as whole patches come to `share` of the samples, at least one."""
        return cls(length, patch, max(1, int(share * length / patch + 0.5)))

    @property
    def samples(self) -> int:
        """Hidden samples of a window."""
        return self.patch * self.patches

    def drawn(self, index: Index, seed: int, epoch: int) -> Index:
        """The hidden samples (window, samples) of the windows at `index`, in order of time, in this `epoch` of training
        from 0: a function of (seed, epoch, window)."""
        slots = self.length - self.samples + self.patches  # a patch is one slot, and so is each sample in sight
        keys: Keys = mix(index.astype(np.uint64) + np.uint64(mixed(seed, _STREAM, epoch)))
        rank = uniform(np.add(keys[:, None], np.arange(slots, dtype=np.uint64), dtype=np.uint64))
        chosen = np.sort(np.argpartition(rank, self.patches - 1, axis=1)[:, : self.patches], axis=1)
        first = chosen + np.arange(self.patches) * (self.patch - 1)
        return (first[:, :, None] + np.arange(self.patch)).reshape(len(index), self.samples)

    def fixed(self, index: Index) -> Index:
        """The same for evaluation: a function of the window alone, so that runs of all seeds are judged alike."""
        return self.drawn(index, *_FIXED)

    def marks(self, at: Index) -> NDArray[np.bool_]:
        """(window, length), true at the hidden samples `at` (window, samples)."""
        marks = np.zeros((len(at), self.length), bool)
        np.put_along_axis(marks, at, True, axis=1)
        return marks


def interpolated(values: NDArray[np.float64], at: Index) -> NDArray[np.float64]:
    """What a straight line between the nearest samples in sight says of the samples `at` (window, samples) of `values`
    (window, channel, time); before the first and behind the last of those in sight, that sample."""
    windows, steps = len(values), np.arange(values.shape[2])
    seen = np.ones((windows, values.shape[2]), bool)
    np.put_along_axis(seen, at, False, axis=1)
    before = np.maximum.accumulate(np.where(seen, steps, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, steps, len(steps))[:, ::-1], axis=1)[:, ::-1]
    left, right = (np.take_along_axis(side, at, axis=1) for side in (before, after))
    left, right = np.where(left < 0, right, left), np.where(right == len(steps), left, right)
    share = np.where(left == right, 0.0, (at - left) / np.maximum(right - left, 1))[:, None]
    low, high = (np.take_along_axis(values, side[:, None], axis=2) for side in (left, right))
    return np.asarray(low + share * (high - low))
