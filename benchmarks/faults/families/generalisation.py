"""Faults of generalisation and of choosing a checkpoint (rows 58 to 66)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, Fault
from faults.recipe import Recipe


def few_recordings(r: Recipe, share: float) -> None:
    """Training on so many of the recordings, twice as long and without decay."""
    part, recording = r.parts(), r.recording
    wanted = np.unique(recording[part == "train"])
    r.keep((part != "train") | np.isin(recording, wanted[: max(2, int(share * len(wanted)))]))
    r.put(train__epochs=24, train__weight_decay=0.0)


def chosen_by_one(r: Recipe, epochs: int) -> None:
    """Long training on a third of the recordings, the checkpoint chosen by one task."""
    part = r.parts()
    r.keep((part != "train") | (r.recording % 3 == 0))
    r.put(train__epochs=epochs, train__monitor=f"val/{r.yes}/auroc", train__weight_decay=0.0)


def watched_training(r: Recipe, task: int) -> None:
    """The checkpoint is chosen by what training itself reaches."""
    name = list(r.config["tasks"])[task]
    r.put(train__monitor=f"train/{name}/mae" if name in r.numbers else f"train/{name}/accuracy", train__epochs=16)


def unknown_key(r: Recipe, key: str) -> None:
    """A monitor that no run ever logs."""
    r.put(train__monitor=key)


def stopped_early(r: Recipe, share: float) -> None:
    """Training ends while validation still gets better."""
    r.put(train__lr=share * r.config["train"]["lr"], train__schedule="none")
    r.config["train"].pop("ema", None)


def cut_early(r: Recipe, factor: float) -> None:
    """A schedule that cuts the rate at the first epoch without a gain."""
    schedule = {"name": "plateau", "patience": 1, "factor": factor}
    r.put(train__epochs=20, train__schedule=schedule, train__lr=1e-3, train__monitor=f"val/{r.yes}/auroc")


def noisy_site(r: Recipe, noise: float) -> None:
    """One site in five is much noisier than the others."""
    site = r.recording % 5
    own = noise * r.arrays["x"].std() * r.rng.normal(size=r.arrays["x"].shape)
    r.arrays["x"] = (r.arrays["x"] + np.where((site == 3)[:, None, None], own, 0)).astype("f4")
    r.arrays["site"] = np.array(["a", "b", "c", "d", "e"])[site]
    r.put(data__slices=["site"], data__split={"fractions": [0.5, 0.1, 0.4]})


def hopeless_levels(r: Recipe, levels: int) -> None:
    """Levels of noise at which nothing is left to be read."""
    level = r.rng.integers(6, size=len(r.arrays["snr"]))
    noise = np.where(level < levels, 8.0, 0.1)[:, None, None] * r.rng.normal(size=r.arrays["x"].shape)
    r.arrays |= {"x": (r.arrays["x"] + noise).astype("f4"), "snr_db": level * 6 - 20}
    r.put(data__slices=["snr_db"], data__split={"fractions": [0.4, 0.1, 0.5]})
    r.config["tasks"].pop("snr")
    r.config["data"]["targets"].pop("snr")


CHOSEN = POORLY | {"schedule-pathology", "incomparable-loss", "negative-total-loss"}
ANY_REGULARISER = (
    *("data", "train.early_stopping", "train.epochs", "train.weight_decay", "data.augment", "model.backbone"),
    *(
        "model.backbone.dropout",
        "model.backbone.hidden",
        "model.backbone.channels",
        "train.ema",
        "tasks.*.head.dropout",
    ),
)
FAULTS = (
    Fault(
        "58",
        ("overfitting", "stale-checkpoint"),
        (0.5, 0.2, 0.08),
        few_recordings,
        {
            "iq": ("modulation", "snr"),
            "ph": ("rate", "reach"),
            "sarcos": ("torque_1", "torque_2", "torque_3", "torque_7"),
            "expansions": ("span", "ptr", "countdown"),
            "turbine": ("mode", "life"),
        },
        ANY_REGULARISER,
        POORLY | {"untuned-threshold", "schedule-pathology", "missing-class", "class-imbalance", "degenerate-r2"},
    ),
    Fault(
        "59",
        ("stale-checkpoint", "overfitting"),
        (12, 20, 30),
        chosen_by_one,
        {"iq": ("modulation", "snr")},
        ("train.monitor", *ANY_REGULARISER),
        CHOSEN | {"monitor-key"},
    ),
    Fault(
        "60",
        ("monitor-key", "stale-checkpoint"),
        (0, 1, 2),
        watched_training,
        {"iq": ("modulation", "snr")},
        ("train.monitor",),
        CHOSEN,
    ),
    Fault(
        "61",
        ("schedule-pathology", "learning-rate"),
        (0.3, 0.1, 0.03),
        stopped_early,
        {
            "ph": ("rate", "reach"),
            "detector": ("angle", "energy", "arrival"),
            "turbine": ("mode", "life", "hot", "margin"),
        },
        ("train.epochs", "train.lr", "train.schedule", "train.early_stopping"),
        UNLEARNED,
    ),
    Fault(
        "61",
        ("schedule-pathology", "learning-rate"),
        (0.5, 0.3, 0.1),
        cut_early,
        {"iq": ("modulation", "snr")},
        ("train.schedule", "train.schedule.patience", "train.schedule.factor", "train.lr", "train.epochs"),
        UNLEARNED,
    ),
    Fault(
        "65",
        ("weak-slice", "information-ceiling"),
        (1.0, 3.0, 8.0),
        noisy_site,
        {"detector": ("angle", "energy", "arrival"), "turbine": ("mode", "life", "hot", "margin")},
        ("data", "data.select", "data.slices", "data.split"),
        frozenset(("shifted-input", "below-floor", "loss-metric-divergence")),
    ),
    Fault(
        "66",
        ("information-ceiling", "weak-slice"),
        (1, 2, 3),
        hopeless_levels,
        {"iq": ("modulation", "drift")},
        ("data", "data.select", "data.slices"),
        frozenset(("overfitting",)),
    ),
)
