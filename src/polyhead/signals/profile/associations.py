"""How strongly simple numbers of a window go with the labels, before scaling and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.profile.clock import Clock
from polyhead.signals.profile.facts import simple
from polyhead.signals.profile.labelling import Labelling, Output
from polyhead.signals.profile.parts import Association
from polyhead.signals.profile.ranks import correlation_ratio, spearman
from polyhead.signals.profile.samples import CHANNELS, evenly, fetched, looked_at, real, scaled, timed_channels
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet

_EXACT = 1e-6  # of a label's spread
_OUTPUTS = 8  # of a task that are compared
_NOISE = 1e-5  # of a channel's level after scaling, below which differences are those of rounding


@dataclass(frozen=True)
class _Fact:
    """One number of each window (window,), of the data as they come and of what the network gets."""

    name: str
    raw: NDArray[np.float64]
    got: NDArray[np.float64]
    always: bool = True  # told of whatever is found; else only where it holds a copy


def associations(
    windows: WindowSet,
    train: Index,
    scaling: Mapping[str, ChannelScaling],
    labels: Mapping[str, Labelling],
    clock: Clock,
) -> list[Association]:
    """Every fact with every task that has labels; last samples only where they hold a copy of the label."""
    if not labels:
        return []
    index = looked_at(windows, train)
    facts = [*_of_inputs(windows, index, scaling), *_of_time(clock, index)]
    every = (_association(fact, task, windows, index) for fact in facts for task in labels.values())
    return [one for one in every if one is not None]


def _of_inputs(windows: WindowSet, index: Index, scaling: Mapping[str, ChannelScaling]) -> Iterator[_Fact]:
    channels = timed_channels(windows)
    known = {name: _known_channels(windows, name) for name in windows.inputs if name not in windows.timed}
    wanted = [(name, fact) for name in channels for fact in ("rms", "mean", "first", "last")]
    wanted += [(name, "value") for name in known]
    parts: dict[tuple[str, str], list[tuple[NDArray[np.float64], NDArray[np.float64]]]] = {key: [] for key in wanted}
    for _, chunk, batch in fetched(windows, index):
        recording = windows.recording[chunk]
        for name, values in batch.inputs.items():
            got = scaled(scaling[name], values, recording)
            if name in known:
                parts[name, "value"].append((_double(values[:, known[name]]), _double(got[:, known[name]])))
                continue
            used = real(values, batch.present)[:, channels[name]]
            raw = simple(values[:, channels[name]], used)
            after = simple(got[:, channels[name]], used)
            for fact in raw:
                parts[name, fact].append((raw[fact], after[fact]))
    for (name, fact), pieces in parts.items():
        raw_, got_ = (np.concatenate(each) for each in zip(*pieces, strict=True))
        if name in channels:
            got_ = _rounded(got_, np.concatenate([after for _, after in parts[name, "rms"]]))
        for place, number in enumerate({**channels, **known}[name]):
            label = f"{name}.{windows.inputs[name].channels[number]}.{fact}"
            yield _Fact(label, raw_[:, place], got_[:, place], fact != "last")


def _rounded(values: NDArray[np.float64], rms: NDArray[np.float64]) -> NDArray[np.float64]:
    """(window, channel) in steps of what can be told apart at this level (window, channel): scaling by each recording
    leaves an rms of 1 and rounding errors, which would have ranks too."""
    level = np.nanmedian(np.where(np.isfinite(rms), rms, 0.0), axis=0) * _NOISE
    return np.where(level > 0, np.round(values / np.where(level > 0, level, 1.0)), values)


def _known_channels(windows: WindowSet, name: str) -> list[int]:
    return [int(number) for number in evenly(np.arange(len(windows.inputs[name].channels)), CHANNELS)]


def _double(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values.astype(np.float64)


def _of_time(clock: Clock, index: Index) -> Iterator[_Fact]:
    """The time step; where no input carries it, the network gets nothing of it."""
    if clock.source is not None:
        steps = clock.steps(index)
        yield _Fact("dt", steps.median, np.zeros(len(index)) if clock.carrier is None else steps.scaled)


def _association(fact: _Fact, task: Labelling, windows: WindowSet, index: Index) -> Association | None:
    """The strongest over the task's outputs."""
    used = np.flatnonzero(task.known[index] & np.isfinite(fact.raw))
    if not len(used):
        return None
    raw, got = fact.raw[used], np.nan_to_num(fact.got[used], posinf=0.0, neginf=0.0)
    outputs = [output.take(index[used]) for output in task.outputs[:_OUTPUTS]]
    copy = max(_copy(raw, output) for output in outputs)
    if not copy and not fact.always:
        return None
    strengths = [(_strength(raw, output), _strength(got, output)) for output in outputs]
    before, after = max(strengths)
    recordings = len(np.unique(windows.recording[index[used]]))
    return Association(fact.name, task.task, round(before, 6), round(after, 6), len(used), recordings, copy)


def _strength(values: NDArray[np.float64], output: Output) -> float:
    if output.numbers is not None:
        return abs(spearman(values, output.numbers))
    assert output.codes is not None
    return correlation_ratio(values, output.codes)


def _copy(raw: NDArray[np.float64], output: Output) -> float:
    """Share of windows on which the number is the label."""
    label = output.values.astype(np.float32).astype(np.float64)  # as an input would hold it
    spread = float(np.nanstd(label)) if np.isfinite(label).any() else 0.0
    return float(np.mean(np.abs(raw - label) <= _EXACT * spread)) if spread > 0 else 0.0
