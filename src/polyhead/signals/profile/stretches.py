"""How long the stretches of signal are that windows were cut from, as far as windows tell."""

from __future__ import annotations

import numpy as np

from polyhead.signals.windows import Index, WindowSet


def lengths(windows: WindowSet, index: Index | slice = slice(None)) -> Index:
    """Samples (window,) of the stretch that each of these windows lies in; at least those it has itself."""
    span = windows.length + windows.horizon
    start = windows.start[index]
    own = np.full(len(start), span) if windows.filled is None else windows.filled[index] + windows.horizon
    if windows.earliest is None or windows.latest is None:
        return own
    room = windows.latest[index] - windows.earliest[index]
    return np.maximum(np.where(room > 0, room + span, 0), own)
