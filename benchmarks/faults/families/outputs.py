"""Faults of outputs and metrics that a configuration can plant (rows 9 to 21)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, Fault
from faults.recipe import Recipe

THRESHOLD = ("tasks.*.pos_weight", "tasks.*.loss_fn", "data.sampler", "balance", "balance.method", "tasks.*.weight")


def rare_and_drowned(r: Recipe, share: float) -> None:
    """Few positives, beside a regression a thousand times as loud."""
    assert r.yes is not None
    answer = r.arrays[r.yes]
    wanted = max(6, int(share * (answer == 0).sum()))
    positive = r.rng.permutation(np.flatnonzero(answer == 1))[:wanted]
    r.keep(np.sort(np.concatenate([np.flatnonzero(answer == 0), positive])))
    task = r.numbers[0]
    r.arrays[task] = 1000 * (r.arrays[task] - r.arrays[task].mean())
    r.put(**{f"tasks__{task}": {"kind": "regression", "scale": "none", "loss_fn": "mse"}}, balance={"method": "sum"})


def unrelated_target(r: Recipe, share: float) -> None:
    """A target that the input says nothing of, learned by heart from ever fewer recordings."""
    r.keep(r.recording < share * (r.recording.max() + 1))
    task = r.numbers[0]
    r.arrays[task] = r.rng.permutation(r.arrays[task])
    r.put(train__epochs=20, balance={"method": "sum"})


def yes_to_all(r: Recipe, weight: float) -> None:
    """An answer that the input says nothing of, with a weight on yes that makes it yes to all."""
    r.arrays[str(r.yes)] = (r.rng.random(len(r.arrays["x"])) < 0.2).astype(int)
    r.put(**{f"tasks__{r.yes}__pos_weight": weight})


def flipped_in_training(r: Recipe, share: float) -> None:
    """Yes and no change places in so many of the recordings of training."""
    part, recording = r.parts(), r.recording
    hit = r.rng.random(recording.max() + 1)[recording] < share
    r.arrays[str(r.yes)] = np.where((part == "train") & hit, 1 - r.arrays[str(r.yes)], r.arrays[str(r.yes)])


def light_yes(r: Recipe, weight: float) -> None:
    """Positives that count for little: right in order, wrong at one half."""
    r.put(**{f"tasks__{r.yes}__pos_weight": weight})


def heavy_yes(r: Recipe, weight: float) -> None:
    """Positives that count for much."""
    r.put(**{f"tasks__{r.yes}__pos_weight": weight})


def narrow_test(r: Recipe, spread: float) -> None:
    """A test set in which the target hardly varies: its R2 says nothing."""
    part = r.parts()
    task = r.numbers[0]
    values = r.arrays[task]
    middle = np.median(values)
    r.keep((part != "test") | (np.abs(values - middle) < values.std()))
    kept = r.arrays["part"] == "test"
    r.arrays[task] = np.where(kept, middle + (r.arrays[task] - middle) * spread, r.arrays[task])


FAULTS = (
    Fault(
        "9",
        ("probability-collapse", "loss-dominance", "class-imbalance"),
        (0.1, 0.04, 0.02),
        rare_and_drowned,
        {"ph": ("lag",), "turbine": ("hot",)},
        (*THRESHOLD, "tasks.*.scale"),
        POORLY | {"untuned-threshold", "missing-class"},
    ),
    Fault(
        "12",
        ("below-floor", "overfitting"),
        (1.0, 0.5, 0.3),
        unrelated_target,
        {"detector": ("energy",), "sarcos": ("torque_1",)},
        ("data", "tasks.*.enabled", "train.early_stopping", "train.epochs"),
        POORLY,
        held_out=True,
    ),
    Fault(
        "13",
        ("below-majority", "untuned-threshold", "below-floor"),
        (3.0, 10.0, 30.0),
        yes_to_all,
        {"ph": ("lag",), "turbine": ("hot",)},
        (*THRESHOLD, "data", "tasks.*.enabled"),
        POORLY | {"class-imbalance", "constant-output"},
        by="decision",
    ),
    Fault(
        "14",
        ("inverted-score", "label-noise"),
        (0.6, 0.8, 1.0),
        flipped_in_training,
        {"ph": ("lag",), "iq": ("drift",), "turbine": ("hot",)},
        ("data",),
        POORLY,
    ),
    Fault(
        "20",
        ("untuned-threshold", "below-majority"),
        (0.1, 0.03, 0.01),
        light_yes,
        {"bearings": ("faulty",), "turbine": ("hot",)},
        THRESHOLD,
        (UNLEARNED - {"stalled-training"}) | {"class-imbalance"},
        by="decision",
    ),
    Fault(
        "20",
        ("untuned-threshold", "below-majority"),
        (10.0, 30.0, 100.0),
        heavy_yes,
        {"ph": ("lag",), "turbine": ("hot",)},
        THRESHOLD,
        (UNLEARNED - {"stalled-training"}) | {"class-imbalance"},
        by="decision",
    ),
    Fault(
        "19", ("degenerate-r2",), (1e-1, 1e-2, 1e-3), narrow_test, {"ph": ("reach",)}, ("data", "data.split"), POORLY
    ),
)
