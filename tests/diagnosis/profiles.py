"""Data profiles of healthy data, and small edits of them, for checks that read the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.trace.profile import (
    QUANTILES,
    Association,
    Channel,
    ChannelRange,
    InputProfile,
    Profile,
    Recordings,
    SplitProfile,
    TimeProfile,
    WindowsProfile,
)

NORMAL = (-3.6, -3.09, -2.33, -1.64, -0.67, 0.0, 0.67, 1.64, 2.33, 3.09, 3.6)
"""Quantiles of a standard normal at QUANTILES; 3.6 stands for the ends of a finite sample."""
SPLIT = SplitProfile(
    by="group",
    seed=1,
    windows={"train": 540, "val": 108, "test": 120},
    recordings={"train": 45, "val": 9, "test": 10},
    straddling=0,
    overlapping=0,
    duplicates=0,
    nearest=None,
    nearest_within=None,
    compared=0,
    repeatable=True,
)
TIME = TimeProfile(
    source="data.time",
    as_input=None,
    scaling=None,
    spread=1.0,
    spread_scaled=None,
    within=1.0,
    zero=0.0,
    tail=0.0,
    tail_length=0.0,
    steps=dict.fromkeys(QUANTILES, 1.0),
)


def profile(**parts: Any) -> Profile:
    """A profile of 768 windows of 64 recordings with these parts."""
    return Profile(**{"windows": windows(), "split": SPLIT} | parts)


def with_profile(case: Case, **parts: Any) -> Case:
    """The case with these parts of its profile."""
    return replace(case, profile=replace(case.profile or profile(), **parts))


def windows(**changed: Any) -> WindowsProfile:
    return WindowsProfile(
        **{"total": 768, "length": 128, "stride": 128, "horizon": 8, "filled_up": 0, "left_out": 0, "longest": 144}
        | changed
    )


def clock(**changed: Any) -> TimeProfile:
    """A regular clock of one second, no input, with changes."""
    return replace(TIME, **changed)


def normal(mean: float = 0.0, sd: float = 1.0, **changed: Any) -> ChannelRange:
    """A channel that is normally distributed."""
    quantiles = {key: mean + sd * at for key, at in zip(QUANTILES, NORMAL, strict=True)}
    return ChannelRange(
        **{
            "mean": mean,
            "sd": sd,
            "quantiles": quantiles,
            "at_min": 0.0,
            "at_max": 0.0,
            "non_finite": 0.0,
            "still": 0.0,
        }
        | changed
    )


def inputs(scaling: str = "standard", timed: bool = True, **channels: Mapping[str, ChannelRange]) -> dict[str, Any]:
    """One input `signal` whose channels have these ranges by split."""
    return {
        "signal": InputProfile(
            timed=timed,
            unit=None,
            scaling=scaling,
            channels={name: Channel(dict(splits), 0.0, 1.0) for name, splits in channels.items()},
        )
    }


def association(fact: str, task: str, before: float, after: float, **changed: Any) -> Association:
    return Association(
        **{"fact": fact, "task": task, "before": before, "after": after, "n": 768, "recordings": 64} | changed
    )


def recordings(facts: Mapping[str, Any], targets: Mapping[str, Any], split: Any = None) -> Recordings:
    """Recordings with these facts and labels, all of training unless said."""
    n = len(next(iter(targets.values())))
    lists = {name: [None if one is None else float(one) for one in np.broadcast_to(v, n)] for name, v in facts.items()}
    names = [f"r{i}" for i in range(n)]
    return Recordings(n, names, list(split or ["train"] * n), [12] * n, lists, {k: list(v) for k, v in targets.items()})
