"""Faults of the split (rows 41 to 45)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, Fault
from faults.recipe import Recipe


def overlapping(r: Recipe, stride: int) -> None:
    """Windows that overlap, dealt out one by one."""
    r.put(data__window={"length": 60, "stride": stride}, data__split={"by": "window", "allow_overlap": True})


def copied(r: Recipe, share: float) -> None:
    """So many windows are there twice, under the name of another recording."""
    n = len(r.arrays["x"])
    rows = r.rng.permutation(n)[: int(share * n)]
    group = r.config["data"]["group"]
    r.append(rows, **{group: 1000 + np.arange(len(rows)) // 10})


def scaled_ahead(r: Recipe, how: str) -> None:
    """Inputs scaled over all splits before the data are read; of runs that differ in gain and offset."""
    recording = r.recording
    shape = (-1, *[1] * (r.arrays["x"].ndim - 1))
    gain = (1 + 0.6 * r.rng.random(recording.max() + 1))[recording].reshape(shape)
    x = r.arrays["x"] * gain + r.rng.normal(size=recording.max() + 1)[recording].reshape(shape)
    axis = (0, *range(2, x.ndim))
    if how == "minmax":
        x = (x - x.min(axis=axis, keepdims=True)) / np.ptp(x, axis=axis, keepdims=True)
    else:
        axis = axis if how == "sensor" else tuple(range(x.ndim))
        x = (x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True)
    r.arrays["x"] = x.astype("f4")
    r.put(data__scaling={next(iter(r.config["data"]["inputs"])): "none"})


def unseeded(r: Recipe, by: str) -> None:
    """Splits by rows where nobody named the recordings: neighbours stand on both sides."""
    r.config["data"].pop("group")
    r.arrays["x"] = (r.arrays["x"] + 0.02 * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")
    repeats = {"two": 2, "four": 4, "ten": 10}[by]
    rows = np.repeat(np.arange(len(r.arrays["x"]) // repeats), repeats)
    r.keep(rows)
    r.arrays["x"] = (r.arrays["x"] + 1e-3 * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")


def lacking_class(r: Recipe, place: str) -> None:
    """A class that one split has not."""
    part = r.parts()
    name = str(r.classes)
    r.keep((part != place) | (r.arrays[name] != np.unique(r.arrays[name])[-1]))


def rare_class(r: Recipe, share: float) -> None:
    """A class of a few windows only."""
    name = str(r.classes)
    r.arrays["x"] = (r.arrays["x"] + 0.6 * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")
    last = np.unique(r.arrays[name])[-1]
    r.keep((r.arrays[name] != last) | (r.rng.random(len(r.arrays[name])) < 3 * share))


LACKING = {"class-imbalance", "weak-slice", "shifted-input", "below-majority", "below-floor", "shortcut"}
SPLIT = (
    "data",
    "data.split",
    "data.split.by",
    "data.split.stratify",
    "data.group",
    "data.window",
    "data.window.stride",
)
FAULTS = (
    Fault(
        "42",
        ("split-leakage",),
        (54, 30, 6),
        overlapping,
        {"bearings": ()},
        SPLIT,
        frozenset(("overfitting",)),
        reach="static",
    ),
    Fault(
        "42",
        ("split-leakage",),
        (0.02, 0.1, 0.5),
        copied,
        {"detector": (), "iq": (), "sarcos": (), "expansions": ()},
        SPLIT,
        frozenset(("overfitting",)),
        reach="static",
    ),
    Fault(
        "41",
        ("split-leakage", "unseeded-split"),
        ("two", "four", "ten"),
        unseeded,
        {"iq": (), "detector": ()},
        SPLIT,
        frozenset(("overfitting",)),
        reach="static",
    ),
    Fault(
        "43",
        ("fit-before-split",),
        ("minmax", "sensor", "all"),
        scaled_ahead,
        {"detector": (), "sarcos": (), "iq": ()},
        ("data", "data.scaling", "data.scaling.*"),
        reach="static",
    ),
    Fault(
        "44",
        ("missing-class",),
        ("val", "test", "train"),
        lacking_class,
        {"iq": ("modulation",), "bearings": ("fault",)},
        SPLIT,
        frozenset(LACKING | POORLY),
    ),
    Fault(
        "45",
        ("class-imbalance", "missing-class"),
        (0.1, 0.04, 0.02),
        rare_class,
        {"iq": ("modulation",)},
        ("data", "data.sampler", "tasks.*.loss_fn", "data.split.stratify"),
        frozenset(UNLEARNED | {"weak-slice", "overfitting", "stale-checkpoint"}),
    ),
)
