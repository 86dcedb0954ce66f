"""How windows were shared out: what training and the judged splits have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.signals.profile.closeness import duplicates, nearest
from polyhead.signals.profile.parts import SplitProfile, WindowsProfile
from polyhead.signals.profile.stretches import lengths
from polyhead.signals.split import Split, judged, make_split
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet


def windows_profile(experiment: Experiment, windows: WindowSet) -> WindowsProfile:
    """Lengths and numbers. Where rows are selected, recordings without a window are not counted as too short."""
    window, some = experiment.data.window, windows.length > 0
    lost = len(windows.recordings) - _recordings(windows, slice(None))
    short = window is not None and window.short == "drop" and not experiment.data.select
    return WindowsProfile(
        total=len(windows),
        length=windows.length,
        stride=windows.stride,
        horizon=windows.horizon,
        filled_up=0 if windows.filled is None else int(np.count_nonzero(windows.filled < windows.length)),
        left_out=lost if short else 0,
        longest=int(lengths(windows).max()) if some else None,
    )


def split_profile(
    experiment: Experiment, windows: WindowSet, split: Split, scaling: Mapping[str, ChannelScaling]
) -> SplitProfile:
    """Sizes, what stands on both sides, how near judged windows are, and whether splitting again gives the same."""
    test = np.concatenate([split[name] for name in split.names if name != "train"])
    clocks = [name for name, one in scaling.items() if one.kind == "seconds"]
    near, within, compared = nearest(windows, split["train"], test)
    return SplitProfile(
        by=split.by,
        seed=split.seed,
        windows={name: len(split[name]) for name in split.names},
        recordings={name: _recordings(windows, split[name]) for name in split.names},
        straddling=split.straddling,
        overlapping=overlapping(windows, split["train"], test),
        duplicates=duplicates(windows, split["train"], test, clocks),
        nearest=near,
        nearest_within=within,
        compared=compared,
        repeatable=_repeatable(experiment, windows, split),
    )


def _recordings(windows: WindowSet, index: Index | slice) -> int:
    held = np.zeros(len(windows.recordings), bool)
    held[windows.recording[index]] = True
    return int(np.count_nonzero(held))


def overlapping(windows: WindowSet, train: Index, others: Index) -> int:
    """How many of the windows at `others` share a sample with one of `train`, forecast ones included."""
    if not windows.length or not len(train) or not len(others):
        return 0
    filled = windows.length if windows.filled is None else windows.filled
    end = windows.start + filled + windows.horizon
    size = int(end.max()) + 1
    begins, ends = windows.row * size + windows.start, windows.row * size + end  # rows lie one after another
    order = np.argsort(begins[train], kind="stable")
    first, reach = begins[train][order], np.maximum.accumulate(ends[train][order])
    before = np.searchsorted(first, ends[others]) - 1  # the last training window that begins before the other ends
    return int(np.count_nonzero((before >= 0) & (reach[np.maximum(before, 0)] > begins[others])))


def _repeatable(experiment: Experiment, windows: WindowSet, split: Split) -> bool | None:
    try:
        again = judged(windows, make_split(windows, experiment.data.split, experiment.seed), experiment.data.window)
    except InputError:
        return None
    return all(np.array_equal(again.index[name], index) for name, index in split.index.items())
