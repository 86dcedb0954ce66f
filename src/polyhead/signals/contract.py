"""What a source must hold before windows are cut: equal lengths, one value per row, names, time that increases."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest
from polyhead.signals.source import Source
from polyhead.signals.windows import Index


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


def check_time(data: DataOptions, source: Source, recording: Index, names: tuple[str, ...]) -> None:
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
