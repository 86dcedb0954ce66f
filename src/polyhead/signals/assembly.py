"""From what a reader brought to windows: recordings named, rows selected, targets masked, windows cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import Consecutive, DataOptions, TargetOptions, WindowOptions
from polyhead.errors import InputError
from polyhead.signals.codes import coded_runs
from polyhead.signals.contract import check_columns, check_lengths, check_time, place
from polyhead.signals.cutting import Cut, Stretches, cut
from polyhead.signals.marks import cut_marks
from polyhead.signals.position import with_position
from polyhead.signals.selection import selected
from polyhead.signals.source import InputArray, Source
from polyhead.signals.target import label_of, read_target
from polyhead.signals.timing import with_time
from polyhead.signals.windows import Index, Numbered, WindowSet


def assemble(data: DataOptions, source: Source, horizon: int, seed: int = 0) -> WindowSet:
    """Cut `source` into windows that `horizon` samples follow; random windows are drawn from `seed`.

    Raises InputError where the data break the contract.
    """
    if not source.inputs:
        raise InputError("no inputs", where="data.inputs", do="name at least one, e.g. `signal: {key: x}`")
    check_lengths(source)
    check_columns(data, source)
    names, recording = _recordings(data, source)
    order = _contiguous(recording, len(names)) if source.sampled else None
    if order is not None:
        source, recording = _reordered(source, order), recording[order]
    if source.sampled:
        check_time(data, source, recording, names)
    source = with_time(data, source, recording)
    stretches, length = _stretches(data, source, recording, names, horizon)
    if not length:
        windows = Cut(np.arange(len(stretches.row)), stretches.first, np.zeros(len(stretches.row), np.int64))
    else:
        windows = cut(stretches, _window(data, length), length, horizon, seed)
    if not len(windows.stretch):
        raise InputError(f"no recording has {length} + {horizon} samples", where="data.window", do="write less length")
    source = with_position(data, source, length)
    return _window_set(data, source, names, stretches, windows, length, horizon if length else 0)


def _window_set(
    data: DataOptions,
    source: Source,
    names: Sequence[str],
    stretches: Stretches,
    windows: Cut,
    length: int,
    horizon: int,
) -> WindowSet:
    stretch, start = windows.stretch, windows.start
    at = start + windows.filled - 1 if source.sampled else stretches.row[stretch]
    options = data.targets or {key: TargetOptions(key=key) for key in source.columns}
    span = length + horizon
    slack = bool((stretches.count > span).any())
    return WindowSet(
        inputs=source.inputs,
        targets={
            n: cut_marks(n, target, source, stretches.row[stretch], start, windows.filled, length)
            if target.marks
            else read_target(n, target, source.columns[target.key]).take(at)
            for n, target in options.items()
        },
        columns={key: column[at] for key, column in source.columns.items()},
        recordings=names,
        recording=stretches.recording[stretch],
        row=stretches.row[stretch],
        start=start,
        at=at,
        length=length,
        horizon=horizon,
        stride=data.window.step if data.window else length,
        sampled=source.sampled,
        sampling_hz=_sampling_hz(data, source, at),
        earliest=stretches.first[stretch] if slack else None,
        latest=(stretches.first + np.maximum(stretches.count - span, 0))[stretch] if slack else None,
        filled=windows.filled if (windows.filled < length).any() else None,
        time=source.columns[data.time][at].astype(np.float64) if data.time else None,
        stamps=source.columns[data.time] if data.time and source.sampled else None,
        positioned=data.window is not None and data.window.position,
    )


def _window(data: DataOptions, length: int) -> WindowOptions:
    """The config's way to cut; without one, each row is a window, masked where rows differ in length."""
    return data.window or WindowOptions(length=length, short="mask" if data.lengths else "refuse")


def _recordings(data: DataOptions, source: Source) -> tuple[Sequence[str], Index]:
    if data.group is None:
        if source.sampled:
            return ("all",), np.zeros(source.rows, np.int64)
        return Numbered(source.rows), np.arange(source.rows)
    if isinstance(data.group, Consecutive):
        recording = np.arange(source.rows) // data.group.consecutive
        return tuple(f"block-{i:03d}" for i in range(recording[-1] + 1)), recording
    distinct, recording = coded_runs(source.columns[data.group])
    return tuple(map(label_of, distinct)), recording


def _contiguous(recording: Index, recordings: int) -> Index | None:
    """The order that brings the samples of each of so many recordings together, or None where they already are."""
    changes = np.count_nonzero(recording[1:] != recording[:-1]) + 1
    return None if changes == recordings else np.argsort(recording, kind="stable")


def _reordered(source: Source, order: Index) -> Source:
    inputs = {n: InputArray(a.values[order], a.channels, a.unit, a.flat) for n, a in source.inputs.items()}
    return replace(source, inputs=inputs, columns={key: column[order] for key, column in source.columns.items()})


