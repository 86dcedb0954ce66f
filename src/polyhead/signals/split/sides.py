"""Which windows stand on which side, and that none stands on two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyhead.errors import InputError
from polyhead.signals.windows import Index, WindowSet

NAMES = ("train", "val", "test")
NOWHERE = -1
"""The side of a window that is left out of all splits."""


@dataclass(frozen=True)
class Split:
    """Window indices per split, ascending. `straddling` counts recordings with windows on more than one side, and
    `left_out` the windows in no split."""

    index: dict[str, Index]
    by: str
    seed: int
    straddling: int
    left_out: int = 0

    def __getitem__(self, name: str) -> Index:
        return self.index[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The splits that hold windows."""
        return tuple(name for name in NAMES if len(self.index[name]))


def split_of(windows: WindowSet, side: Index, by: str, seed: int) -> Split:
    """The split that gives each window its `side` (window,), a number of `NAMES` or `NOWHERE`. Raises InputError where
    training or validation is empty."""
    index = {name: np.flatnonzero(side == number) for number, name in enumerate(NAMES)}
    split = Split(index, by, seed, _straddling(windows, side), int(np.count_nonzero(side == NOWHERE)))
    _verify(windows, split)
    return split


def _straddling(windows: WindowSet, side: Index) -> int:
    stands = np.zeros((len(NAMES) + 1, len(windows.recordings)), bool)
    stands[side, windows.recording] = True  # NOWHERE, -1, is the last row
    return int(np.count_nonzero(stands[: len(NAMES)].sum(axis=0) > 1))


def _verify(windows: WindowSet, split: Split) -> None:
    """No window twice, all of them but those left out, no split for training or validation empty, and no recording cut
    unless asked for by name."""
    times = np.zeros(len(windows), np.int8)
    for index in split.index.values():
        times[index] += 1
    if times.max(initial=0) > 1 or np.count_nonzero(times == 0) != split.left_out:
        raise AssertionError("a split must hold every window exactly once, or leave it out")
    for name in ("train", "val"):
        if not len(split[name]):
            raise InputError(f"no window is left for {name}", where="data.split")
    if split.straddling and split.by not in ("window", "time"):
        raise AssertionError(f"{split.straddling} recordings straddle the split")
