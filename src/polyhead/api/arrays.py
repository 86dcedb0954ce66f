"""Labels of scikit-learn's kind in order: an array per task, of numbers or of text, with what is missing marked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d

from polyhead.errors import InputError
from polyhead.signals.proposal import kinds
from polyhead.signals.target import label_of

Arrays = dict[str, NDArray[Any]]
SOLE = "target"
"""Name of the task where y is one array."""


class ArrayError(InputError, ValueError):
    """An InputError that is a ValueError too, as scikit-learn's tools expect of input that cannot be used."""


@contextmanager
def refused() -> Iterator[None]:
    """Raise ArrayError for every InputError."""
    try:
        yield
    except InputError as error:
        raise ArrayError(error.what, where=error.where, do=error.do, check=error.check) from error


def labels_of(y: Any) -> Arrays:
    """y by task: numbers (row,) or (row, output) with NaN, or text with "", where a label is missing.

    y is a mapping or a data frame of one entry per task, or one array. Raises InputError.
    """
    if not named(y):
        return {SOLE: _labels("y", y)}
    return {name: _labels(f"y[{name!r}]", y[name]) for name in _names(y)}


def named(y: Any) -> bool:
    """Whether y says the names of its tasks."""
    return isinstance(y, Mapping) or hasattr(y, "columns")


def _names(y: Any) -> list[str]:
    found = list(y.columns if hasattr(y, "columns") else y)
    strange = [name for name in found if not isinstance(name, str)]
    if strange or not found:
        what = f"expected names of tasks, found {strange[0]!r}" if strange else "names no task"
        raise InputError(what, where="y", do="write {task: labels}")
    return found


def _labels(where: str, values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    array = _plain(where, array) if array.dtype.kind == "O" else array
    array = array.astype(np.str_) if array.dtype.kind == "S" else array
    if array.ndim == 2 and array.shape[1] == 1:
        array = column_or_1d(array, warn=True)
    if array.dtype.kind not in "fiubU":
        raise InputError(f"holds {array.dtype}, not numbers or text", where=where)
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.dtype.kind == "U"):
        raise InputError(f"expected one label per row or one row of numbers, found shape {array.shape}", where=where)
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise InputError("contains infinity", where=where, do="write NaN where a label is missing")
    return array


def _plain(where: str, values: NDArray[Any]) -> NDArray[Any]:
    """Objects as numbers or as text, where they are all of one sort."""
    absent = np.array([_is_absent(one) for one in values.ravel()], bool).reshape(values.shape)
    present = values[~absent].tolist()
    words = [isinstance(one, str) for one in present]
    if words and all(words):
        return np.where(absent, "", values).astype(np.str_)
    strange = [one for one in present if not isinstance(one, str | bool | int | float)]
    if strange or any(words):
        what = f"holds a value of type {type(strange[0]).__name__}" if strange else "mixes text and numbers"
        raise InputError(what, where=where, do="give numbers or text")
    if absent.any():
        return np.where(absent, np.nan, values).astype(np.float64)
    return np.array(values.tolist())


def _is_absent(one: object) -> bool:
    """None, NaN or pandas' NA."""
    return one is None or (not isinstance(one, str) and str(one) in ("nan", "<NA>"))


def known(values: NDArray[Any]) -> NDArray[Any]:
    """The labels that are not missing; rows of several numbers that are whole."""
    if values.dtype.kind not in "fU":
        return values
    there = kinds.known(values)
    return values[there.all(axis=1) if there.ndim == 2 else there]


def classes_of(values: NDArray[Any], names: tuple[str, ...]) -> NDArray[Any]:
    """The labels that a run calls `names`, in that order and of the type they came in."""
    distinct = np.unique(known(values))
    called = {label_of(one): one for one in distinct}
    return np.array([called[name] for name in names], dtype=values.dtype)


def names_of(groups: Any) -> NDArray[Any]:
    """Names of recordings (row,), numbers or text. Raises InputError."""
    found = _labels("groups", groups)
    if found.ndim != 1:
        raise InputError(f"expected one name per row, found shape {found.shape}", where="groups")
    return found


def check_labelled(labels: Arrays, fitted: Collection[str]) -> None:
    """Refuse labels that lack a task that was `fitted`. Raises InputError."""
    lacking = [name for name in fitted if name not in labels]
    if lacking:
        raise InputError(f"expected labels of {lacking[0]!r}, found {', '.join(labels)}", where="y")


def columns(labels: Arrays) -> Arrays:
    """Labels under the names that a config made here knows them by."""
    return {key_of(name): values for name, values in labels.items()}


def key_of(task: str) -> str:
    """The name of a task's labels in a file."""
    return f"y_{task}"
