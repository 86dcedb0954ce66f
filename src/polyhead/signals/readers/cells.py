"""Cells of a table as numbers and text: the columns that become inputs, targets and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import InputOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest

if TYPE_CHECKING:
    import polars

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)
EMPTY = ["", "NA", "N/A", "null", "nan", "NaN"]
"""Cells without a value."""


def stripped(column: polars.Series, empty: Sequence[str] = EMPTY) -> polars.Series:
    """Text without the blanks around it; numbers where it then holds nothing else, as in `1, 2`."""
    import polars

    if column.dtype != polars.String:
        return column
    text = column.str.strip_chars()
    text = text.set(text.is_in(list(empty)), None)
    numbers = text.cast(polars.Float64, strict=False)
    return numbers if numbers.null_count() == text.null_count() else text


def check_column(path: Path, schema: Mapping[str, polars.DataType], key: str) -> None:
    """Refuse a column that is not there, or holds neither numbers nor text."""
    import polars

    if key not in schema:
        raise InputError(
            f"no column {key!r}{nearest(key, schema)}; it has {', '.join(map(repr, list(schema)[:30]))}",
            where=str(path),
        )
    if schema[key].is_nested() or schema[key] in (polars.Binary, polars.Duration, polars.Object):
        raise InputError(f"column {key!r} holds {schema[key]}, not numbers or text", where=str(path))


def channel_names(path: Path, name: str, spec: InputOptions) -> tuple[str, ...]:
    """The channels of an input, one per column. Raises InputError where the config names others."""
    if spec.axes is not None:
        raise InputError(f"input {name!r}: columns of a table have no axes to name", where=str(path), do="drop `axes`")
    channels = tuple(spec.channels or spec.names)
    if len(channels) != len(spec.names):
        raise InputError(
            f"input {name!r} reads {len(spec.names)} columns but `channels` names {len(channels)}", where=str(path)
        )
    return channels


def numbers_of(path: Path, column: polars.Series, first: int = 0) -> NDArray[np.float32]:
    """A column as numbers (row,), NaN where empty; `first` is the row of the file that it begins with."""
    import polars

    if not column.dtype.is_numeric() and column.dtype != polars.Boolean:
        numbers = column.cast(polars.String).str.strip_chars().cast(polars.Float64, strict=False)
        wrong = (numbers.is_null() & column.is_not_null()).arg_true()
        if len(wrong):
            row = int(wrong[0])
            raise InputError(
                f"column {column.name!r} is an input but row {first + row + 1} holds {column[row]!r}, not a number"
                f" ({len(wrong)} such cells)",
                where=str(path),
                do="write `decimal_comma: true`" if _DECIMAL_COMMA.fullmatch(str(column[row])) else "",
            )
        column = numbers
    return column.cast(polars.Float32).to_numpy()


def column_of(column: polars.Series) -> NDArray[Any]:
    """A column as numbers with NaN where empty, or as strings with "" where empty."""
    import polars

    if column.dtype == polars.Boolean:
        column = column.cast(polars.Int64)
    elif column.dtype.is_decimal() or column.dtype in (polars.Int128, polars.UInt128):
        column = column.cast(polars.Float64)
    if column.dtype.is_numeric():
        return column.cast(polars.Float64).to_numpy() if column.null_count() else column.to_numpy()
    return np.asarray(column.cast(polars.String).fill_null("").to_list(), dtype=np.str_)


def check_names(path: Path, names: Iterable[str]) -> None:
    """Refuse a header that is no UTF-8 text."""
    if any("\ufffd" in name for name in names):
        raise InputError("is not UTF-8 text", where=str(path), do="save it with the encoding UTF-8")


def refuse_repeated(path: Path, used: Iterable[str], names: Iterable[str]) -> None:
    """Refuse a name that stands over several columns; polars calls the second one NAME_duplicated_0."""
    there = set(names)
    for name in used:
        if f"{name}_duplicated_0" in there:
            raise InputError(f"several columns are called {name!r}", where=str(path), do="give each its own name")


def unreadable(path: Path, kind: str, error: BaseException) -> InputError:
    """What polars says about a file that it cannot read."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    look = "its separator and encoding (UTF-8)" if kind == "csv" else "whether it is whole"
    return InputError(f"cannot be read as {kind} ({first})", where=str(path), do=f"check {look}")
