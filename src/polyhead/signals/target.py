"""Targets and masks: what a task predicts for a window, and whether it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import TargetOptions
from polyhead.errors import InputError


@dataclass(frozen=True)
class Target:
    """A target per window: `values` (window,) or (window, output) in physical units or as labels, `mask` (window,)
    true where it is known. Of `marks` the values are (window, sample), one for each sample of the window."""

    values: NDArray[Any]
    mask: NDArray[np.bool_]
    unit: str = ""
    marks: bool = False

    def take(self, index: NDArray[np.int64]) -> Target:
        """The target of some windows."""
        return Target(self.values[index], self.mask[index], self.unit, self.marks)


def read_target(name: str, options: TargetOptions, column: NDArray[Any]) -> Target:
    """A column as target, masked where it is NaN, empty, one of `missing` or outside `valid`. Raises InputError."""
    values = column
    if options.column is not None:
        if column.ndim != 2 or options.column >= column.shape[1]:
            raise InputError(
                f"column {options.column} asked for, but {options.key!r} has shape {column.shape}",
                where=f"data.targets.{name}",
            )
        values = column[:, options.column]
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > (1 if values.dtype.kind == "U" else 2):
        raise InputError(
            f"{options.key!r} has shape {column.shape}, expected one value per window or one row of numbers",
            where=f"data.targets.{name}",
        )
    if values.dtype.kind in "fiub":
        mask = known_numbers(name, options, values)
    elif values.dtype.kind == "U":
        if options.valid is not None:
            raise InputError("`valid` is a range of numbers but the target is text", where=f"data.targets.{name}")
        words = [*map(label_of, options.missing), *map(str, options.missing)]
        mask = ~np.isin(values, ["", *words, *(word.strip() for word in words)])  # readers of text strip its cells
    else:
        raise InputError(f"{options.key!r} holds {values.dtype}, not numbers or text", where=f"data.targets.{name}")
    return Target(values, mask, options.unit or "")


def known_numbers(name: str, options: TargetOptions, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of the numbers (row,) or rows of numbers (row, output) are known. Raises InputError."""
    words = [value for value in options.missing if isinstance(value, str)]
    if words:
        raise InputError(f"`missing` names {words[0]!r} but the target is numeric", where=f"data.targets.{name}")
    with np.errstate(over="ignore"):  # -99.9 stands in a float32 array as the float32 next to it
        missing = np.asarray(options.missing, dtype=values.dtype if values.dtype.kind == "f" else np.float64)
    known = np.isfinite(values) & ~np.isin(values, missing)
    if options.valid is not None:
        low, high = options.valid
        known &= (values >= (-np.inf if low is None else low)) & (values <= (np.inf if high is None else high))
    return np.asarray(known.all(axis=1) if known.ndim == 2 else known)


def label_of(value: Any) -> str:
    """A label as text: 3.0 and 3 are both "3", true is "1" in every file format."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def classes_of(target: Target) -> tuple[str, ...]:
    """Every known label, numbers by size and words by alphabet."""
    return tuple(label_of(value) for value in np.unique(target.values[target.mask]))


def encode(name: str, target: Target, classes: Sequence[str]) -> NDArray[np.int64]:
    """Class index per window, 0 where unknown. Raises InputError for a label that is not among `classes`."""
    if target.values.ndim != 1:
        raise InputError(f"a class needs one value per window, found {target.values.shape[1]}", where=f"tasks.{name}")
    codes = np.zeros(len(target.values), np.int64)
    distinct, inverse = np.unique(target.values[target.mask], return_inverse=True)
    known = {label: code for code, label in enumerate(classes)}
    strange = [label_of(value) for value in distinct if label_of(value) not in known]
    if strange:
        raise InputError(
            f"label {strange[0]!r} was never seen in training, which knew {', '.join(classes)}",
            where=f"target {name!r}",
            do="list it under `missing` to mask it",
            check="missing-class",
        )
    table = np.array([known[label_of(value)] for value in distinct], dtype=np.int64)
    codes[target.mask] = table[inverse]
    return codes
