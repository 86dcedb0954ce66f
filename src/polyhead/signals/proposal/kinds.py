"""What one column alone tells: whether its values are classes or a quantity, dates, or stand for "not known"."""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MOST_CLASSES = 20
"""Distinct values of a column that is taken for classes."""
_LEAST_OF_CLASS = 6  # rows of the rarest class, so that every split can have it
_LEAST_RECORDINGS = 3  # the same in recordings
_SMALLEST = 1e-30  # quantities that differ by less vanish in single precision
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)? ?(Z|[+-]\d{2}:?\d{2}|UTC)?")

TargetKind = Literal["classification", "binary", "regression"]


def is_text(column: NDArray[Any]) -> bool:
    """Whether a column holds words."""
    return column.dtype.kind == "U"


def known(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a column holds a value."""
    return np.asarray(column != "" if is_text(column) else np.isfinite(column))


def is_whole(column: NDArray[Any]) -> bool:
    """Whether all known values are whole numbers."""
    values = column[known(column)]
    return not is_text(column) and bool(np.all(np.mod(values, 1) == 0))


def useless(column: NDArray[Any]) -> str | None:
    """Why nothing can be learned from a column, if that is so."""
    values = column[known(column)]
    distinct = np.unique(values)
    if not len(values):
        return "empty"
    if len(distinct) == 1:
        return "constant"
    if not is_text(column) and np.abs(values).max() > 1e30:
        return "too large for single precision"
    if not is_text(column) and np.ptp(values) < _SMALLEST:
        return "too small for single precision"
    return None


def is_date(column: NDArray[Any]) -> bool:
    """Whether a column holds dates, as text or as numbers like 20240131."""
    values = column[known(column)]
    if is_text(column):
        return len(values) > 0 and all(_DATE.fullmatch(word.strip()) for word in values[:100])
    if not is_whole(column) or not len(values) or values.min() < 19000101 or values.max() > 21001231:
        return False
    month, day = values // 100 % 100, values % 100
    return bool(np.all((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)))


def kind_of(column: NDArray[Any]) -> TargetKind | None:
    """Classes where the values are few and whole; None for words too many to be classes."""
    distinct = np.unique(column[known(column)])
    if is_text(column):
        return "classification" if len(distinct) <= MOST_CLASSES else None
    if len(distinct) > MOST_CLASSES or not is_whole(column):
        return "regression"
    return "binary" if set(distinct.tolist()) == {0.0, 1.0} else "classification"


def sentinels(column: NDArray[Any]) -> list[float | str]:
    """A value that occurs again and again, further from all others than these are from each other."""
    values = np.sort(column[known(column)])
    found: list[float | str] = []
    for value, rest in ((values[-1], values[values < values[-1]]), (values[0], values[values > values[0]])):
        often = np.count_nonzero(values == value) >= max(5, len(values) / 200)
        if often and len(rest) and min(abs(value - rest[0]), abs(value - rest[-1])) > np.ptp(rest):
            found.append(float(value))
    return found[:1]  # of two values only, each is far from the other


def rare(column: NDArray[Any], groups: NDArray[Any] | None) -> list[float | str]:
    """Classes in too few rows or recordings to stand in every split."""
    units = np.arange(len(column)) if groups is None else np.unique(groups, return_inverse=True)[1]
    least = _LEAST_OF_CLASS if groups is None else _LEAST_RECORDINGS
    distinct = np.unique(column[known(column)])
    return [one.item() for one in distinct if len(np.unique(units[column == one])) < least]


def described(column: NDArray[Any], kind: TargetKind) -> str:
    """The known values of a target in a few words."""
    values = column[known(column)]
    if kind == "regression":
        return f"numbers from {values.min():g} to {values.max():g}"
    distinct, count = np.unique(values, return_counts=True)
    most = distinct[count.argmax()]
    label = str(most) if is_text(column) else f"{most:g}"
    return f"{len(distinct)} classes, {count.max() / len(values):.0%} are {label}"
