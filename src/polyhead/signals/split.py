"""Splits: seeded, by recording, stratified from labels alone, verified and fingerprinted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import SplitOptions
from polyhead.errors import InputError
from polyhead.signals.target import classes_of, encode
from polyhead.signals.windows import Index, WindowSet

NAMES = ("train", "val", "test")
_MOST_CLASSES = 1000  # a table of units x classes is held; data sets of signals have a few dozen classes
_GIVEN = {"train": 0, "val": 1, "validation": 1, "test": 2}


@dataclass(frozen=True)
class Split:
    """Window indices per split, ascending. `straddling` counts recordings with windows on more than one side."""

    index: dict[str, Index]
    by: str
    seed: int
    straddling: int

    def __getitem__(self, name: str) -> Index:
        return self.index[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The splits that hold windows."""
        return tuple(name for name in NAMES if len(self.index[name]))


def make_split(windows: WindowSet, options: SplitOptions, seed: int) -> Split:
    """Share out the windows. Equal data, options and seed give equal splits. Raises InputError."""
    seed = seed if options.seed is None else options.seed
    if options.column is not None:
        side, by = _given(windows, options.column), options.column
    else:
        unit, by = _units(windows, options), options.by
        side = _drawn(windows, unit, options, np.random.default_rng(seed))[unit]
    index = {name: np.flatnonzero(side == number) for number, name in enumerate(NAMES)}
    split = Split(index, by, seed, _straddling(windows, side))
    _verify(windows, split)
    return split


def _given(windows: WindowSet, column: str) -> NDArray[np.int64]:
    words = windows.columns[column]
    strange = sorted({str(word) for word in np.unique(words)} - set(_GIVEN))
    if strange:
        raise InputError(
            f"column {column!r} holds {strange[0]!r}, expected train, val or test", where="data.split.column"
        )
    distinct, inverse = np.unique(words, return_inverse=True)
    side = np.array([_GIVEN[str(word)] for word in distinct])[inverse]
    recording, stands = np.unique(np.stack([windows.recording, side]), axis=1)
    cut = recording[:-1][np.diff(recording) == 0]
    if len(cut):
        sides = stands[recording == cut[0]]
        raise InputError(
            f"recording {windows.recordings[cut[0]]!r} stands in {' and '.join(NAMES[i] for i in sides)}",
            where=f"data.split.column {column!r}",
            do="give all its rows one split",
            check="split-leakage",
        )
    return np.asarray(side)


def _units(windows: WindowSet, options: SplitOptions) -> Index:
    """The index of the unit that each window belongs to."""
    if options.by == "group":
        return windows.recording
    if options.by == "window":
        shared = _shared(windows)
        if shared > 0 and not options.allow_overlap:
            raise InputError(
                f"split by window, but windows and what they forecast share {shared:.0%} of their samples with the next"
                " one, so the same samples would train and test",
                where="data.split.by",
                do="write `by: group`, or `allow_overlap: true` to do it all the same",
                check="split-leakage",
            )
        return np.arange(len(windows))
    unit = np.unique(windows.columns[options.by], return_inverse=True)[1].astype(np.int64)
    _check_nested(windows, unit, options.by)
    return unit


def _shared(windows: WindowSet) -> float:
    """The largest share of its samples, forecast ones included, that a window has in common with the next one."""
    span = windows.length + windows.horizon
    steps = np.diff(windows.start)[np.diff(windows.row) == 0]
    return max(0.0, 1 - int(steps.min()) / span) if span and len(steps) else 0.0


def _check_nested(windows: WindowSet, unit: Index, by: str) -> None:
    pairs = np.unique(np.stack([windows.recording, unit]), axis=1)
    recordings, counts = np.unique(pairs[0], return_counts=True)
    if counts.max() > 1:
        name = windows.recordings[recordings[counts.argmax()]]
        raise InputError(
            f"column {by!r} has {counts.max()} values within recording {name!r}, so a split by it would cut recordings",
            where="data.split.by",
            check="split-leakage",
        )


