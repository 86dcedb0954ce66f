"""Columns of a csv or parquet file. With data.window a row is one sample in time, without it one window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.readers.array import column_keys, wanted
from polyhead.signals.readers.cells import (
    EMPTY,
    channel_names,
    check_column,
    check_names,
    column_of,
    numbers_of,
    refuse_repeated,
    stripped,
    unreadable,
)
from polyhead.signals.readers.large_table import large_csv, large_parquet
from polyhead.signals.readers.path import readable
from polyhead.signals.source import InputArray, Source

if TYPE_CHECKING:
    import polars

LARGE = 256 * 2**20
"""Bytes of a file that is still read at once; a larger one is converted, its columns are never in memory whole."""


class CsvOptions(Block):
    """Keys of the csv reader."""

    separator: str = ","
    """One character that stands between cells."""
    decimal_comma: bool = False
    """Numbers are written 1,5 instead of 1.5."""
    header: bool = True
    """The first line holds names. Without one, columns are called column_0, column_1, ... from the left."""
    missing: list[str] = Field(default_factory=list)
    """Cells that hold no value, besides empty ones, NA, N/A, null and NaN; e.g. `["."]`."""


class ParquetOptions(Block):
    """The parquet reader has no keys of its own."""


def read_csv(data: DataOptions) -> Source:
    """Read the columns that the config names. Raises InputError naming file, column and cell."""
    options = CsvOptions.model_validate(data.options)
    path = readable(data.path)
    if path.stat().st_size > LARGE:
        return large_csv(path, data, options)
    frame = csv_frame(path, options)
    refuse_repeated(path, wanted(data), frame.columns)
    return _source(path, data, frame)


def csv_frame(path: Path, options: CsvOptions | None = None) -> polars.DataFrame:
    """The whole table, packed by gzip or not, blanks around cells removed. Raises InputError where it is none."""
    import polars

    options = options or CsvOptions()
    empty = [*EMPTY, *options.missing]

    try:
        frame = polars.read_csv(
            path,
            separator=options.separator,
            decimal_comma=options.decimal_comma,
            has_header=options.header,
            infer_schema_length=None,
            null_values=empty,
            glob=False,
        )
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        raise unreadable(path, "csv", error) from error
    check_names(path, frame.columns)
    return frame.with_columns(stripped(frame[name], empty) for name in frame.columns)


def excel_frame(path: Path) -> polars.DataFrame:
    """The first sheet of an xlsx file. Raises InputError where it cannot be read."""
    import polars

    try:
        import fastexcel
    except ModuleNotFoundError as error:
        do = "pip install 'polyhead[excel]', or save it as csv"
        raise InputError("reading xlsx needs fastexcel", where=str(path), do=do) from error
    try:
        frame = polars.read_excel(path, infer_schema_length=None)
    except (polars.exceptions.PolarsError, fastexcel.FastExcelError, OSError, ValueError) as error:
        raise unreadable(path, "xlsx", error) from error
    return frame.with_columns(stripped(frame[name]) for name in frame.columns)


def read_parquet(data: DataOptions) -> Source:
    """Read the columns that the config names. Raises InputError naming file and column."""
    import polars

    path = readable(data.path)
    if path.stat().st_size > LARGE:
        return large_parquet(path, data)
    try:
        frame = polars.read_parquet(path, glob=False)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        raise unreadable(path, "parquet", error) from error
    return _source(path, data, frame)


def _source(path: Path, data: DataOptions, frame: polars.DataFrame) -> Source:
    if frame.height == 0:
        raise InputError("has a header but no rows", where=str(path))
    inputs: dict[str, InputArray] = {}
    for name, spec in data.inputs.items():
        channels = channel_names(path, name, spec)
        for key in spec.names:
            check_column(path, frame.schema, key)
        parts = [numbers_of(path, frame[key]) for key in spec.names]
        inputs[name] = InputArray(np.ascontiguousarray(np.stack(parts, axis=1)), channels, spec.unit)
    columns = {}
    for key in sorted(column_keys(data)):
        check_column(path, frame.schema, key)
        columns[key] = column_of(frame[key])
    return Source(inputs, columns, sampled=data.window is not None, files=(path,))
