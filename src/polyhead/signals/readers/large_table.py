"""Tables larger than memory should hold: converted once, in batches of rows, the named columns only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.cache import Draft, converted
from polyhead.signals.readers.array import column_keys, wanted
from polyhead.signals.readers.cells import (
    EMPTY,
    channel_names,
    check_column,
    check_names,
    column_of,
    numbers_of,
    refuse_repeated,
    unreadable,
)
from polyhead.signals.source import InputArray, Source

if TYPE_CHECKING:
    import polars

    from polyhead.signals.readers.table import CsvOptions

_ROWS = 100_000  # read at a time
Batches = Callable[[], "Iterator[polars.DataFrame]"]
"""The rows of a table, from the first, as often as it is called."""


def large_csv(path: Path, data: DataOptions, options: CsvOptions) -> Source:
    """What the csv reader brings, mapped from the cache. Raises InputError naming file, column and cell."""
    import polars

    empty = [*EMPTY, *options.missing]

    def build(draft: Draft) -> None:
        lazy = polars.scan_csv(
            path,
            separator=options.separator,
            has_header=options.header,
            infer_schema=False,  # polars would hold much of the file to infer types from all of it
            null_values=empty,
            glob=False,
        )
        names = lazy.collect_schema().names()
        check_names(path, names)
        refuse_repeated(path, wanted(data), names)
        for name in wanted(data):
            check_column(path, lazy.collect_schema(), name)
        _convert(draft, path, data, _typed(lazy.select(wanted(data)), options.decimal_comma, empty))

    return _source(path, data, "csv", options.model_dump(), build)


def large_parquet(path: Path, data: DataOptions) -> Source:
    """What the parquet reader brings, mapped from the cache. Raises InputError naming file and column."""
    import polars

    def build(draft: Draft) -> None:
        lazy = polars.scan_parquet(path, glob=False)
        for name in wanted(data):
            check_column(path, lazy.collect_schema(), name)
        _convert(draft, path, data, partial(_batches, lazy.select(wanted(data))))

    return _source(path, data, "parquet", {}, build)


def _source(path: Path, data: DataOptions, kind: str, options: dict[str, Any], build: Any) -> Source:
    import polars

    channels = {name: channel_names(path, name, spec) for name, spec in data.inputs.items()}
    used = {"inputs": {name: spec.names for name, spec in data.inputs.items()}, "columns": sorted(column_keys(data))}
    try:
        entry = converted(kind, [path], options | used, build)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        raise unreadable(path, kind, error) from error
    inputs = {name: InputArray(entry[f"input {name}"], channels[name], spec.unit) for name, spec in data.inputs.items()}
    columns = {key: entry[f"column {key}"] for key in used["columns"]}
    return Source(inputs, columns, sampled=data.window is not None, files=(path,))


def _batches(lazy: polars.LazyFrame, *steps: Sequence[polars.Expr]) -> Iterator[polars.DataFrame]:
    """The rows in order, some at a time, with each of `steps` applied to them."""
    for frame in lazy.collect_batches(chunk_size=_ROWS, maintain_order=True, engine="streaming"):
        for step in steps:
            frame = frame.with_columns(step)
        yield frame


def _typed(lazy: polars.LazyFrame, decimal_comma: bool, empty: list[str]) -> Batches:
    """Columns of text, blanks around cells removed, as numbers where the whole column holds nothing else."""
    import polars

    names = lazy.collect_schema().names()
    texts = {name: polars.col(name).str.strip_chars() for name in names}
    text = [polars.when(cell.is_in(empty)).then(None).otherwise(cell).alias(name) for name, cell in texts.items()]
    ways: dict[tuple[str, int], polars.Expr] = {}
    for name in names:
        number = polars.col(name).str.replace(",", ".", literal=True) if decimal_comma else polars.col(name)
        truth = polars.col(name).str.to_lowercase().replace_strict({"true": 1, "false": 0}, default=None)
        kinds = (number.cast(polars.Int64, strict=False), number.cast(polars.Float64, strict=False))
        ways |= {(name, place): way for place, way in enumerate((*kinds, truth.cast(polars.Int64)))}
    lost = [(way.null_count() - polars.col(n).null_count()).alias(f"{kind} {n}") for (n, kind), way in ways.items()]
    counts = np.zeros(len(ways), np.int64)
    for frame in _batches(lazy, text):
        counts += np.array(frame.select(lost).row(0), np.int64)
    fits = {way: not count for way, count in zip(ways, counts.tolist(), strict=True)}
    best = {name: next((ways[name, kind] for kind in range(3) if fits[name, kind]), None) for name in names}
    return partial(_batches, lazy, text, [way.alias(name) for name, way in best.items() if way is not None])


def _convert(draft: Draft, path: Path, data: DataOptions, batches: Batches) -> None:
    """Two passes: how many rows and of which types, then the values."""
    rows = 0
    dtypes: dict[str, np.dtype[Any]] = {}
    for frame in batches():
        rows += frame.height
        for key in sorted(column_keys(data)):
            dtype = column_of(frame[key]).dtype
            dtypes[key] = np.promote_types(dtypes.get(key, dtype), dtype)
    if not rows:
        raise InputError("has a header but no rows", where=str(path))
    inputs = {
        name: draft.array(f"input {name}", (rows, len(spec.names)), np.float32) for name, spec in data.inputs.items()
    }
    columns = {key: draft.array(f"column {key}", (rows,), dtype) for key, dtype in dtypes.items()}
    first = 0
    for frame in batches():
        place = slice(first, first + frame.height)
        for name, spec in data.inputs.items():
            for channel, key in enumerate(spec.names):
                inputs[name][place, channel] = numbers_of(path, frame[key], first)
        for key, values in columns.items():
            values[place] = column_of(frame[key])
        first += frame.height
