"""Strata: how many windows of each class a unit holds, units that hold the same taken together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.classes import is_quantity
from polyhead.signals.codes import coded, dense
from polyhead.signals.windows import Index, WindowSet

_KEYS = 3  # the stream of random keys by which units are compared


@dataclass(frozen=True)
class Strata:
    """Units by what they hold. `group` (unit,) numbers units of equal counts. Group g holds `count` windows of each
    class in `label`, both from `edge[g]` to `edge[g + 1]`; classes of all labels stand in one row. `total` (class,) are
    the windows of a class, and `known` (class,) is false for those whose label is missing."""

    group: Index
    edge: Index
    label: Index
    count: NDArray[np.float64]
    total: NDArray[np.float64]
    known: NDArray[np.bool_]


def strata_of(windows: WindowSet, index: Index, unit: Index, units: int, names: Sequence[str]) -> Strata:
    """Strata of the windows at `index`, which belong to the units `unit` (len(index),), by targets or columns `names`.

    Raises InputError for a label that is no class. Unknown labels are a class of their own; a target of several outputs
    is so many labels.
    """
    blocks = [block for name in names for block in _labels(windows, name, index, unit)]
    combination = np.zeros(len(index), np.int64)
    size = 1
    for codes, classes in blocks:
        combination, size = dense(combination * (classes + 1) + codes)
    group, groups = _grouped(combination, size, unit, units)
    stands = np.empty(groups, np.int64)
    stands[group] = np.arange(units)  # one unit stands for its group
    chosen = np.flatnonzero(stands[group[unit]] == unit)
    return _table(blocks, group[unit[chosen]], groups, chosen, group)


def _table(blocks: list[tuple[Index, int]], of: Index, groups: int, chosen: Index, group: Index) -> Strata:
    """The strata from the windows `chosen`, which stand for the groups `of` (chosen,)."""
    first = np.cumsum([0, *(classes + 1 for _, classes in blocks)])
    width = int(first[-1])
    pair = np.concatenate([of * width + at + codes[chosen] for at, (codes, _) in zip(first, blocks, strict=False)])
    pair, count = np.unique(pair, return_counts=True)
    total = np.concatenate([np.bincount(codes, minlength=classes + 1) for codes, classes in blocks])
    known = np.ones(width, bool)
    known[first[1:] - 1] = False
    edge = np.searchsorted(pair // width, np.arange(groups + 1))
    return Strata(group, edge, pair % width, count.astype(np.float64), total.astype(np.float64), known)


def _grouped(combination: Index, size: int, unit: Index, units: int) -> tuple[Index, int]:
    """The group of each unit and how many there are: units are alike that hold equally many of each combination.

    A unit's key is the sum of one random 64-bit number per window, which depends on its combination alone; two unlike
    units among a million have the same key once in 10^7 splits, and would then only be dealt out as if they were alike.
    """
    keys = np.random.default_rng(_KEYS).integers(0, 2**64, size, dtype=np.uint64)
    if units == len(combination):
        alike = np.empty(units, np.int64)
        alike[unit] = combination
        return dense(alike)
    total = np.zeros(units, np.uint64)
    np.add.at(total, unit, keys[combination])
    distinct, group = np.unique(total, return_inverse=True)
    return group.astype(np.int64), len(distinct)


def _labels(windows: WindowSet, name: str, index: Index, unit: Index) -> Iterator[tuple[Index, int]]:
    """(class of each window, how many classes) of each label that `name` means; the last number is the unknown."""
    values, mask = _named(windows, name, index)
    for column in values.T if values.ndim == 2 else [values]:
        distinct, codes = coded(column[mask])
        if is_quantity(distinct, codes, unit[mask]):
            raise InputError(
                f"{name!r} has {len(distinct):,} distinct values, which is a quantity rather than classes",
                where="data.split.stratify",
                do="stratify by a target or column of classes, or drop the key",
            )
        label = np.full(len(index), len(distinct), np.int64)
        label[mask] = codes
        yield label, len(distinct)


def _named(windows: WindowSet, name: str, index: Index) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    if name in windows.targets:
        target = windows.targets[name]
        if target.marks:  # windows with a span and those without
            return np.asarray(target.values[index].any(axis=1), np.int8), target.mask[index]
        return target.values[index], target.mask[index]
    if name in windows.columns:
        values = windows.columns[name][index]
        mask = np.asarray(values != "" if values.dtype.kind == "U" else values == values)  # NaN is not itself
        return values, mask if mask.ndim == 1 else np.asarray(mask.all(axis=1))
    known = ", ".join([*windows.targets, *(key for key in windows.columns if key not in windows.targets)])
    raise InputError(f"no target or column {name!r} to stratify by; there are {known}", where="data.split.stratify")
