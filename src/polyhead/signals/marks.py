"""Marks: targets with one value for each sample, cut into windows as the signals are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import TargetOptions
from polyhead.errors import InputError
from polyhead.signals.source import Source
from polyhead.signals.target import Target, known_numbers

Index = NDArray[np.int64]

_VALUES = 2**22  # that are looked up at a time (32 MB of positions), however many windows there are


def cut_marks(
    name: str, options: TargetOptions, source: Source, row: Index, start: Index, filled: Index, length: int
) -> Target:
    """The marks of windows that begin at the sample `start` (window,) of their `row` (window,).

    `values` (window, length) hold 0 where a sample is missing at the front of a window, of which only the last
    `filled` (window,) samples are real; as int8 where they are all 0 or 1. A window with an unknown sample is unknown.
    Raises InputError where the column has no number for each sample.
    """
    column = _column(name, options, source, length)
    known = known_numbers(name, options, column.ravel()).reshape(column.shape)
    column = np.where(known, column, column.dtype.type(0))
    if np.isin(column, (0, 1)).all():
        column = column.astype(np.int8)
    values = np.empty((len(start), length), column.dtype)
    mask = np.ones(len(start), bool)
    size = max(1, _VALUES // length)
    for first in range(0, len(start), size):
        some = slice(first, first + size)
        step = np.arange(length) - (length - filled[some])[:, None]
        at = start[some][:, None] + np.maximum(step, 0)
        place: Any = at if column.ndim == 1 else (row[some][:, None], at)
        values[some] = np.where(step >= 0, column[place], column.dtype.type(0))
        if not known.all():
            mask[some] = known[place].all(axis=1)  # a missing sample stands for the first one, which is there
    return Target(values, mask, options.unit or "", marks=True)


def _column(name: str, options: TargetOptions, source: Source, length: int) -> NDArray[Any]:
    """The numbers (sample,) of a table of samples, or (row, sample)."""
    where, column = f"data.targets.{name}", source.columns[options.key]
    if not length:
        raise InputError("marks need windows in time, and no input has a time axis", where=f"{where}.axes")
    if source.extent is not None:
        what = "rows differ in length here, so that a target can hold no value for each sample"
        raise InputError(what, where=f"{where}.axes", do="bring the data as a table of samples")
    if source.sampled and column.ndim == 2 and options.column is not None and options.column < column.shape[1]:
        column = column[:, options.column]
    elif options.column is not None:
        what = f"column {options.column} asked for, but {options.key!r} has shape {column.shape}"
        raise InputError(what, where=where)
    if column.ndim == 2 and column.shape[1] == 1 and source.sampled:
        column = column[:, 0]
    expected = (source.rows,) if source.sampled else (source.rows, _samples(source))
    if column.shape != expected:
        what = f"{options.key!r} has shape {column.shape}, marks need one value per sample: {expected}"
        raise InputError(what, where=where, do="name the array that has them, or drop `axes`")
    if column.dtype.kind not in "fiub":
        raise InputError(f"{options.key!r} holds text, marks are numbers", where=where)
    return column.astype(np.int8) if column.dtype.kind == "b" else column


def _samples(source: Source) -> int:
    """Samples of each row; all signals have as many."""
    return next(int(one.values.shape[2]) for one in source.inputs.values() if one.values.ndim == 3)
