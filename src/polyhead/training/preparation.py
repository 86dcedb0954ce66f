"""From what a reader brought to everything that is fitted before the first step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.config.tasks import BinaryOptions, ClassificationOptions
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.source import Source
from polyhead.signals.split import Split, make_split
from polyhead.signals.statistics import (
    ChannelScaling,
    ChannelStatistics,
    channel_statistics,
    fit_scaling,
    refuse_non_finite,
)
from polyhead.signals.target import label_of
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task, fit_task


@dataclass(frozen=True)
class Prepared:
    """Windows, split, scaling and tasks of one experiment; scaling and tasks know the training windows only."""

    experiment: Experiment
    windows: WindowSet
    split: Split
    statistics: dict[str, dict[str, ChannelStatistics]]
    scaling: dict[str, ChannelScaling]
    tasks: tuple[Task, ...]


def prepare(experiment: Experiment, source: Source) -> Prepared:
    """Cut, split, scale and fit the tasks. Raises InputError where data and config do not fit."""
    data = experiment.data
    windows = assemble(data, source, experiment.horizon)
    _check_targets(experiment, windows)
    if data.non_finite == "refuse":
        refuse_non_finite(windows)
    split = make_split(windows, data.split, experiment.seed)
    _check_classes(experiment, windows, split)
    statistics = {name: channel_statistics(windows, split[name]) for name in split.names}
    _check_scaling(experiment, windows)
    scaling = {
        name: fit_scaling(statistics["train"][name], data.scaling.get(name, "standard")) for name in windows.inputs
    }
    tasks = [fit_task(name, options, windows, split["train"], scaling) for name, options in experiment.enabled.items()]
    return Prepared(experiment, windows, split, statistics, scaling, tuple(tasks))


def _check_targets(experiment: Experiment, windows: WindowSet) -> None:
    for name, options in experiment.enabled.items():
        target = getattr(options, "target", None) or name
        if options.kind != "forecast" and target not in windows.targets:
            raise InputError(
                f"no target {target!r}; there are {', '.join(windows.targets) or 'none'}",
                where=f"tasks.{name}",
                do="name one under data.targets and in the task's `target`",
            )


def _check_scaling(experiment: Experiment, windows: WindowSet) -> None:
    for name in experiment.data.scaling:
        if name not in windows.inputs:
            raise InputError(f"no input {name!r}; there are {', '.join(windows.inputs)}", where="data.scaling")


def _check_classes(experiment: Experiment, windows: WindowSet, split: Split) -> None:
    """Refuse a class that a split holds but training has never seen: no head could put it out."""
    for name, options in experiment.enabled.items():
        if not isinstance(options, ClassificationOptions | BinaryOptions):
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
