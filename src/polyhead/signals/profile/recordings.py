"""A row per recording: facts of how it was made, and its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.profile.clock import Clock
from polyhead.signals.profile.facts import centroid, least_step, simple, zeros
from polyhead.signals.profile.labelling import Labelling, Output
from polyhead.signals.profile.parts import Recordings
from polyhead.signals.profile.samples import evenly, fetched, real, timed_channels, width
from polyhead.signals.profile.stretches import lengths
from polyhead.signals.split import Split
from polyhead.signals.windows import Index, WindowSet

_MOST = 2000  # recordings
_EACH = 4  # windows of a recording, evenly spaced, whose samples are looked at
_VALUES = 2**23  # of samples in all: fewer windows, then fewer recordings, where windows are long
_OUTPUTS = 16  # of a task
_LABEL_DIGITS = 10
_CHANNELS = 4  # of all inputs, evenly spaced
_DIGITS = 5
_EXACT = ("length", "rate_hz", "start")  # facts that are not rounded
_FACTS = ("rms", "mean", "first", "step", "zeros", "centroid")


@dataclass(frozen=True)
class _Members:
    """Windows of the chosen recordings, each array (window,): the window, and the `row` of its recording; in order of
    time within each."""

    window: Index
    row: Index
    count: Index
    first: Index


def recordings(windows: WindowSet, split: Split, labels: Mapping[str, Labelling], clock: Clock) -> Recordings:
    """Facts of at most 2000 recordings that have windows in a split."""
    sides = np.full(len(windows), -1, np.int8)
    for number, name in enumerate(split.names):
        sides[split[name]] = number
    used = np.flatnonzero(sides >= 0)
    counts = np.bincount(windows.recording[used], minlength=len(windows.recordings))
    held = np.flatnonzero(counts)
    chosen = evenly(held, min(_MOST, max(1, _VALUES // width(windows))))
    members = _members(windows, used, chosen)
    return Recordings(
        of=len(held),
        names=[windows.recordings[int(code)] for code in chosen],
        split=_split(sides[members.window], members, split.names),
        windows=counts[chosen].tolist(),
        facts=_facts(windows, members, clock),
        targets=_targets(labels, members),
    )


def _members(windows: WindowSet, used: Index, chosen: Index) -> _Members:
    number = np.full(len(windows.recordings), -1)
    number[chosen] = np.arange(len(chosen))
    row = number[windows.recording[used]]
    window, row = used[row >= 0], row[row >= 0]
    order = np.lexsort((windows.start[window], windows.row[window], row))
    window, row = window[order], row[order]
    count = np.bincount(row, minlength=len(chosen))
    return _Members(window, row, count, np.cumsum(count) - count)


def _split(sides: NDArray[np.int8], members: _Members, names: tuple[str, ...]) -> list[str]:
    low = np.minimum.reduceat(sides, members.first)
    high = np.maximum.reduceat(sides, members.first)
    return [names[a] if a == b else "mixed" for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def _facts(windows: WindowSet, members: _Members, clock: Clock) -> dict[str, list[float | None]]:
    each = max(1, min(_EACH, _VALUES // (width(windows) * len(members.count))))
    steps = np.round(np.arange(each)[:, None] * (members.count - 1) / max(each - 1, 1)).astype(np.int64)
    place = np.unique(members.first + steps)
    looked, row = members.window[place], members.row[place]
    began = np.searchsorted(row, np.arange(len(members.count)))  # the place of each recording's first window in looked
    time = clock.steps(looked)
    rate = clock.rates(members.window[members.first])
    dt = _mean(time.median, row, len(members.count))
    start = time.start[began]
    if windows.time is not None:
        earliest = np.minimum.reduceat(windows.time[members.window], members.first)
        start = np.where(np.isfinite(start), start, earliest)
    facts = {
        "length": _length(windows, members),
        "rate_hz": rate,
        "dt": np.where(np.isfinite(dt), dt, 1 / rate),
        "start": start,
        **_of_channels(windows, looked, row, began),
    }
    return {name: _listed(one, None if name in _EXACT else _DIGITS) for name, one in facts.items()}


def _length(windows: WindowSet, members: _Members) -> NDArray[np.float64]:
    """Samples of all stretches of each recording; NaN without a time axis."""
    if not windows.length:
        return np.full(len(members.count), np.nan)
    stretch = windows.row[members.window]
    changes = (np.diff(stretch, prepend=-1) != 0) | (np.diff(members.row, prepend=-1) != 0)
    heads = np.flatnonzero(changes)
    longest = np.maximum.reduceat(lengths(windows, members.window), heads)
    return np.bincount(members.row[heads], weights=longest, minlength=len(members.count)).astype(np.float64)


def _of_channels(windows: WindowSet, looked: Index, row: Index, began: Index) -> dict[str, NDArray[np.float64]]:
    channels = {name: numbers for name, numbers in timed_channels(windows, _CHANNELS).items() if numbers}
    parts: dict[tuple[str, str], list[NDArray[np.float64]]] = {(n, fact): [] for n in channels for fact in _FACTS}
    for _, _chunk, batch in fetched(windows, looked):
        for name, numbers in channels.items():
            values = batch.inputs[name][:, numbers]
            used = real(values, batch.present)
            found = simple(values, used)
            found |= {
                "step": least_step(values, used),
                "zeros": zeros(values, used),
                "centroid": centroid(values, used),
            }
            for fact in _FACTS:
                parts[name, fact].append(found[fact])
    facts: dict[str, NDArray[np.float64]] = {}
    for (name, fact), pieces in parts.items():
        table = np.concatenate(pieces)
        for place, number in enumerate(channels[name]):
            key = f"{name}.{windows.inputs[name].channels[number]}.{fact}"
            facts[key] = _of_recordings(fact, table[:, place], row, began)
    return facts


def _of_recordings(fact: str, values: NDArray[np.float64], row: Index, began: Index) -> NDArray[np.float64]:
    """A fact of each recording from those of its windows."""
    if fact == "first":
        return values[began]
    if fact == "step":
        return np.fmin.reduceat(values, began)
    if fact == "rms":
        return np.sqrt(_mean(values**2, row, len(began)))
    return _mean(values, row, len(began))


def _mean(values: NDArray[np.float64], row: Index, rows: int) -> NDArray[np.float64]:
    """The mean of what is known of each row; NaN where nothing is."""
    known = np.isfinite(values)
    count = np.bincount(row[known], minlength=rows)
    total = np.bincount(row[known], weights=values[known], minlength=rows)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _listed(values: NDArray[np.float64], digits: int | None) -> list[float | None]:
    return [
        None if not np.isfinite(one) else one if digits is None else float(f"{one:.{digits}g}")
        for one in values.tolist()
    ]


def _targets(labels: Mapping[str, Labelling], members: _Members) -> dict[str, list[float | str | None]]:
    found: dict[str, list[float | str | None]] = {}
    for task, one in labels.items():
        if one.each is not None:
            found[task] = _labels(Output(one.known, one.each.means), members, answers=False)
            continue
        for number, output in enumerate(one.outputs[:_OUTPUTS]):
            name = task if len(one.outputs) == 1 else f"{task}.{number}"
            found[name] = _labels(output, members, bool(one.names))
    return found


def _labels(output: Output, members: _Members, answers: bool) -> list[float | str | None]:
    """The mean of numbers and of answers of yes or no, else the commonest class."""
    rows, mine = len(members.count), output.take(members.window)
    known = mine.known
    if mine.numbers is not None or answers:
        return list(_listed(_mean(np.where(known, mine.values, np.nan), members.row, rows), _LABEL_DIGITS))
    assert mine.codes is not None
    many = max(1, len(mine.classes))
    both, count = np.unique(members.row[known] * many + mine.codes[known], return_counts=True)
    order = np.lexsort((-count, both // many))
    found: list[float | str | None] = [None] * rows
    seen = -1
    for place in order.tolist():
        row, code = divmod(int(both[place]), many)
        if row != seen:
            found[row] = mine.classes[code]
            seen = row
    return found
