"""From what a reader brought to everything that is fitted before the first step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from polyhead.config.data import DataOptions
from polyhead.config.experiment import Experiment, ReweightingOptions
from polyhead.config.tasks import (
    BinaryOptions,
    ClassificationOptions,
    LabelTaskOptions,
    MarksTaskOptions,
    OrdinalOptions,
)
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.reweighting import Weights, fit_weights
from polyhead.signals.source import Source
from polyhead.signals.split import Split, judged, make_split
from polyhead.signals.statistics import (
    ChannelScaling,
    ChannelStatistics,
    channel_statistics,
    fit_scaling,
    refuse_non_finite,
    scale_recordings,
)
from polyhead.signals.target import Target, label_of
from polyhead.signals.timing import in_seconds
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import Task, fit_task


@dataclass(frozen=True)
class Prepared:
    """Windows, split, scaling, weights and tasks of one experiment, which know the training windows only."""

    experiment: Experiment
    windows: WindowSet
    split: Split
    statistics: dict[str, dict[str, ChannelStatistics]]
    scaling: dict[str, ChannelScaling]
    weights: Weights | None
    tasks: tuple[Task, ...]


def prepare(experiment: Experiment, source: Source) -> Prepared:
    """Cut, split, scale and fit the tasks. Raises InputError where data and config do not fit."""
    data = experiment.data
    _check_time(data, source)
    windows = assemble(data, source, experiment.horizon, experiment.seed)
    _check_targets(experiment, windows)
    if data.non_finite == "refuse":
        refuse_non_finite(windows)
    _check_jitter(data, windows)
    split = judged(windows, make_split(windows, data.split, experiment.seed), data.window)
    check_classes(experiment, windows, split)
    statistics = {name: channel_statistics(windows, split[name]) for name in split.names}
    _check_scaling(experiment, windows)
    scaling = {name: _scaling(data, windows, name, statistics["train"][name]) for name in windows.inputs}
    weights = _weights(experiment, windows, split["train"])
    values = None if weights is None else weights.values
    tasks = [
        fit_task(name, options, windows, split["train"], scaling, values)
        for name, options in experiment.enabled.items()
    ]
    return Prepared(experiment, windows, split, statistics, scaling, weights, tuple(tasks))


def _scaling(data: DataOptions, windows: WindowSet, name: str, statistics: ChannelStatistics) -> ChannelScaling:
    kind = "none" if windows.is_position(name) else data.scaling.get(name, "standard")
    if kind != "per_recording":
        return fit_scaling(statistics, kind)
    if data.split.by in ("time", "window"):
        raise InputError(
            f"a recording's own mean and spread would come from its test windows too, with split by {data.split.by}",
            where=f"data.scaling.{name}",
            do="write `standard`, or split by recording",
            check="split-leakage",
        )
    if name not in windows.timed:
        raise InputError(
            f"input {name!r} has no time axis, each recording's own mean would leave nothing of it",
            where=f"data.scaling.{name}",
        )
    return scale_recordings(windows, name)


def _weights(experiment: Experiment, windows: WindowSet, train: Index) -> Weights | None:
    """Weights of the training windows, or None where nothing is reweighted."""
    used: dict[str, tuple[Target, ReweightingOptions]] = {}
    for name, options in experiment.reweighting.items():
        task = experiment.tasks[name]
        if options.enabled and task.enabled:
            used[name] = (windows.targets[getattr(task, "target", None) or name], options)
    return fit_weights(used, train) if used else None


def _check_jitter(data: DataOptions, windows: WindowSet) -> None:
    """Refuse windows that would move to where they are judged, away from their label, or over samples not looked at."""
    if data.augment is None or not data.augment.jitter:
        return
    why = None
    if data.split.by in ("time", "window"):
        why = f"with split by {data.split.by} a window could move over samples that are judged"
    elif any(one.marks for one in windows.targets.values()):
        why = "the marks of a window's samples would not move with it"
    elif windows.sampled and windows.targets:
        why = "the label stands at a window's last sample and would not move with it"
    elif windows.earliest is None or windows.latest is None or np.array_equal(windows.earliest, windows.latest):
        why = "every row is as long as a window, so that none can move"
    if why:
        raise InputError(why, where="data.augment.jitter", do="leave it out")
    if data.non_finite == "refuse":
        ends = [replace(windows, start=start) for start in _reached(windows, data.augment.jitter)]
        for one in ends:
            refuse_non_finite(one)


def _reached(windows: WindowSet, jitter: int) -> list[Index]:
    """The starts that cover every sample a window can move over, a window's length apart."""
    assert windows.earliest is not None
    assert windows.latest is not None
    steps = range(-jitter, jitter + windows.length, windows.length)
    return [np.clip(windows.start + min(step, jitter), windows.earliest, windows.latest) for step in steps]


