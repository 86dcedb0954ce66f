"""Columns of a csv or parquet file. With data.window a row is one sample in time, without it one window."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.block import Block
from polyhead.config.data import DataOptions, InputOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest, readable
from polyhead.signals.source import InputArray, Source

if TYPE_CHECKING:
    import polars

_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)
_EMPTY = ["", "NA", "N/A", "null", "nan", "NaN"]  # cells without a value


class CsvOptions(Block):
    """Keys of the csv reader."""

    separator: str = ","
    """One character that stands between cells."""
    decimal_comma: bool = False
    """Numbers are written 1,5 instead of 1.5."""


class ParquetOptions(Block):
    """The parquet reader has no keys of its own."""


def read_csv(data: DataOptions) -> Source:
    """Read the columns that the config names. Raises InputError naming file, column and cell."""
    import polars

    options = CsvOptions.model_validate(data.options)
    path = readable(data.path)
    try:
        frame = polars.read_csv(
            path,
            separator=options.separator,
            decimal_comma=options.decimal_comma,
            infer_schema_length=None,
            null_values=_EMPTY,
            glob=False,
        )
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        raise _unreadable(path, "csv", error) from error
    if any("\ufffd" in name for name in frame.columns):
        raise InputError("is not UTF-8 text", where=str(path), do="save it with the encoding UTF-8")
    _refuse_repeated(path, data, frame)
    return _source(path, data, frame.with_columns(_stripped(frame[name]) for name in frame.columns))


def _refuse_repeated(path: Path, data: DataOptions, frame: polars.DataFrame) -> None:
    """Refuse a name that stands over several columns; polars calls the second one NAME_duplicated_0."""
    named = {name for spec in data.inputs.values() for name in spec.names} | {t.key for t in data.targets.values()}
    for name in sorted(named | set(data.column_keys())):
        if f"{name}_duplicated_0" in frame.columns:
            raise InputError(f"several columns are called {name!r}", where=str(path), do="give each its own name")


def _stripped(column: polars.Series) -> polars.Series:
    """Text without the blanks around it; numbers where it then holds nothing else, as in `1, 2`."""
    import polars

    if column.dtype != polars.String:
        return column
    text = column.str.strip_chars()
    text = text.set(text.is_in(_EMPTY), None)
    numbers = text.cast(polars.Float64, strict=False)
    return numbers if numbers.null_count() == text.null_count() else text


def read_parquet(data: DataOptions) -> Source:
    """Read the columns that the config names. Raises InputError naming file and column."""
    import polars

    path = readable(data.path)
    try:
        frame = polars.read_parquet(path, glob=False)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        raise _unreadable(path, "parquet", error) from error
    return _source(path, data, frame)


def _unreadable(path: Path, kind: str, error: BaseException) -> InputError:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    look = "its separator and encoding (UTF-8)" if kind == "csv" else "whether it is whole"
    return InputError(f"cannot be read as {kind} ({first})", where=str(path), do=f"check {look}")


def _source(path: Path, data: DataOptions, frame: polars.DataFrame) -> Source:
    if frame.height == 0:
        raise InputError("has a header but no rows", where=str(path))
    inputs = {name: _input(path, frame, name, spec) for name, spec in data.inputs.items()}
    keys = {target.key for target in data.targets.values()} | set(data.column_keys())
    columns = {key: _column(path, frame, key) for key in sorted(keys)}
    return Source(inputs, columns, sampled=data.window is not None, files=(path,))


def _present(path: Path, frame: polars.DataFrame, key: str) -> polars.Series:
    import polars

    if key not in frame.columns:
        raise InputError(
            f"no column {key!r}{nearest(key, frame.columns)}; it has {', '.join(map(repr, frame.columns[:30]))}",
            where=str(path),
        )
    if frame[key].dtype.is_nested() or frame[key].dtype in (polars.Binary, polars.Duration, polars.Object):
        raise InputError(f"column {key!r} holds {frame[key].dtype}, not numbers or text", where=str(path))
    return frame[key]


def _input(path: Path, frame: polars.DataFrame, name: str, spec: InputOptions) -> InputArray:
    if spec.axes is not None:
        raise InputError(f"input {name!r}: columns of a table have no axes to name", where=str(path), do="drop `axes`")
    parts = [_numbers(path, _present(path, frame, key)) for key in spec.names]
    channels = tuple(spec.channels or spec.names)
    if len(channels) != len(parts):
        raise InputError(
            f"input {name!r} reads {len(parts)} columns but `channels` names {len(channels)}", where=str(path)
        )
    return InputArray(np.ascontiguousarray(np.stack(parts, axis=1)), channels, spec.unit)


def _numbers(path: Path, column: polars.Series) -> NDArray[np.float32]:
    import polars

    if not column.dtype.is_numeric() and column.dtype != polars.Boolean:
        numbers = column.cast(polars.String).str.strip_chars().cast(polars.Float64, strict=False)
        wrong = (numbers.is_null() & column.is_not_null()).arg_true()
        if len(wrong):
            row = int(wrong[0])
            raise InputError(
                f"column {column.name!r} is an input but row {row + 1} holds {column[row]!r}, not a number"
                f" ({len(wrong)} such cells)",
                where=str(path),
                do="write `decimal_comma: true`" if _DECIMAL_COMMA.fullmatch(str(column[row])) else "",
            )
        column = numbers
    return column.cast(polars.Float32).to_numpy()


def _column(path: Path, frame: polars.DataFrame, key: str) -> NDArray[Any]:
    """A column as numbers with NaN where empty, or as strings with "" where empty."""
    import polars

    column = _present(path, frame, key)
    if column.dtype == polars.Boolean:
        column = column.cast(polars.Int64)
    elif column.dtype.is_decimal() or column.dtype in (polars.Int128, polars.UInt128):
        column = column.cast(polars.Float64)
    if column.dtype.is_numeric():
        return column.cast(polars.Float64).to_numpy() if column.null_count() else column.to_numpy()
    return np.asarray(column.cast(polars.String).fill_null("").to_list(), dtype=np.str_)
