"""A metadata table with one row per recording, and an HDF5 file with one dataset per row, called by its Id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.cache import Draft, converted
from polyhead.signals.readers.cells import check_column, column_of
from polyhead.signals.readers.hdf5 import blocks, opened, reason
from polyhead.signals.readers.path import nearest, readable
from polyhead.signals.readers.table import csv_frame, excel_frame
from polyhead.signals.selection import selected
from polyhead.signals.source import InputArray, Source

if TYPE_CHECKING:
    import h5py
    import polars

ID = "Id"
NUMBERS = ("Label", "RUL_label", "Sample_rate")
"""Columns that must hold numbers, or nothing."""
FLAGS = ("Fault_Diagnosis", "Anomaly_Detection", "Remaining_Life", "Digital_Twin_Prediction")
"""Columns that say which tasks a recording serves: 1, TRUE and yes become 1, everything else 0."""
_YES = ("1", "1.0", "true", "yes")
_NAMED = 5  # rows that a message names at most


class MetadataCacheOptions(Block):
    """Keys of the metadata_cache reader."""

    metadata: str | None = None
    """The table, csv or xlsx, relative to the folder of the HDF5 file or absolute. Default: the one file called
    `metadata*` beside it."""
    channels: PositiveInt | None = None
    """Use the first so many channels, where recordings differ in how many they have. Default: all."""


def read(data: DataOptions) -> Source:
    """The recordings of the selected rows, in the table's order, as the flat input `signal`; every column of the table.

    `data.path` is the HDF5 file, or the folder that holds it as `cache.h5`; its datasets have shape (sample,),
    (sample, channel) or (sample, channel, 1). Raises InputError naming file, row and column.
    """
    options = MetadataCacheOptions.model_validate(data.options)
    path, table = _files(data.path, options)
    frame = csv_frame(table) if table.suffix.lower() == ".csv" else excel_frame(table)
    ids = _ids(table, frame)
    columns = _columns(table, frame)
    for key in data.select:
        if key not in columns:
            known = ", ".join(map(repr, columns))
            raise InputError(f"no column {key!r}{nearest(key, columns)}; it has {known}", where=str(table))
    rows = np.flatnonzero(selected(data.select, columns, len(ids)))
    if not len(rows):
        raise InputError("no row is selected", where="data.select")
    signal, extent = _signal(path, table, [ids[row] for row in rows], rows, options)
    channels = tuple(str(number) for number in range(signal.shape[1]))
    inputs = {"signal": InputArray(signal, channels, flat=True)}
    kept = {key: column[rows] for key, column in columns.items()}
    return Source(inputs, kept, files=(path, table), extent=extent)


def _files(given: str | None, options: MetadataCacheOptions) -> tuple[Path, Path]:
    folder = Path(given) if given is not None and Path(given).is_dir() else None
    path = readable(str(folder / "cache.h5") if folder else given)
    if options.metadata is not None:
        return path, readable(str(path.parent / options.metadata))
    found = sorted(p for p in path.parent.glob("metadata*") if p.suffix.lower() in (".csv", ".xlsx"))
    if len(found) != 1:
        what = f"{len(found)} tables called metadata*: {', '.join(p.name for p in found)}" if found else "no metadata*"
        raise InputError(f"{what}, expected one csv or xlsx", where=str(path.parent), do="write `metadata: FILE`")
    return path, readable(str(found[0]))


def _ids(table: Path, frame: polars.DataFrame) -> list[str]:
    """The Id of each row as datasets are called: 7 for the number 7.0, too."""
    if ID not in frame.columns:
        known = ", ".join(map(repr, frame.columns))
        raise InputError(f"no column {ID!r}{nearest(ID, frame.columns)}; it has {known}", where=str(table))
    ids: dict[str, int] = {}
    for row, value in enumerate(frame[ID].to_list()):
        name = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
        if value is None or not name:
            raise InputError(f"row {row + 1} has no {ID}", where=str(table))
        if name in ids:
            raise InputError(f"{ID} {name} stands in row {ids[name] + 1} and again in row {row + 1}", where=str(table))
        ids[name] = row
    if not ids:
        raise InputError("has a header but no rows", where=str(table))
    return list(ids)


def _columns(table: Path, frame: polars.DataFrame) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    for key in frame.columns:
        check_column(table, frame.schema, key)
        columns[key] = column_of(frame[key])
    for key in NUMBERS:
        if key not in columns:
            continue
        column = columns[key]
        if column.dtype.kind == "U" and not (column == "").all():
            row = int(np.argmin([_is_number(cell) for cell in column.tolist()]))
            raise InputError(f"row {row + 1} holds {str(column[row])!r} in {key!r}, not a number", where=str(table))
        columns[key] = np.full(len(column), np.nan) if column.dtype.kind == "U" else column
    for key in FLAGS:
        if key in columns:
            columns[key] = np.isin(np.char.lower(columns[key].astype(np.str_)), _YES).astype(np.int64)
    return columns


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def _signal(
    path: Path, table: Path, ids: Sequence[str], rows: NDArray[np.int64], options: MetadataCacheOptions
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """All recordings end to end (sample, channel) and the samples of each (row,), out of the cache."""

    def build(draft: Draft) -> None:
        with opened(path) as file:
            shapes = _shapes(path, table, file, ids, rows)
            channels = _channels(path, ids, rows, shapes, options)
            extent = np.array([shape[0] for shape in shapes], np.int64)
            signal = draft.array("signal", (int(extent.sum()), channels), np.float32)
            draft.save("extent", extent)
            for name, shape, end in zip(ids, shapes, np.cumsum(extent).tolist(), strict=True):
                _copy(path, file[name], signal[end - shape[0] : end])

    chosen = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    entry = converted("metadata_cache", [path], {"ids": chosen, "channels": options.channels}, build)
    return entry["signal"], entry["extent"]


def _shapes(
    path: Path, table: Path, file: h5py.File, ids: Sequence[str], rows: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """(samples, channels) of each recording."""
    import h5py

    missing = [place for place, name in enumerate(ids) if name not in file]
    if missing:
        first = missing[0]
        more = f" ({len(missing)} such rows)" if len(missing) > 1 else ""
        raise InputError(
            f"row {rows[first] + 1} has the {ID} {ids[first]}, but {path.name} has no dataset of that name{more}",
            where=str(table),
            do="drop the row or leave it out with `select`",
        )
    shapes = []
    for name in ids:
        dataset = file[name]
        shape = dataset.shape if isinstance(dataset, h5py.Dataset) else None
        if shape is None or dataset.dtype.kind not in "fiu" or not 1 <= len(shape) <= 3 or shape[2:] not in ((), (1,)):
            found = f"{dataset.dtype} of shape {shape}" if isinstance(dataset, h5py.Dataset) else "a group"
            what = f"dataset {name!r} is {found}, expected numbers (sample, channel) or (sample, channel, 1)"
            raise InputError(what, where=str(path))
        shapes.append((shape[0], shape[1] if len(shape) > 1 else 1))
    return shapes


def _channels(
    path: Path,
    ids: Sequence[str],
    rows: NDArray[np.int64],
    shapes: list[tuple[int, int]],
    options: MetadataCacheOptions,
) -> int:
    counts = np.array([shape[1] for shape in shapes])
    if options.channels is None:
        other = np.flatnonzero(counts != counts[0])
        if len(other):
            named = ", ".join(f"{ids[i]} (row {rows[i] + 1}) {counts[i]}" for i in other[:_NAMED])
            more = ", ..." if len(other) > _NAMED else ""
            raise InputError(
                f"recordings differ in channels: {ID} {ids[0]} (row {rows[0] + 1}) has {counts[0]}, {named}{more}",
                where=str(path),
                do=f"write `channels: {counts.min()}` to use the first ones, or leave rows out with `select`",
            )
        return int(counts[0])
    few = np.flatnonzero(counts < options.channels)
    if len(few):
        name = f"{ID} {ids[few[0]]} (row {rows[few[0]] + 1})"
        raise InputError(
            f"{name} has {counts[few[0]]} channels, fewer than channels: {options.channels}", where=str(path)
        )
    return options.channels


def _copy(path: Path, dataset: h5py.Dataset, target: NDArray[np.float32]) -> None:
    """A recording into its place (sample, channel), as float32, a block at a time."""
    try:
        for block in blocks(dataset.shape, dataset.chunks, dataset.dtype.itemsize):
            values = dataset[block]
            values = values[:, None] if values.ndim == 1 else values.reshape(values.shape[:2])
            first = block[1].start if len(block) > 1 else 0
            with np.errstate(over="ignore"):
                target[block[0], first : first + values.shape[1]] = values[:, : max(0, target.shape[1] - first)]
    except (OSError, RuntimeError) as error:
        name = dataset.name.strip("/")
        raise InputError(f"dataset {name!r} cannot be read ({reason(error)})", where=str(path)) from error
