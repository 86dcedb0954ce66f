"""What tasks on marks share: a target of 0 and 1 for each sample of the window, and its longest span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.spans import longest
from polyhead.signals.target import Target, label_of
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.task import LabelTask, Weights

SAMPLES = "samples"
"""Unit of places in a window, where the target names none."""


@dataclass(frozen=True)
class MarksTask(LabelTask):
    """A task on windows of `length` samples that each have a mark."""

    length: int


@dataclass(frozen=True)
class SpanTask(MarksTask):
    """A task on the longest span of the window; windows without one are masked."""

    def labels(self, windows: WindowSet, index: Index) -> Target:
        """First and last sample of the longest span (window, 2), known where there is one."""
        return longest_spans(windows.targets[self.target].take(index))

    def counts(self, target: Target, group: Index, groups: int) -> None:
        return None


def longest_spans(target: Target) -> Target:
    """First and last sample of the longest span of each window (window, 2), known where there is one."""
    found = longest(target.values)
    return Target(found, target.mask & (found[:, 0] >= 0), target.unit or SAMPLES)


def marked(
    name: str, key: str, windows: WindowSet, train: Index, weights: Weights | None
) -> tuple[NDArray[np.int8], Index, Weights | None]:
    """The known training windows: marks (window, sample) of 0 and 1, how many samples of each are real, and their
    weights. Raises InputError where none is known, marks are not 0 and 1, or all samples are alike."""
    where, target = f"tasks.{name}", windows.targets[key]
    fitted = target.take(train)
    marks = fitted.values[fitted.mask]
    if not len(marks):
        raise InputError(
            f"the marks of every window of target {key!r} are missing in training",
            where=where,
            do="check data.targets, or disable the task",
            check="filled-labels",
        )
    check_marks(name, key, target)
    if not marks.any() or marks.all():
        raise InputError(
            f"every sample of target {key!r} is {int(marks.flat[0])} in training",
            where=where,
            do="there is nothing to learn; disable the task or split otherwise",
            check="degenerate-r2",
        )
    whole = np.full(len(windows), windows.length, np.int64) if windows.filled is None else windows.filled
    each = None if weights is None else weights[fitted.mask]
    return marks.astype(np.int8, copy=False), whole[train][fitted.mask], each


def check_marks(name: str, key: str, target: Target) -> None:
    """Refuse a target without marks, or with others than 0 and 1."""
    where = f"tasks.{name}"
    if not target.marks:
        raise InputError(
            f"target {key!r} has no value for each sample of a window, as marks need",
            where=where,
            do=f"write `axes: [window, time]` in data.targets.{key}",
        )
    known = target.values[target.mask]
    strange = known[~np.isin(known, (0, 1))]
    if strange.size:
        what = f"target {key!r} holds {label_of(strange[0])}, and a mark is 0 or 1"
        raise InputError(what, where=where, do="list it under `missing` to mask its windows")