def _drawn(windows: WindowSet, unit: Index, options: SplitOptions, rng: np.random.Generator) -> NDArray[np.int64]:
    """The side of each unit."""
    units = int(unit.max()) + 1
    fractions = np.array(options.fractions) / sum(options.fractions)
    if units < np.count_nonzero(fractions):
        raise InputError(
            f"{units} recordings cannot fill {np.count_nonzero(fractions)} splits",
            where="data.split",
            do="name a finer `group`, or split `by: window` knowing what that lets through",
        )
    if options.stratify is None:
        return _cut(rng.permutation(units), fractions)
    if options.stratify not in windows.targets:
        raise InputError(f"no target {options.stratify!r} to stratify by", where="data.split.stratify")
    return _stratified(windows, unit, options.stratify, fractions, rng)


def _cut(order: Index, fractions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Sides of units taken in `order`: shares by cumulative rounding, none of those asked for left empty."""
    edges = np.round(np.cumsum(fractions) * len(order)).astype(int)
    wanted = fractions > 0
    for i in range(len(edges)):
        edges[i] = max(edges[i], np.count_nonzero(wanted[: i + 1]))
        edges[i] = min(edges[i], len(order) - np.count_nonzero(wanted[i + 1 :]))
    side = np.empty(len(order), np.int64)
    side[order] = np.searchsorted(edges, np.arange(len(order)), side="right")
    return side


def _stratified(
    windows: WindowSet, unit: Index, name: str, fractions: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Greedy, largest unit first: each goes where it leaves the classes' shares closest to `fractions`.

    The rule of scikit-learn's StratifiedGroupKFold, for splits of unequal size. Among equals training comes first,
    then the emptiest split. Unknown labels are a class of their own.
    """
    target = windows.targets[name]
    classes = classes_of(target)
    if len(classes) > _MOST_CLASSES:
        raise InputError(
            f"target {name!r} has {len(classes):,} distinct values, which is a quantity rather than classes",
            where="data.split.stratify",
            do="stratify by a target of classes, or drop the key",
        )
    label = np.where(target.mask, encode(name, target, classes), len(classes))
    counts = np.zeros((int(unit.max()) + 1, len(classes) + 1))
    np.add.at(counts, (unit, label), 1)
    counts = counts[:, counts.sum(axis=0) > 0]
    total = counts.sum(axis=0)
    wanted = np.flatnonzero(fractions)
    goal = fractions[wanted][:, None] * total
    held = np.zeros_like(goal)
    side = np.empty(len(counts), np.int64)
    shuffled = rng.permutation(len(counts))
    for one in shuffled[np.argsort(-counts[shuffled].max(axis=1), kind="stable")]:
        room = ((goal - held) / total * counts[one]).sum(axis=1) / fractions[wanted]
        tied = np.flatnonzero(room > room.max() - 1e-9)
        emptiest = tied[np.argmax(1 - held[tied].sum(axis=1) / goal[tied].sum(axis=1))]
        best = 0 if tied[0] == 0 else int(emptiest)  # a class must be trained on before it can be judged
        held[best] += counts[one]
        side[one] = wanted[best]
    for empty in set(wanted) - set(side):
        donor = np.bincount(side).argmax()
        side[np.flatnonzero(side == donor)[0]] = empty
    return side


def _straddling(windows: WindowSet, side: NDArray[Any]) -> int:
    pairs = np.unique(np.stack([windows.recording, side]), axis=1)
    return int(np.count_nonzero(np.bincount(pairs[0]) > 1))


def _verify(windows: WindowSet, split: Split) -> None:
    """Every window once, no split for training or validation empty, no recording cut unless asked for by name."""
    together = np.sort(np.concatenate(list(split.index.values())))
    if not np.array_equal(together, np.arange(len(windows))):
        raise AssertionError("a split must hold every window exactly once")
    for name in ("train", "val"):
        if not len(split[name]):
            raise InputError(f"no window is left for {name}", where="data.split")
    if split.straddling and split.by != "window":
        raise AssertionError(f"{split.straddling} recordings straddle the split")
