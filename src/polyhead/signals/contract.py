"""What a source must hold before windows are cut: equal lengths, one value per row, names, time that increases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest
from polyhead.signals.source import InputArray, Source
from polyhead.signals.windows import Index


def checked_source(found: object, reader: str) -> Source:
    """What a user's own `reader` returned, held to what Source says of it. Raises InputError naming the reader."""
    if not isinstance(found, Source):
        what = f"expected a Source of the reader, found {_kind(found)}"
        raise InputError(what, where=reader, do="return polyhead.signals.source.Source(inputs, columns)")
    wrong = next(_wrong(found), None)
    if wrong is not None:
        raise InputError(wrong, where=reader)
    return found


def _wrong(source: Source) -> Iterator[str]:
    for field, held in (("inputs", source.inputs), ("columns", source.columns)):
        if not isinstance(held, dict) or not all(isinstance(key, str) for key in held):
            yield f"{field}: expected a dict by name, found {_kind(held)}"
    for name, array in source.inputs.items():
        yield from _wrong_input(source, f"input {name!r}", array)
    for key, column in source.columns.items():
        if not isinstance(column, np.ndarray) or not column.ndim or column.dtype.kind not in "fiubU":
            yield f"column {key!r}: expected an array of numbers or text, one per row, found {_kind(column)}"
    extent: Any = source.extent
    if extent is not None:
        if not isinstance(extent, np.ndarray) or extent.ndim != 1 or extent.dtype.kind not in "iu":
            yield f"extent: expected the samples of each row as an array of whole numbers, found {_kind(extent)}"
        elif (extent < 0).any():
            yield f"extent: expected samples of each row, found {extent.min()}"
        elif source.sampled or not any(array.flat for array in source.inputs.values()):
            yield "extent is given, but no input has flat=True, rows that lie one after another"
    rate: Any = source.sampling_hz
    if rate is not None and (not isinstance(rate, int | float | np.number) or not 0 < rate < np.inf):
        yield f"sampling_hz: expected a rate in Hz above 0 or None, found {rate!r}"


def _wrong_input(source: Source, name: str, array: object) -> Iterator[str]:
    if not isinstance(array, InputArray):
        yield f"{name}: expected an InputArray, found {_kind(array)}"
        return
    values: Any = array.values
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        yield f"{name}: expected an array of numbers, found {_kind(values)}"
        return
    flat = array.flat or source.sampled
    if values.ndim not in ((2,) if flat else (2, 3)):
        shapes = "(sample, channel)" if flat else "(row, channel, time) or (row, feature)"
        yield f"{name}: expected values {shapes}, found shape {values.shape}"
    elif values.ndim == 3 and source.extent is not None:
        yield f"{name}: expected values (sample, channel) with flat=True, as extent is given, found {values.shape}"
    elif array.flat and not source.sampled and source.extent is None:
        yield f"{name} is flat: expected extent, the samples of each row, or sampled=True, found neither"
    elif not isinstance(array.channels, tuple | list) or len(array.channels) != values.shape[1]:
        yield f"{name}: expected {values.shape[1]} names of channels for shape {values.shape}, found {array.channels!r}"


def _kind(value: object) -> str:
    """What a value is, for a message."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {value.shape}"
    return "None" if value is None else f"a value of type {type(value).__name__}"


def check_lengths(source: Source) -> None:
    """Refuse arrays whose lengths differ, or without a row."""
    flat = {name: len(array.values) for name, array in source.inputs.items() if array.flat and not source.sampled}
    lengths = {f"input {name!r}": len(one.values) for name, one in source.inputs.items() if name not in flat}
    lengths |= {f"column {key!r}": len(column) for key, column in source.columns.items()}
    if source.extent is not None:
        lengths["extent"] = len(source.extent)
        samples = int(source.extent.sum())
        for name, count in flat.items():
            if count != samples:
                raise InputError(f"input {name!r} has {count} samples, its rows {samples}", where=place(source))
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"arrays of unequal length: {listed}", where=place(source))
    if not source.rows:
        raise InputError("holds no rows", where=place(source))


def check_columns(data: DataOptions, source: Source) -> None:
    """Refuse a key that the source does not hold, a column with several values per row, a recording without a name."""
    targets = {target.key: f"data.targets.{name}" for name, target in data.targets.items()}
    for key, where in (targets | dict.fromkeys(data.column_keys(), "data")).items():
        if key not in source.columns:
            known = ", ".join(map(repr, source.columns)) or "none"
            raise InputError(f"no column {key!r}{nearest(key, source.columns)}; there are {known}", where=where)
    for key in data.column_keys():
        if source.columns[key].ndim != 1:
            raise InputError(f"{key!r} has shape {source.columns[key].shape}, expected one value per row", where="data")
    if isinstance(data.group, str):
        column = source.columns[data.group]
        unnamed = np.flatnonzero(column == "" if column.dtype.kind == "U" else column != column)  # NaN is not itself
        if len(unnamed):
            raise InputError(
                f"{len(unnamed)} rows name no recording in {data.group!r}, the first is row {int(unnamed[0]) + 1}",
                where="data.group",
                do="drop these rows or name their recording",
            )


def check_time(data: DataOptions, source: Source, recording: Index, names: Sequence[str]) -> None:
    """Refuse time stamps that are no numbers, or do not increase within a recording of a table of samples."""
    if data.time is None:
        return
    time: NDArray[Any] = source.columns[data.time]
    if time.dtype.kind not in "fiu":
        raise InputError(f"column {data.time!r} holds {time.dtype}, expected seconds", where="data.time")
    backward = np.flatnonzero(~(np.diff(time.astype(np.float64)) > 0) & (np.diff(recording) == 0))
    if len(backward):
        at = int(backward[0]) + 1
        row = at - int(np.argmax(recording == recording[at])) + 1
        raise InputError(
            f"time does not increase within recording {names[recording[at]]!r}, at its row {row} ({time[at]})",
            where="data.time",
            do="sort the file by recording and time",
        )


def place(source: Source) -> str:
    """Where the source came from, for a message."""
    return ", ".join(map(str, source.files[:3])) + (", ..." if len(source.files) > 3 else "") or "data"
