"""Units: what a split shares out whole, a recording, several of them, or a window."""

from __future__ import annotations

import numpy as np

from polyhead.errors import InputError
from polyhead.signals.codes import coded
from polyhead.signals.split.sides import NAMES, NOWHERE
from polyhead.signals.target import label_of
from polyhead.signals.windows import Index, WindowSet


def units_of(windows: WindowSet, by: str, allow_overlap: bool) -> Index:
    """The number of the unit that each window belongs to (window,). Raises InputError where units cut recordings, or
    where windows on their own share samples."""
    if by == "group":
        return windows.recording
    if by == "window":
        shared = _shared(windows)
        if shared > 0 and not allow_overlap:
            raise InputError(
                f"split by window, but windows and what they forecast share {shared:.0%} of their samples with the next"
                " one, so the same samples would train and test",
                where="data.split.by",
                do="write `by: group`, or `allow_overlap: true` to do it all the same",
                check="split-leakage",
            )
        return np.arange(len(windows))
    unit = coded(windows.columns[by])[1]
    _check_nested(windows, unit, by)
    return unit


def refuse_cut(windows: WindowSet, unit: Index, side: Index, by: str, where: str) -> None:
    """Raise InputError naming the first unit whose windows stand on more than one side."""
    stands = np.zeros((len(NAMES), int(unit.max()) + 1), bool)
    kept = side != NOWHERE
    stands[side[kept], unit[kept]] = True
    cut = np.flatnonzero(stands.sum(axis=0) > 1)
    if len(cut):
        first = int(np.argmax(unit == cut[0]))
        name = windows.recordings[windows.recording[first]] if by == "group" else label_of(windows.columns[by][first])
        on = " and ".join(NAMES[number] for number in np.flatnonzero(stands[:, cut[0]]))
        raise InputError(
            f"{'recording' if by == 'group' else by} {name!r} stands in {on}",
            where=where,
            do="give all its rows one split",
            check="split-leakage",
        )


def _shared(windows: WindowSet) -> float:
    """The largest share of its samples, forecast ones included, that a window has in common with the next one."""
    span = windows.length + windows.horizon
    order = np.lexsort((windows.start, windows.row))
    steps = np.diff(windows.start[order])[np.diff(windows.row[order]) == 0]
    return max(0.0, 1 - int(steps.min()) / span) if span and len(steps) else 0.0


def _check_nested(windows: WindowSet, unit: Index, by: str) -> None:
    of = np.zeros(len(windows.recordings), np.int64)
    of[windows.recording] = unit
    cut = np.flatnonzero(of[windows.recording] != unit)
    if not len(cut):
        return
    pairs = np.unique(np.stack([windows.recording, unit]), axis=1)
    counts = np.bincount(pairs[0])
    recording = windows.recordings[int(counts.argmax())]
    raise InputError(
        f"column {by!r} has {counts.max()} values within recording {recording!r}, so a split by it would cut"
        " recordings",
        where="data.split.by",
        check="split-leakage",
    )
