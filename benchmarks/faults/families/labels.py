"""Faults of labels and targets (rows 22 to 32)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, Fault
from faults.recipe import Recipe
from faults.recipes import drawn


def _filled(r: Recipe, share: float, value: float) -> None:
    task = r.numbers[0]
    r.config["tasks"][task] = {"kind": "regression"}  # with bounds training refuses values outside them
    r.arrays[task] = np.where(r.rng.random(len(r.arrays[task])) < share, value, r.arrays[task])


def filled_off(r: Recipe, share: float) -> None:
    """Unknown values are a number far away."""
    _filled(r, share, 1000.0)


def filled_at_edge(r: Recipe, share: float) -> None:
    """Unknown values are the least value."""
    _filled(r, share, float(np.round(r.arrays[r.numbers[0]].min(), 2)))


def filled_inside(r: Recipe, share: float) -> None:
    """Unknown values are a value in the middle."""
    _filled(r, share, float(np.round(np.median(r.arrays[r.numbers[0]]), 1)))


def same_twice(r: Recipe, noise: float) -> None:
    """A label that is another target beyond a threshold."""
    low = (r.arrays[r.numbers[0]] < np.median(r.arrays[r.numbers[0]])).astype(int)
    r.arrays["low"] = np.where(r.rng.random(len(low)) < noise, 1 - low, low)
    r.put(data__targets__low="low", tasks__low={"kind": "binary"})


def clipped_both(r: Recipe, share: float) -> None:
    """The ends of a target are cut off."""
    values = r.arrays[r.numbers[0]]
    r.arrays[r.numbers[0]] = np.clip(values, *np.quantile(values, [share, 1 - share]))


def low_ceiling(r: Recipe, share: float) -> None:
    """The head ends below the largest targets."""
    values = r.arrays[r.numbers[0]]
    low, high = float(values.min()), float(values.max())
    r.put(**{f"tasks__{r.numbers[0]}__bounds": [low - 0.01 * (high - low), low + share * (high - low)]})


def swapped_outputs(r: Recipe, share: float) -> None:
    """Two outputs of one task change places in so many recordings of training."""
    part, recording = r.parts(), r.recording
    hit = (part == "train") & (r.rng.random(recording.max() + 1)[recording] < share)
    r.arrays["angle"] = np.where(hit[:, None], r.arrays["angle"][:, ::-1], r.arrays["angle"])


def swapped_tasks(r: Recipe, share: float) -> None:
    """Two tasks of other units change places in so many recordings of training."""
    part, recording = r.parts(), r.recording
    hit = (part == "train") & (r.rng.random(recording.max() + 1)[recording] < share)
    one, other = r.numbers[:2]
    a, b = r.arrays[one], r.arrays[other]
    r.arrays |= {one: np.where(hit, b, a), other: np.where(hit, a, b)}


def shifted_in_training(r: Recipe, steps: int) -> None:
    """Targets of training stand some windows late."""
    part, recording = r.parts(), r.recording
    for one in np.unique(recording[part == "train"]):
        rows = recording == one
        for task in r.numbers:
            r.arrays[task][rows] = np.roll(r.arrays[task][rows], steps)


def over_the_seam(r: Recipe, share: float) -> None:
    """So many angles lie about pi, where they jump to -pi."""
    hit = r.rng.random(len(r.arrays["angle"])) < share
    turn = np.where(hit, np.pi + r.rng.uniform(-0.3, 0.3, len(hit)) - r.arrays["angle"], 0)[:, None]
    z = (r.arrays["x"][:, 0] + 1j * r.arrays["x"][:, 1]) * np.exp(1j * turn)
    r.arrays["x"] = np.stack([z.real, z.imag], axis=1).astype("f4")
    r.arrays["angle"] = np.mod(r.arrays["angle"] + turn[:, 0] + np.pi, 2 * np.pi) - np.pi
    r.clean["angle"] = r.arrays["angle"].copy()


def near_zero(r: Recipe, least: float) -> None:
    """A relative loss of energies down to nearly none."""
    energy = r.arrays["energy"]
    new = np.exp(r.rng.uniform(np.log(least), np.log(55), len(energy)))
    r.arrays["x"] = (r.arrays["x"] * (new / energy)[:, None, None]).astype("f4")
    r.arrays["energy"] = new
    r.clean["energy"] = new.copy()
    r.put(tasks__energy__loss_fn="relative_l1")


def lone_windows(r: Recipe, far: float) -> None:
    """Weights by one over the count, and three windows far from all others."""
    rows = np.flatnonzero(r.parts() == "train")[:3]
    values = r.arrays[r.numbers[0]]
    values[rows] = values.max() + far * np.ptp(values) * np.array([0.8, 0.9, 1.0])
    r.put(reweighting={r.numbers[0]: {"nbins": 30}})


def wrong_labels(r: Recipe, share: float) -> None:
    """So many labels of training are of another window."""
    part = r.parts()
    task = r.classes or r.yes or r.numbers[0]
    hit = np.flatnonzero((part == "train") & (r.rng.random(len(part)) < share))
    r.arrays[task][hit] = r.arrays[task][r.rng.permutation(hit)]


def relabelled_run(r: Recipe, share: float) -> None:
    """All labels, of every split, are wrong in this share."""
    task = r.numbers[0]
    hit = np.flatnonzero(r.rng.random(len(r.arrays[task])) < share)
    r.arrays[task][hit] = r.arrays[task][r.rng.permutation(hit)]


def other_rates(r: Recipe, ratio: float) -> None:
    """Each assay is sampled every .3 s or `ratio` times that, and its time is scaled by its own length."""
    fresh = drawn("ph", int(r.config["seed"]), steps=(0.3, 0.3 * ratio))
    r.arrays, r.clean = fresh.arrays, fresh.clean
    r.put(data__scaling={"time": "per_recording"})


MASK = ("data", "data.targets.*.missing", "data.targets.*.valid", "data.targets.*")
FILLED = POORLY | {"head-range", "clipped-target", "degenerate-r2", "loss-dominance", "relative-loss-near-zero"}
FAULTS = (
    Fault(
        "22",
        ("filled-labels",),
        (0.05, 0.2, 0.6),
        filled_off,
        {"bearings": ("life",), "detector": ("energy",), "turbine": ("life",)},
        MASK,
        FILLED,
    ),
    Fault(
        "22",
        ("filled-labels", "clipped-target"),
        (0.05, 0.2, 0.6),
        filled_at_edge,
        {"bearings": ("life",), "sarcos": ("torque_1",)},
        MASK,
        FILLED,
    ),
    Fault(
        "22",
        ("filled-labels",),
        (0.05, 0.2, 0.6),
        filled_inside,
        {"ph": ("reach",), "detector": ("energy",)},
        MASK,
        FILLED,
    ),
    Fault(
        "23",
        ("proxy-label",),
        (0.05, 0.02, 0.0),
        same_twice,
        {"ph": (), "sarcos": ()},
        ("data.targets.*.derived_from", "tasks.*.enabled", "data"),
        frozenset(("class-imbalance",)),
        reach="static",
    ),
    Fault(
        "26",
        ("clipped-target", "filled-labels"),
        (0.05, 0.15, 0.3),
        clipped_both,
        {"ph": ("reach",), "detector": ("energy",)},
        MASK,
        frozenset(("weak-slice", "feature-drift")),
    ),
    Fault(
        "27",
        ("head-range",),
        (0.8, 0.5, 0.2),
        low_ceiling,
        {"bearings": ("life",), "sarcos": ("torque_1",)},
        ("tasks.*.bounds",),
        POORLY | {"dead-units", "clipped-target", "vanishing-gradient"},
    ),
    Fault(
        "28",
        ("swapped-targets", "misaligned-target", "label-noise"),
        (0.3, 0.6, 1.0),
        swapped_outputs,
        {"detector": ("angle",)},
        ("data", "data.targets", "data.targets.*"),
        POORLY,
        held_out=True,
    ),
    Fault(
        "28",
        ("swapped-targets", "misaligned-target", "label-noise"),
        (0.3, 0.6, 1.0),
        swapped_tasks,
        {"detector": ("energy", "arrival"), "turbine": ("life", "margin")},
        ("data", "data.targets", "data.targets.*"),
        POORLY | {"shortcut"},
        held_out=True,
    ),
    Fault(
        "25",
        ("misaligned-target", "label-noise"),
        (1, 3, 7),
        shifted_in_training,
        {"drive": ("torque", "speed"), "turbine": ("life", "margin")},
        ("data",),
        POORLY | {"swapped-targets"},
    ),
    Fault(
        "29",
        ("periodic-target",),
        (0.05, 0.2, 0.5),
        over_the_seam,
        {"heading": ("angle",)},
        ("data", "tasks.*.loss_fn", "data.targets.*", "tasks.*"),
        POORLY,
    ),
    Fault(
        "30",
        ("relative-loss-near-zero",),
        (1e-1, 1e-3, 1e-6),
        near_zero,
        {"detector": ("energy",)},
        ("tasks.*.loss_fn", "tasks.*.log_transform", "tasks.*.log_floor"),
        POORLY | {"loss-dominance", "exploding-gradient"},
        held_out=True,
    ),
    Fault(
        "31",
        ("reweighting-blowup",),
        (1, 3, 10),
        lone_windows,
        {"detector": ("energy",), "ph": ("reach",), "turbine": ("life",)},
        ("reweighting", "reweighting.*", "reweighting.*.cap", "reweighting.*.nbins"),
        POORLY | {"loss-dominance", "shifted-input", "filled-labels"},
    ),
    Fault(
        "32",
        ("label-noise",),
        (0.05, 0.2, 0.5),
        wrong_labels,
        {"iq": ("modulation",), "bearings": ("fault",), "expansions": ("type",), "turbine": ("mode",)},
        ("data", "tasks.*.loss_fn"),
        POORLY,
    ),
    Fault(
        "32",
        ("label-noise",),
        (0.05, 0.2, 0.5),
        relabelled_run,
        {"sarcos": ("torque_1",)},
        ("data", "tasks.*.loss_fn"),
        POORLY | {"information-ceiling"},
        held_out=True,
    ),
    Fault(
        "33",
        ("erased-sampling-rate", "missing-dt"),
        (3, 10, 33),
        other_rates,
        {"ph": ("rate",)},
        ("data.scaling.time", "data.scaling", "data.scaling.*"),
        POORLY | {"shortcut", "information-ceiling"},
    ),
)