def _stretches(
    data: DataOptions, source: Source, recording: Index, names: Sequence[str], horizon: int
) -> tuple[Stretches, int]:
    """The selected stretches of signal and the length of windows, 0 where no input has a time axis."""
    keep = selected(data.select, source.columns, source.rows)
    if source.sampled:
        stretches = _runs(recording, keep, names)
    else:
        available = _available(data, source)
        rows = np.flatnonzero(keep)
        first = np.zeros(source.rows, np.int64) if source.extent is None else np.cumsum(source.extent) - source.extent
        if available is None:
            return Stretches(first, first, np.arange(source.rows), recording).take(rows), 0
        stretches = Stretches(first, available, np.arange(source.rows), recording).take(rows)
    if not len(stretches.row):
        raise InputError("no row is selected", where="data.select", do="widen it")
    return stretches, _checked_length(data, source, stretches, names, horizon)


def _runs(recording: Index, keep: NDArray[np.bool_], names: Sequence[str]) -> Stretches:
    """Each recording of a table of samples. Raises InputError where only a part of one is selected."""
    edges = np.flatnonzero(recording[1:] != recording[:-1]) + 1
    first = np.concatenate([[0], edges]).astype(np.int64)
    count = np.diff(np.append(first, len(recording)))
    kept = np.add.reduceat(keep, first, dtype=np.int64)
    part = np.flatnonzero((kept > 0) & (kept < count))
    if len(part):
        raise InputError(
            f"selects {kept[part[0]]} of {count[part[0]]} samples of recording {names[recording[first[part[0]]]]!r}",
            where="data.select",
            do="select by a column that is constant within a recording",
        )
    every = Stretches(first, count, np.zeros_like(first), recording[first])
    return every.take(np.flatnonzero(kept > 0))


def _available(data: DataOptions, source: Source) -> Index | None:
    """Real samples of each row (row,), or None where no input has a time axis."""
    if source.extent is not None:
        return source.extent
    samples = {name: array.values.shape[2] for name, array in source.inputs.items() if array.values.ndim == 3}
    if not samples:
        if data.window is not None:
            raise InputError("no input has a time axis to cut", where="data.window", do="drop it or give `axes`")
        return None
    if len(set(samples.values())) > 1:
        raise InputError(f"inputs differ in samples per row: {samples}", where=place(source))
    most = next(iter(samples.values()))
    if data.lengths is None:
        return np.full(source.rows, most, np.int64)
    real = source.columns[data.lengths]
    if real.dtype.kind not in "iuf" or not np.array_equal(real, np.clip(np.floor(real), 1, most)):
        raise InputError(f"{data.lengths!r} must hold whole numbers from 1 to {most}", where="data.lengths")
    return np.asarray(real.astype(np.int64))


def _checked_length(data: DataOptions, source: Source, stretches: Stretches, names: Sequence[str], horizon: int) -> int:
    if data.window is None and (source.sampled or source.extent is not None):
        why = "a row is one sample in time" if source.sampled else "recordings differ in length"
        raise InputError(
            f"{why}, so windows are needed",
            where="data",
            do="write window: {length: N, stride: N}",
        )
    least, most = int(stretches.count.min()), int(stretches.count.max())
    length = data.window.length if data.window else most - horizon
    if length >= 1:
        options = _window(data, length)
        if options.short != "refuse" or least >= (options.least or length) + horizon:
            return length
    lengths = f"write length: {max(least - horizon, 1)} or less"
    if least == most and not source.sampled:
        what = f"window {max(length, 1)} + horizon {horizon} samples exceed the recordings' {most}"
        raise InputError(what, where="data.window", do=lengths, check="window-contract")
    one = names[stretches.recording[int(stretches.count.argmin())]]
    raise InputError(
        f"recording {one!r} has {least} samples, fewer than window {max(length, 1)} + horizon {horizon}",
        where="data.window",
        do=f"{lengths}, or say what becomes of it with `short: drop` or `short: mask`",
        check="window-contract",
    )


def _sampling_hz(data: DataOptions, source: Source, at: Index) -> float | None:
    if not isinstance(data.sampling_hz, str):
        return float(data.sampling_hz) if data.sampling_hz else source.sampling_hz
    rates = np.unique(source.columns[data.sampling_hz][at])
    if rates.dtype.kind not in "fiu" or not (np.isfinite(rates) & (rates > 0)).all():
        raise InputError(
            f"{data.sampling_hz!r} holds {label_of(rates[0])!r}, expected a rate in Hz", where="data.sampling_hz"
        )
    if len(rates) > 1:
        raise InputError(
            f"recordings differ in sampling rate: {', '.join(map(label_of, rates[:5]))} Hz",
            where="data.sampling_hz",
            do="resample them to one rate, or select one",
        )
    return float(rates[0])
