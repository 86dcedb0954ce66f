"""The labels of each task as numbers or as codes of classes, made once for all parts of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.experiment import Experiment
from polyhead.config.tasks import LabelTaskOptions, MultilabelOptions, RegressionOptions
from polyhead.signals.codes import coded
from polyhead.signals.countdown import Countdowns
from polyhead.signals.target import Target, label_of
from polyhead.signals.windows import Index, WindowSet


@dataclass(frozen=True)
class Output:
    """One value of a task's label for each window: `numbers` (window,), or `codes` (window,) that count `classes`;
    what is not `known` (window,) holds anything."""

    known: NDArray[np.bool_]
    numbers: NDArray[np.float64] | None = None
    codes: Index | None = None
    classes: tuple[str, ...] = ()

    def take(self, index: Index) -> Output:
        """The same of some windows."""
        numbers, codes = self.numbers, self.codes
        return Output(
            self.known[index],
            None if numbers is None else numbers[index],
            None if codes is None else codes[index],
            self.classes,
        )

    @property
    def values(self) -> NDArray[np.float64]:
        """Numbers, or what classes are as numbers; NaN for those that are words."""
        if self.numbers is not None:
            return self.numbers
        table = np.array([_number(label) for label in self.classes] or [np.nan])
        assert self.codes is not None
        return np.asarray(table[self.codes])


@dataclass(frozen=True)
class Labelling:
    """The labels of a task that reads a target: `outputs`, and for several answers of yes or no their `names`; `marks`
    says that it has one for each sample, which `outputs` sum up, and `each` holds the numbers of all samples where the
    task is scored on these."""

    task: str
    kind: str
    key: str
    target: Target
    outputs: tuple[Output, ...]
    names: tuple[str, ...] = ()
    marks: bool = False
    each: Countdowns | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Windows (window,) with a label."""
        return self.target.mask


@dataclass(frozen=True)
class InMarks:
    """What a task sees in the marks of all windows: a `target` made of them, (window, value), and the numbers of `each`
    sample that this stands for, if any."""

    target: Target
    each: Countdowns | None = None


def labellings(
    experiment: Experiment, windows: WindowSet, in_marks: Mapping[str, InMarks] | None = None
) -> dict[str, Labelling]:
    """The labels of every enabled task that reads a target, by task; of tasks that see more in marks than how many
    there are, as `in_marks` has them."""
    return {
        name: _labelling(name, options, windows, (in_marks or {}).get(name))
        for name, options in experiment.enabled.items()
        if isinstance(options, LabelTaskOptions)
    }


def _labelling(name: str, options: Any, windows: WindowSet, in_marks: InMarks | None) -> Labelling:
    key = options.target or name
    target = windows.targets[key]
    if target.marks:
        return _of_marks(name, options.kind, key, target, in_marks)
    outputs = tuple(_outputs(target, isinstance(options, RegressionOptions)))
    names: tuple[str, ...] = ()
    if isinstance(options, MultilabelOptions):
        names = tuple(options.labels or map(str, range(len(outputs))))
    return Labelling(name, options.kind, key, target, outputs, names)


def _of_marks(name: str, kind: str, key: str, target: Target, in_marks: InMarks | None) -> Labelling:
    """In a few numbers for each window: what the task sees in its marks, or how many samples are marked."""
    if in_marks is None:
        many = np.count_nonzero(target.values, axis=1).astype(np.float64)
        summed = Target(many, target.mask, target.unit)
        return Labelling(name, kind, key, summed, (Output(target.mask, many),), marks=True)
    seen = in_marks.target
    outputs = tuple(Output(seen.mask, column) for column in seen.values.T.astype(np.float64))
    return Labelling(name, kind, key, seen, outputs, marks=True, each=in_marks.each)


def _outputs(target: Target, numeric: bool) -> Iterator[Output]:
    columns = target.values[:, None] if target.values.ndim == 1 else target.values
    for column in columns.T:
        if numeric:
            yield Output(target.mask, numbers=column.astype(np.float64))
            continue
        distinct, found = coded(column[target.mask])
        codes = np.zeros(len(column), np.int64)
        codes[target.mask] = found
        yield Output(target.mask, codes=codes, classes=tuple(map(label_of, distinct)))


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return np.nan
