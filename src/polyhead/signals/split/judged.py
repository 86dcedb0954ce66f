"""Judged windows: all of a split, or the last one of each recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyhead.config.data import WindowOptions
from polyhead.signals.split.sides import NAMES, Split
from polyhead.signals.windows import Index, WindowSet


def judged(windows: WindowSet, split: Split, options: WindowOptions | None) -> Split:
    """The split with only those windows that `options.evaluate` asks for; the others count as left out."""
    if options is None or all(options.judged(name) == "all" for name in NAMES):
        return split
    index = {
        name: last_windows(windows, one) if options.judged(name) == "last" else one for name, one in split.index.items()
    }
    dropped = sum(len(split[name]) - len(index[name]) for name in NAMES)
    return replace(split, index=index, left_out=split.left_out + dropped)


def last_windows(windows: WindowSet, index: Index) -> Index:
    """Of the windows at `index` the last of each recording, ascending: by time where that is known, else by row and
    start."""
    row, start = windows.row[index], windows.start[index]
    keys = (start, row) if windows.time is None else (start, row, windows.time[index])
    recording = windows.recording[index]
    order = np.lexsort((*keys, recording))
    last = np.append(np.diff(recording[order]) != 0, True)[: len(index)]
    return np.sort(index[order[last]])