def _check_time(data: DataOptions, source: Source) -> None:
    """Refuse time stamps of rows that nothing would read."""
    read = data.split.by == "time" or (data.window is not None and data.window.judged("test") == "last")
    if data.time is not None and not source.sampled and not in_seconds(data, "time") and not read:
        raise InputError(
            "rows are windows here, not samples in time: nothing reads it", where="data.time", do="leave it out"
        )


def _check_targets(experiment: Experiment, windows: WindowSet) -> None:
    for name, options in experiment.enabled.items():
        target = getattr(options, "target", None) or name
        if isinstance(options, LabelTaskOptions) and target not in windows.targets:
            raise InputError(
                f"no target {target!r}; there are {', '.join(windows.targets) or 'none'}",
                where=f"tasks.{name}",
                do="name one under data.targets and in the task's `target`",
            )
        if isinstance(options, LabelTaskOptions) and windows.targets[target].marks != isinstance(
            options, MarksTaskOptions
        ):
            _refuse_axes(name, target, options.kind, marks=windows.targets[target].marks)


def _refuse_axes(name: str, target: str, kind: str, marks: bool) -> None:
    """Refuse marks for a kind that reads one value, and one value for a kind that reads marks."""
    if marks:
        raise InputError(
            f"{kind} needs one value per window, target {target!r} has one for each sample",
            where=f"tasks.{name}",
            do="write `kind: span`, pointers or countdown, or name another target",
        )
    raise InputError(
        f"{kind} needs one value for each sample of a window, target {target!r} has one per window",
        where=f"tasks.{name}",
        do=f"write `axes: [window, time]` in data.targets.{target}",
    )


def _check_scaling(experiment: Experiment, windows: WindowSet) -> None:
    for name in experiment.data.scaling:
        if name not in windows.inputs:
            raise InputError(f"no input {name!r}; there are {', '.join(windows.inputs)}", where="data.scaling")


def check_classes(experiment: Experiment, windows: WindowSet, split: Split) -> None:
    """Refuse a class that a split holds but training has never seen: no head could put it out."""
    for name, options in experiment.enabled.items():
        if not isinstance(options, ClassificationOptions | BinaryOptions | OrdinalOptions):
            continue
        target = windows.targets[options.target or name]
        if target.values.ndim != 1:
            raise InputError(
                f"{options.kind} needs one value per window, target {options.target or name!r} has"
                f" {target.values.shape[1]}",
                where=f"tasks.{name}",
                do="choose one with `column: N` in data.targets",
            )
        fitted = target.take(split["train"])
        seen = np.unique(fitted.values[fitted.mask])
        for side in split.names:
            held = target.take(split[side])
            strange = held.mask & ~np.isin(held.values, seen)
            if strange.any() and len(seen):
                window = int(np.flatnonzero(strange)[0])
                recording = windows.recordings[windows.recording[split[side][window]]]
                raise InputError(
                    f"class {label_of(held.values[window])!r} occurs in {side} (recording {recording!r}) but never in"
                    " training",
                    where=f"tasks.{name}",
                    do=f"write `split: {{stratify: {options.target or name}}}`, another seed, or mask it as `missing`",
                    check="missing-class",
                )
