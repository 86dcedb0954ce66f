"""The ways to split: drawn, along time, as a column says, by held-out values, or in folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import SplitOptions, Values
from polyhead.errors import InputError
from polyhead.signals.codes import coded, dense
from polyhead.signals.selection import matching
from polyhead.signals.split.along_time import along_time
from polyhead.signals.split.dealing import cut, deal
from polyhead.signals.split.sides import NAMES, Split, split_of
from polyhead.signals.split.strata import strata_of
from polyhead.signals.split.units import refuse_cut, units_of
from polyhead.signals.target import label_of
from polyhead.signals.windows import Index, WindowSet

_GIVEN = {"train": 0, "val": 1, "validation": 1, "test": 2}
_TRAIN, _VAL, _TEST = range(3)


def make_split(windows: WindowSet, options: SplitOptions, seed: int) -> Split:
    """Share out the windows. Equal data, options and seed give equal splits; of folds, `options.fold` (or the first) is
    the test set. Raises InputError where the data cannot be split so."""
    seed = seed if options.seed is None else options.seed
    fractions = np.array(options.fractions) / sum(options.fractions)
    if options.by == "time":
        return split_of(windows, along_time(windows, fractions), "time", seed)
    unit = units_of(windows, options.by, options.allow_overlap)
    rng = np.random.default_rng(seed)
    if options.column is not None:
        side = _given(windows, options.column)
        refuse_cut(windows, windows.recording, side, "group", f"data.split.column {options.column!r}")
        if options.by not in ("group", "window"):
            refuse_cut(windows, unit, side, options.by, f"data.split.column {options.column!r}")
    elif options.hold_out:
        side = _held_out(windows, options.hold_out)
        if options.by != "window":
            refuse_cut(windows, unit, side, options.by, "data.split.hold_out")
    elif options.folds is not None:
        side = np.where(_folds(windows, unit, options, seed) == _fold(windows, options), _TEST, _TRAIN)
        rng = np.random.default_rng([seed, options.fold or 1])
    else:
        side = _draw(windows, np.arange(len(windows)), unit, options, fractions, rng)
    if not (side == _VAL).any():
        _draw_validation(windows, unit, side, options, fractions, rng)
    return split_of(windows, side, options.column or options.by, seed)


def fold_names(windows: WindowSet, options: SplitOptions, seed: int) -> tuple[str, ...]:
    """The names of the folds, in order: 1 to N, or the values of the column that are left out one by one. Raises
    InputError where the data cannot be cut into them."""
    if options.left_out is not None:
        return tuple(map(label_of, _left_out(windows, options.left_out)[0]))
    unit = units_of(windows, options.by, options.allow_overlap)
    _folds(windows, unit, options, seed if options.seed is None else options.seed)
    return tuple(str(number + 1) for number in range(int(options.folds or 1)))


def _draw(
    windows: WindowSet,
    index: Index,
    unit: Index,
    options: SplitOptions,
    fractions: NDArray[np.float64],
    rng: np.random.Generator,
    train: bool = True,
) -> Index:
    """The sides of the windows at `index`, their units dealt out at random; side 0 trains, or all are folds."""
    member, units = dense(unit[index])
    wanted = np.count_nonzero(fractions)
    if units < wanted:
        what = {"group": "recordings", "window": "windows"}.get(options.by, f"values of {options.by!r}")
        raise InputError(
            f"{units} {what} cannot fill {wanted} {'splits' if train else 'folds'}",
            where="data.split",
            do="name a finer `group`, or split `by: window` knowing what that lets through"
            if options.by != "window"
            else "cut more windows",
        )
    if not options.stratify:
        return cut(rng.permutation(units), fractions)[member]
    return deal(strata_of(windows, index, member, units, options.stratify), fractions, rng, train)[member]


def _draw_validation(
    windows: WindowSet,
    unit: Index,
    side: Index,
    options: SplitOptions,
    fractions: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Validation from what trains, in proportion of the two fractions."""
    index = np.flatnonzero(side == _TRAIN)
    if not len(index):
        raise InputError("no window is left for train", where="data.split")
    shares = fractions * [1, 1, 0]
    side[index] = _draw(windows, index, unit, options, shares / shares.sum(), rng)


def _given(windows: WindowSet, column: str) -> Index:
    distinct, codes = coded(windows.columns[column])
    strange = sorted({label_of(word) for word in distinct} - set(_GIVEN))
    if strange:
        raise InputError(
            f"column {column!r} holds {strange[0]!r}, expected train, val or test", where="data.split.column"
        )
    return np.asarray(np.array([_GIVEN[str(word)] for word in distinct])[codes])


def _held_out(windows: WindowSet, hold_out: Mapping[Literal["val", "test"], Mapping[str, Values]]) -> Index:
    side = np.full(len(windows), _TRAIN)
    for name, columns in hold_out.items():
        held = np.ones(len(windows), bool)
        for key, values in columns.items():
            where = f"data.split.hold_out.{name}.{key}"
            found = matching(values, windows.columns[key], where)
            _refuse_none(windows, found, key, where)
            held &= found
        _refuse_none(windows, held, next(iter(columns), ""), f"data.split.hold_out.{name}")
        if (held & (side != _TRAIN)).any():
            many = np.count_nonzero(held & (side != _TRAIN))
            raise InputError(f"{many} windows are held out for both val and test", where="data.split.hold_out")
        side[held] = NAMES.index(name)
    return side


def _refuse_none(windows: WindowSet, found: NDArray[np.bool_], key: str, where: str) -> None:
    if not found.any():
        distinct = np.unique(windows.columns[key]) if key else np.empty(0)
        some = ", ".join(map(label_of, distinct[:8])) + (", ..." if len(distinct) > 8 else "")
        raise InputError(f"no window is held out; {key!r} holds {some}", where=where, do="name values that exist")


def _folds(windows: WindowSet, unit: Index, options: SplitOptions, seed: int) -> Index:
    """The fold that tests each window, counted from 0."""
    if options.left_out is None:
        count = int(options.folds or 1)
        everything = np.arange(len(windows))
        equal = np.full(count, 1 / count)
        return _draw(windows, everything, unit, options, equal, np.random.default_rng(seed), train=False)
    fold = _left_out(windows, options.left_out)[1]
    of = np.zeros(int(unit.max()) + 1, np.int64)
    of[unit] = fold
    torn = np.flatnonzero(of[unit] != fold)
    if len(torn):
        side = np.where(fold == fold[torn[0]], _TEST, _TRAIN)
        refuse_cut(windows, unit, side, options.by, f"data.split.folds: {options.folds}")
    return fold


def _left_out(windows: WindowSet, column: str) -> tuple[NDArray[Any], Index]:
    """The values of the column that is left out value by value, and the number of each window's."""
    values = windows.columns[column]
    absent = np.count_nonzero(values == "" if values.dtype.kind == "U" else values != values)  # NaN is not itself
    distinct, fold = coded(values)
    if absent or len(distinct) < 2:
        what = f"{absent} windows have no {column!r}" if absent else f"column {column!r} has one value only"
        raise InputError(what, where="data.split.folds", do="drop them by `select`" if absent else "name another")
    return distinct, fold


def _fold(windows: WindowSet, options: SplitOptions) -> int:
    """The fold that is tested here, counted from 0."""
    folds = int(options.folds or 1) if options.left_out is None else len(_left_out(windows, options.left_out)[0])
    if options.fold is not None and options.fold > folds:
        raise InputError(f"fold {options.fold} of {folds}", where="data.split.fold", do=f"write 1 to {folds}")
    return (options.fold or 1) - 1
