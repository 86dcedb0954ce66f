"""From what a reader brought to windows: recordings named, targets masked, windows cut, contract checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import Consecutive, DataOptions, TargetOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest
from polyhead.signals.source import InputArray, Source
from polyhead.signals.target import label_of, read_target
from polyhead.signals.windows import Index, WindowSet


def assemble(data: DataOptions, source: Source, horizon: int) -> WindowSet:
    """Cut `source` into windows that `horizon` samples follow. Raises InputError where the data break the contract."""
    if not source.inputs:
        raise InputError("no inputs", where="data.inputs", do="name at least one, e.g. `signal: {key: x}`")
    _check_lengths(source)
    _check_columns(data, source)
    names, recording = _recordings(data, source)
    order = _contiguous(recording) if source.sampled else None
    if order is not None:
        source, recording = _reordered(source, order), recording[order]
    cut = _cut_samples if source.sampled else _cut_rows
    row, start, at, length = cut(data, source, recording, names, horizon)
    options = data.targets or {key: TargetOptions(key=key) for key in source.columns}
    targets = {name: read_target(name, target, source.columns[target.key]).take(at) for name, target in options.items()}
    return WindowSet(
        inputs=source.inputs,
        targets=targets,
        columns={key: column[at] for key, column in source.columns.items()},
        recordings=names,
        recording=recording[at],
        row=row,
        start=start,
        at=at,
        length=length,
        horizon=horizon if length else 0,
        stride=data.window.stride if data.window else length,
        sampled=source.sampled,
        sampling_hz=_sampling_hz(data, source),
    )


def _check_lengths(source: Source) -> None:
    lengths = {f"input {name!r}": len(array.values) for name, array in source.inputs.items()}
    lengths |= {f"column {key!r}": len(column) for key, column in source.columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"arrays of unequal length: {listed}", where=_place(source))
    if not source.rows:
        raise InputError("holds no rows", where=_place(source))


def _check_columns(data: DataOptions, source: Source) -> None:
    """Refuse a key that the source does not hold, a column with several values per row, a recording without a name."""
    targets = {target.key: f"data.targets.{name}" for name, target in data.targets.items()}
    for key, place in (targets | dict.fromkeys(data.column_keys(), "data")).items():
        if key not in source.columns:
            known = ", ".join(map(repr, source.columns)) or "none"
            raise InputError(f"no column {key!r}{nearest(key, source.columns)}; there are {known}", where=place)
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


def _place(source: Source) -> str:
    return ", ".join(map(str, source.files)) or "data"


def _recordings(data: DataOptions, source: Source) -> tuple[tuple[str, ...], Index]:
    if data.group is None:
        rows = np.arange(source.rows)
        return (("all",), np.zeros_like(rows)) if source.sampled else (tuple(map(str, rows)), rows)
    if isinstance(data.group, Consecutive):
        recording = np.arange(source.rows) // data.group.consecutive
        return tuple(f"block-{i:03d}" for i in range(recording[-1] + 1)), recording
    distinct, recording = np.unique(source.columns[data.group], return_inverse=True)
    return tuple(map(label_of, distinct)), recording.astype(np.int64)


def _contiguous(recording: Index) -> Index | None:
    """The order that brings the samples of each recording together, or None where they already are."""
    changes = np.count_nonzero(np.diff(recording)) + 1
    return None if changes == len(np.unique(recording)) else np.argsort(recording, kind="stable")


def _reordered(source: Source, order: Index) -> Source:
    inputs = {n: InputArray(a.values[order], a.channels, a.unit) for n, a in source.inputs.items()}
    columns = {key: column[order] for key, column in source.columns.items()}
    return Source(inputs, columns, source.sampling_hz, source.sampled, source.files)


Cut = tuple[Index, Index, Index, int]


def _cut_rows(data: DataOptions, source: Source, recording: Index, names: tuple[str, ...], horizon: int) -> Cut:
    """Windows within rows that are stretches of signal; each knows its row."""
    if data.time is not None:
        raise InputError(
            "rows are windows here, not samples in time: nothing reads it",
            where="data.time",
            do="leave it out",
        )
    samples = {name: array.values.shape[2] for name, array in source.inputs.items() if array.values.ndim == 3}
    rows = np.arange(source.rows)
    if not samples:
        if data.window is not None:
            raise InputError("no input has a time axis to cut", where="data.window", do="drop it or give `axes`")
        return rows, np.zeros_like(rows), rows, 0
    if len(set(samples.values())) > 1:
        raise InputError(f"inputs differ in samples per row: {samples}", where=_place(source))
    available = next(iter(samples.values()))
    length = data.window.length if data.window else available - horizon
    if length < 1 or length + horizon > available:
        raise InputError(
            f"window {max(length, 1)} + horizon {horizon} samples exceed the recordings' {available}",
            where="data.window",
            do=f"write length: {max(available - horizon, 1)} or less",
            check="window-contract",
        )
    stride = data.window.stride if data.window else length
    starts = np.arange(0, available - length - horizon + 1, stride)
    row, start = np.repeat(rows, len(starts)), np.tile(starts, len(rows))
    return row, start, row, length


def _cut_samples(data: DataOptions, source: Source, recording: Index, names: tuple[str, ...], horizon: int) -> Cut:
    """Windows along a table of samples, within each recording; a window's target stands at its last sample."""
    if data.window is None:
        raise InputError(
            "a row is one sample in time, so windows are needed",
            where="data",
            do="write window: {length: N, stride: N}",
        )
    _check_time(data, source, recording, names)
    length, span = data.window.length, data.window.length + horizon
    starts: list[Index] = []
    for code, first, count in _runs(recording):
        if count < span:
            raise InputError(
                f"recording {names[code]!r} has {count} samples, fewer than window {length} + horizon {horizon}",
                where="data.window",
                do=f"write length: {max(count - horizon, 1)} or less",
                check="window-contract",
            )
        starts.append(first + np.arange(0, count - span + 1, data.window.stride))
    start = np.concatenate(starts)
    return np.zeros_like(start), start, start + length - 1, length


def _runs(recording: Index) -> Iterator[tuple[int, int, int]]:
    """(recording, first sample, samples) of each stretch."""
    edges = np.flatnonzero(np.diff(recording)) + 1
    for first, last in zip([0, *edges], [*edges, len(recording)], strict=True):
        yield int(recording[first]), int(first), int(last - first)


def _check_time(data: DataOptions, source: Source, recording: Index, names: tuple[str, ...]) -> None:
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


def _sampling_hz(data: DataOptions, source: Source) -> float | None:
    if not isinstance(data.sampling_hz, str):
        return float(data.sampling_hz) if data.sampling_hz else source.sampling_hz
    rates = np.unique(source.columns[data.sampling_hz])
    if rates.dtype.kind not in "fiu" or not (np.isfinite(rates) & (rates > 0)).all():
        raise InputError(
            f"{data.sampling_hz!r} holds {label_of(rates[0])!r}, expected a rate in Hz", where="data.sampling_hz"
        )
    if len(rates) > 1:
        raise InputError(
            f"recordings differ in sampling rate: {', '.join(map(label_of, rates[:5]))} Hz",
            where="data.sampling_hz",
            do="resample them to one rate",
        )
    return float(rates[0])
