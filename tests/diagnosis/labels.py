"""Parts of a data profile, counted here from arrays, for tests of checks that read one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.trace.profile import (
    QUANTILES,
    Frequent,
    Labels,
    Profile,
    Recordings,
    SplitProfile,
    TargetProfile,
    WindowsProfile,
)


def labels_of(values: NDArray[Any], recording: NDArray[Any] | None = None) -> Labels:
    """The profile of known numbers (n,)."""
    values = np.asarray(values, float)
    recording = np.arange(len(values)) if recording is None else recording
    distinct, counts = np.unique(values, return_counts=True)
    commonest = distinct[np.argsort(-counts, kind="stable")[:8]]
    at = [float(key) for key in QUANTILES]
    return Labels(
        known=len(values),
        missing=0,
        mean=float(values.mean()),
        sd=float(values.std()),
        quantiles=dict(zip(QUANTILES, np.quantile(values, at).tolist(), strict=True)),
        magnitudes=dict(zip(QUANTILES, np.quantile(np.abs(values), at).tolist(), strict=True)),
        distinct=len(distinct),
        step=float(np.diff(distinct).min()) if len(distinct) > 1 else None,
        frequent=[_frequent(values, value, recording) for value in commonest],
        at_min=float(np.mean(values == values.min())),
        at_max=float(np.mean(values == values.max())),
    )


def _frequent(values: NDArray[Any], value: float, recording: NDArray[Any]) -> Frequent:
    others = values[values != value]
    spread = others.std() if len(others) else 0.0
    gap = float(np.abs(others - value).min() / spread) if spread else 0.0
    outside = bool(len(others)) and not (others.min() < value < others.max())
    here = values == value
    return Frequent(float(value), int(here.sum()), len(set(recording[here])), gap, outside)


def target_of(values: NDArray[Any], recording: NDArray[Any], key: str = "y", **said: Any) -> TargetProfile:
    """The profile of a target of numbers, all of it training."""
    names = np.unique(recording)
    means = np.array([values[recording == name].mean() for name in names])
    between = float(((means[np.searchsorted(names, recording)] - values.mean()) ** 2).mean() / values.var())
    constant = float(np.mean([len(set(values[recording == name])) == 1 for name in names]))
    return TargetProfile(
        key, "regression", 1, {"train": labels_of(values, recording)}, between=between, constant=constant, **said
    )


def recordings_of(values: NDArray[Any], recording: NDArray[Any], task: str) -> Recordings:
    """One row per recording with its mean label."""
    names = list(dict.fromkeys(recording))
    means = [float(values[recording == name].mean()) for name in names]
    windows = [int((recording == name).sum()) for name in names]
    return Recordings(len(names), [str(n) for n in names], ["train"] * len(names), windows, {}, {task: means})


def with_profile(case: Case, **parts: Any) -> Case:
    """The case with a profile of its own that has these parts and nothing else."""
    windows = WindowsProfile(total=540, length=128, stride=128, horizon=0, filled_up=0, left_out=0)
    split = SplitProfile("group", 42, {"train": 540}, {"train": 45}, 0, 0, 0, None, None, 0, True)
    return replace(case, profile=Profile(windows, split, **parts))


def with_labels(
    case: Case, task: str, values: NDArray[Any], recording: NDArray[Any] | None = None, **said: Any
) -> Case:
    """The case with a profile of one target of numbers."""
    recording = np.arange(len(values)) if recording is None else recording
    return with_profile(
        case,
        targets={task: target_of(np.asarray(values, float), recording, key=task, **said)},
        recordings=recordings_of(np.asarray(values, float), recording, task),
    )
