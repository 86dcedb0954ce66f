"""Which rows are used: by values or ranges of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import Between, Values
from polyhead.errors import InputError
from polyhead.signals.target import label_of


def selected(select: Mapping[str, Values], columns: Mapping[str, NDArray[Any]], rows: int) -> NDArray[np.bool_]:
    """True for the rows (row,) that every entry of `select` allows. Raises InputError where an entry allows none."""
    keep = np.ones(rows, bool)
    for key, values in select.items():
        allowed = matching(values, columns[key], f"data.select.{key}")
        if not allowed.any():
            raise InputError(f"no row has such a value; there are {_some(columns[key])}", where=f"data.select.{key}")
        keep &= allowed
    return keep


def matching(values: Values, column: NDArray[Any], where: str) -> NDArray[np.bool_]:
    """True where `column` (row,) holds one of `values` or lies in their range. Raises InputError for ranges of text."""
    if not isinstance(values, Between):
        wanted = {label_of(float(v) if isinstance(v, int) else v) for v in values}
        distinct, inverse = np.unique(column, return_inverse=True)
        return np.asarray(np.array([label_of(value) in wanted for value in distinct])[inverse])
    if column.dtype.kind not in "fiub":
        raise InputError("a range needs numbers, the column holds text", where=where, do="list its values")
    low = -np.inf if values.min is None else values.min
    high = np.inf if values.max is None else values.max
    return np.asarray((column >= low) & (column <= high))


def _some(column: NDArray[Any]) -> str:
    distinct = [label_of(value) for value in np.unique(column)[:9]]
    return ", ".join(distinct[:8]) + (", ..." if len(distinct) > 8 else "")
