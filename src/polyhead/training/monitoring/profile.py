"""The data profile of a loop, as far as its labels, recordings and inputs were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from polyhead.config.experiment import Experiment
from polyhead.scoring.spans import MARKED, ON_A_SPAN
from polyhead.signals.codes import coded
from polyhead.signals.profile.labelling import labellings
from polyhead.signals.profile.pairs import pairs
from polyhead.signals.profile.parts import Profile, SplitProfile, WindowsProfile
from polyhead.signals.profile.samples import evenly
from polyhead.signals.profile.targets import target_profiles
from polyhead.signals.split import NAMES, Split
from polyhead.signals.target import Target
from polyhead.signals.windows import WindowSet
from polyhead.training.monitoring.answer import Labels
from polyhead.training.monitoring.labels import TrainingLabels
from polyhead.training.monitoring.split import SplitRecord, class_names
from polyhead.training.monitoring.task import SIGNALS, MonitoredTask

_UNTOLD = "loop"
"""What a loop splits by: nobody knows."""
_VALUES = 2**22  # of a countdown that are counted
_LEAST = 8  # samples of each window, however many there are


def profile_of(
    tasks: Mapping[str, MonitoredTask], seen: TrainingLabels, splits: Mapping[str, SplitRecord]
) -> Profile | None:
    """None where neither recordings nor inputs of the training windows were told: a profile says how many windows of
    validation were trained on, and here nobody could."""
    shown = {name: one for name, one in splits.items() if name != "train"}
    told = seen.recordings is not None or seen.marks is not None
    if not seen.count or not shown or not told:
        return None
    names = seen.recordings or [f"train-{number}" for number in range(seen.count)]
    recordings = [*names, *(name for one in shown.values() for name in one.recordings)]
    ends = np.cumsum([0, seen.count, *map(len, shown.values())])
    index = {name: np.zeros(0, np.int64) for name in NAMES}
    index |= {
        name: np.arange(first, last) for name, first, last in zip(["train", *shown], ends[:-1], ends[1:], strict=True)
    }
    straddling, held = _held(names, shown)
    split = Split(index, _UNTOLD, 0, straddling)
    targets = {
        name: target
        for name, task in tasks.items()
        if task.kind not in (None, *SIGNALS) and (target := _target(task, seen, shown)) is not None
    }
    windows = _windows(targets, recordings, seen.shape)
    experiment = _experiment({name: tasks[name] for name in targets})
    found = labellings(experiment, windows)
    views = {name for name, task in tasks.items() if task.kind in MARKED}  # of one span, by their kinds
    return Profile(
        windows=WindowsProfile(len(recordings), windows.length, windows.stride, 0, 0, 0),
        split=SplitProfile(
            by=_UNTOLD,
            seed=None,
            windows={name: len(split[name]) for name in split.names},
            recordings=held,
            straddling=straddling,
            overlapping=0,
            duplicates=_duplicates(seen, shown),
            nearest=None,
            nearest_within=None,
            compared=0,
            repeatable=None,
        ),
        targets=target_profiles(experiment, windows, split, found),
        pairs=[one for one in pairs(found, split["train"]) if not {one.task, one.other} <= views],
    )


def _held(names: Sequence[str], shown: Mapping[str, SplitRecord]) -> tuple[int, dict[str, int]]:
    """Recordings in several splits, and how many each split holds."""
    each = {"train": set(names)} | {name: set(one.recordings) for name, one in shown.items()}
    held = np.array([one in part for part in each.values() for one in set().union(*each.values())])
    straddling = int((held.reshape(len(each), -1).sum(axis=0) > 1).sum())
    return straddling, {name: len(one) for name, one in each.items()}


def _duplicates(seen: TrainingLabels, shown: Mapping[str, SplitRecord]) -> int:
    """Windows of validation and test that equal one of training, where inputs were told."""
    marks = [mark for one in shown.values() for mark in one.marks]
    if not seen.marks or not marks:
        return 0
    return int(np.isin(np.concatenate(marks), np.concatenate(seen.marks)).sum())


def _target(task: MonitoredTask, seen: TrainingLabels, shown: Mapping[str, SplitRecord]) -> Target | None:
    """The labels of all windows; None where a split's were not told for each of its windows."""
    train = seen.of(task.name)
    pooled = {name: one.predictions().get(task.name) for name, one in shown.items()}
    if train is None or len(train.mask) != seen.count or not train.mask.any():
        return None
    parts = [train]
    for name, one in pooled.items():
        unknown = (np.zeros((len(shown[name]), *train.truth.shape[1:])), np.zeros(len(shown[name]), bool))
        parts.append(Labels(*unknown) if one is None else Labels(one.truth, one.mask))
    truth = np.concatenate([one.truth for one in parts])
    mask = np.concatenate([one.mask for one in parts])
    if task.kind == "countdown":  # of as many samples, evenly spaced, as are counted in no time
        truth = truth[:, evenly(np.arange(truth.shape[1]), max(_LEAST, _VALUES // len(truth)))]
    return Target(_named(task, truth), mask, task.unit, marks=task.kind == "span")


def _named(task: MonitoredTask, truth: NDArray[np.generic]) -> NDArray[np.generic]:
    if not task.has_classes:
        return truth
    numbers = truth.astype(np.int64)
    return class_names(task, int(numbers.max(initial=0)) + 1)[numbers]


def _windows(targets: dict[str, Target], recordings: Sequence[str], shape: tuple[int, ...]) -> WindowSet:
    """Windows without inputs: labels and recordings are all that is looked at."""
    names, codes = coded(np.array(recordings))
    nowhere = np.zeros(len(recordings), np.int64)
    length = shape[-1] if len(shape) > 1 else 0
    return WindowSet(
        inputs={},
        targets=targets,
        columns={},
        recordings=[str(name) for name in names],
        recording=codes.astype(np.int64),
        row=nowhere,
        start=nowhere,
        at=nowhere,
        length=length,
        horizon=0,
        stride=length,
        sampled=False,
        sampling_hz=None,
    )


def _experiment(tasks: Mapping[str, MonitoredTask]) -> Experiment:
    """The tasks as a configuration would say them."""
    said = {name: {"kind": "regression" if task.kind in ON_A_SPAN else task.kind} for name, task in tasks.items()}
    return Experiment.model_validate({"name": _UNTOLD, "data": {"reader": "npz"}, "tasks": said})
