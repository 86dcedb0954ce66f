"""How far one task's label is told by another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.codes import coded
from polyhead.signals.profile.labelling import Labelling, Output
from polyhead.signals.profile.parts import Pair
from polyhead.signals.profile.ranks import spearman
from polyhead.signals.profile.samples import evenly
from polyhead.signals.windows import Index

_WINDOWS = 2**17  # training windows that are compared, evenly spaced
_OUTPUTS = 8  # of a task that are compared
_EXACT = 1e-6  # of the spread of a number


@dataclass(frozen=True)
class _Told:
    """The best rule for one output by another."""

    determined: float
    chance: float
    correlation: float | None = None
    rule: str = ""


def pairs(labels: Mapping[str, Labelling], train: Index) -> list[Pair]:
    """Every ordered pair of tasks with labels that are known together; of several outputs the best told one. Tasks
    that read the same marks are no pair: by their kinds they are several views of one label."""
    index = evenly(train, _WINDOWS)
    return [pair for task, other in permutations(labels.values(), 2) for pair in _pair(task, other, index)]


def _pair(task: Labelling, other: Labelling, index: Index) -> Iterator[Pair]:
    used = index[task.known[index] & other.known[index]]
    if not len(used) or (task.marks and other.marks and task.key == other.key):
        return
    mine = [output.take(used) for output in task.outputs[:_OUTPUTS]]
    theirs = [output.take(used) for output in other.outputs[:_OUTPUTS]]
    names = [f"{other.task}.{number}" if len(theirs) > 1 else other.task for number in range(len(theirs))]
    told = [_told(one, two, name) for one in mine for two, name in zip(theirs, names, strict=True)]
    best = max(told, key=lambda one: (one.determined - one.chance, abs(one.correlation or 0.0)))
    yield Pair(task.task, other.task, best.determined, best.chance, len(used), best.correlation, best.rule)


def _told(one: Output, other: Output, name: str) -> _Told:
    if one.numbers is not None:
        if other.numbers is not None:
            return _by_line(one.numbers, other.numbers, name)
        codes = coded(one.numbers)[1]
        return _Told(_by_label(codes, other, name, ())[0], float(np.bincount(codes).max() / len(codes)))
    assert one.codes is not None
    chance = float(np.bincount(one.codes).max() / len(one.codes))
    if other.numbers is not None:
        determined, rule = _by_threshold(one.codes, other.numbers, name)
    else:
        determined, rule = _by_label(one.codes, other, name, one.classes)
    return _Told(determined, chance, rule=rule)


def _by_line(values: NDArray[np.float64], other: NDArray[np.float64], name: str) -> _Told:
    """The share of values that lie on the best straight line."""
    x, y = other - other.mean(), values - values.mean()
    spread = float(np.sqrt(np.mean(y**2)))
    slope = float(x @ y / (x @ x)) if x @ x > 0 else 0.0
    off = np.abs(y - slope * x)
    determined = float(np.mean(off < _EXACT * spread)) if spread > 0 else 0.0
    offset = float(values.mean() - slope * other.mean())
    rule = f"{slope:.6g} * {name} {'-' if offset < 0 else '+'} {abs(offset):.6g}" if determined > 0.5 else ""
    return _Told(determined, 0.0, spearman(values, other), rule)


def _by_label(codes: Index, other: Output, name: str, classes: tuple[str, ...]) -> tuple[float, str]:
    """The commonest label for each label of the other."""
    assert other.codes is not None
    many = int(codes.max()) + 1
    both, count = np.unique(other.codes * many + codes, return_counts=True)
    given, label = both // many, both % many
    order = np.lexsort((-count, given))
    first = order[np.diff(given[order], prepend=-1) != 0]
    determined = float(count[first].sum() / len(codes))
    if len(classes) != 2:
        return determined, f"a label for each of {name}" if classes else ""
    yes = [place for place, one in zip(given[first].tolist(), label[first].tolist(), strict=True) if one == 1]
    return determined, _among(yes, np.unique(other.codes).tolist(), other.classes, name)


def _among(yes: list[int], held: list[int], classes: tuple[str, ...], name: str) -> str:
    """In words: the labels of `name` that mean the second class."""
    if not yes or len(yes) == len(held):
        return ""
    numeric = all(_is_number(classes[code]) for code in held)
    if numeric and yes == held[-len(yes) :]:
        return f"{name} > {classes[held[-len(yes) - 1]]}"
    if numeric and yes == held[: len(yes)]:
        return f"{name} < {classes[held[len(yes)]]}"
    return f"{name} in {{{', '.join(classes[code] for code in yes)}}}"


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _by_threshold(codes: Index, other: NDArray[np.float64], name: str) -> tuple[float, str]:
    """The commonest label below one threshold and the commonest above it."""
    order = np.argsort(other, kind="stable")
    values, label = other[order], codes[order]
    ends = np.flatnonzero(np.diff(values) > 0)  # a threshold lies between two values
    if not len(ends):
        return float(np.bincount(codes).max() / len(codes)), ""
    below, above = np.zeros(len(ends), np.int64), np.zeros(len(ends), np.int64)
    first, second = np.zeros(len(ends), np.int64), np.zeros(len(ends), np.int64)
    for code in range(int(codes.max()) + 1):
        until = np.cumsum(label == code)
        here, after = until[ends], until[-1] - until[ends]
        first, below = np.where(here > below, code, first), np.maximum(below, here)
        second, above = np.where(after > above, code, second), np.maximum(above, after)
    right = below + above
    best = int(np.argmax(right))
    if first[best] == second[best]:
        return float(right[best] / len(codes)), ""
    threshold = float(values[ends[best]])
    sign = ">" if second[best] > first[best] else "<="
    return float(right[best] / len(codes)), f"{name} {sign} {threshold:.6g}"
