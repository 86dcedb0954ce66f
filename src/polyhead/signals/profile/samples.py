"""Which windows and channels a profile looks at, and their samples a few windows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Batch, Index, WindowSet

WINDOWS = 2048
"""Windows of each split whose samples are looked at, evenly spaced."""
VALUES = 2**24
"""Sample values that one part of the profile reads of each split, at most: fewer windows where they are long."""
CHANNELS = 16
"""Channels of which facts are told, evenly spaced."""
_HELD = 2**21  # values in memory at a time


def evenly(index: Index, most: int) -> Index:
    """At most so many of `index`, evenly spaced, in order."""
    if len(index) <= most:
        return index
    return index[np.unique(np.linspace(0, len(index) - 1, max(most, 1)).round().astype(np.int64))]


def width(windows: WindowSet) -> int:
    """Values that fetching one window brings."""
    channels = sum(len(array.channels) for array in windows.inputs.values())
    return max(1, channels * max(windows.length + windows.horizon, 1))


def looked_at(windows: WindowSet, index: Index, most: int = WINDOWS, values: int = VALUES) -> Index:
    """Windows of `index`, evenly spaced: at most so many, with so many values in all."""
    return evenly(index, max(1, min(most, values // width(windows))))


def fetched(windows: WindowSet, index: Index) -> Iterator[tuple[slice, Index, Batch]]:
    """(place in `index`, windows, samples), as many windows at a time as memory should hold."""
    size = max(1, _HELD // width(windows))
    for first in range(0, len(index), size):
        chunk = index[first : first + size]
        yield slice(first, first + len(chunk)), chunk, windows.fetch(chunk)


def timed_channels(windows: WindowSet, most: int = CHANNELS) -> dict[str, list[int]]:
    """{input: channel numbers}, at most so many in all, evenly spaced over the inputs that have a time axis."""
    every = [(name, number) for name in windows.timed for number in range(len(windows.inputs[name].channels))]
    chosen = [every[place] for place in evenly(np.arange(len(every)), most).tolist()]
    return {name: [number for one, number in chosen if one == name] for name in windows.timed}


def real(values: NDArray[np.float32], present: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Which samples of (window, channel, time) are there and finite."""
    finite = np.isfinite(values)
    return finite if present is None else finite & present[:, None]


def scaled(scaling: ChannelScaling, values: NDArray[np.float32], recording: Index) -> NDArray[np.float32]:
    """What the network gets of `values`, (window, channel, time) or (window, feature), windows of these recordings."""
    offset, scale = scaling.offset.astype(np.float32), scaling.scale.astype(np.float32)
    if offset.ndim == 2:  # each recording has its own
        offset, scale = offset[recording], scale[recording]
    if values.ndim == 3:
        offset, scale = offset[..., None], scale[..., None]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((values - offset) / scale)
