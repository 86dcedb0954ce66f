"""The place in the window as an input: 0 at its first sample, 1 at its last, never fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source

POSITION = "position"
"""Name of the input and of its one channel."""


def ramp(length: int) -> NDArray[np.float32]:
    """t / (length - 1) for each sample t of a window (length,)."""
    return np.linspace(0, 1, length, dtype=np.float32)


def with_position(data: DataOptions, source: Source, length: int) -> Source:
    """The source with the input `position`, (1, channel, sample) or where it is flat (sample, channel), that every
    window of `length` samples shares, where `data.window.position` asks for it. Raises InputError where it cannot."""
    if data.window is None or not data.window.position:
        return source
    where = "data.window.position"
    if POSITION in source.inputs:
        raise InputError(f"an input is called {POSITION!r} already", where=where, do="give it another name")
    if POSITION in data.scaling:
        raise InputError("the place in the window is not scaled", where=f"data.scaling.{POSITION}", do="leave it out")
    values = ramp(length)[:, None] if source.sampled else ramp(length)[None, None]
    return replace(source, inputs=source.inputs | {POSITION: InputArray(values, (POSITION,), flat=source.sampled)})
