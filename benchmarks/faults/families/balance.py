"""Faults of the balance between tasks (rows 1 to 8 of the catalogue)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, Fault
from faults.recipe import Recipe

BALANCE = ("balance", "balance.method", "balance.min_share", "balance.temperature", "balance.lr")
STARVED = UNLEARNED | {"learning-rate", "exploding-gradient", "overfitting", "stale-checkpoint"}


def large_target(r: Recipe, scale: float) -> None:
    """One regression in units so many times its spread, under a plain sum."""
    task = r.numbers[0]
    values = r.arrays[task]
    r.arrays[task] = scale * (values - values.mean()) / values.std()
    r.put(**{f"tasks__{task}": {"kind": "regression", "scale": "none", "loss_fn": "mse"}}, balance={"method": "sum"})


def slow_weights(r: Recipe, lr: float) -> None:
    """Log-variances that hardly move from where they start: one task has 400 times the weight of the others."""
    start = {task: 0.05 if task == r.numbers[0] else 1.0 for task in r.config["tasks"]}
    r.put(balance={"method": "kendall", "lr": lr, "start": start})


def cold_softmax(r: Recipe, temperature: float) -> None:
    """Weights by a softmax of losses without a floor."""
    r.put(balance={"method": "softmax", "temperature": temperature}, train__epochs=20)


def held_weights(r: Recipe, share: float) -> None:
    """A softmax so cold that its floor is all that the weights are."""
    r.put(balance={"method": "softmax", "temperature": 0.05, "min_share": share}, train__epochs=16)


def narrow_backbone(r: Recipe, width: int) -> None:
    """All tasks through a layer of one or two units; -1 is one unit and noisy inputs."""
    r.put(model={"backbone": {"name": "mlp", "hidden": [64, abs(width)]}}, trace={"every": 1}, train__batch_size=16)
    if width < 0:
        spread = r.arrays["x"].std()
        r.arrays["x"] = (r.arrays["x"] + spread * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")


def bottleneck(r: Recipe, width: int) -> None:
    """A narrow layer inside the backbone."""
    r.put(model={"backbone": {"name": "mlp", "hidden": [96, width, 64]}})


def weightless(r: Recipe, tasks: int) -> None:
    """Tasks with weight 0: the last, another, or both."""
    names = list(r.config["tasks"])
    for name in {1: names[-1:], 2: names[:1], 3: [names[0], names[-1]]}[tasks]:
        r.config["tasks"][name]["weight"] = 0.0


def unlabelled_training(r: Recipe, tasks: int) -> None:
    """Tasks without a label in training."""
    part = r.parts()
    for name in {1: r.numbers[1:2], 2: r.numbers[:1], 3: r.numbers[:2]}[tasks]:
        r.arrays[name] = np.where(part == "train", np.nan, r.arrays[name])


def total_chooses(r: Recipe, epochs: int) -> None:
    """The best checkpoint by a weighted total that becomes negative."""
    r.put(balance={"method": "kendall", "lr": 0.05}, train__epochs=epochs, train__monitor="val/loss")


def moving_weights(r: Recipe, lr: float) -> None:
    """The best checkpoint by a total whose weights move."""
    r.put(balance={"method": "kendall", "lr": lr}, train__epochs=20, train__monitor="val/loss")


TOTAL = POORLY | {"monitor-key", "schedule-pathology"}
FAULTS = (
    Fault(
        "1",
        ("loss-dominance",),
        (3, 10, 40),
        large_target,
        {
            "ph": ("rate", "lag"),
            "detector": ("angle", "arrival"),
            "sarcos": ("torque_2", "torque_3", "torque_7"),
            "turbine": ("margin", "hot"),
        },
        (*BALANCE, "tasks.*.scale", "tasks.*.weight"),
        STARVED,
    ),
    Fault(
        "2",
        ("weight-lag", "weight-pinned"),
        (1e-3, 1e-4, 1e-8),
        slow_weights,
        {"ph": ("rate", "lag"), "detector": ("angle", "arrival"), "turbine": ("mode", "hot", "margin")},
        BALANCE,
        frozenset(("loss-dominance", "weight-collapse")) | STARVED,
    ),
    Fault(
        "3",
        ("weight-collapse", "weight-pinned"),
        (1.0, 0.5, 0.2),
        cold_softmax,
        {
            "iq": ("modulation", "snr", "drift"),
            "bearings": ("fault", "faulty", "life", "next"),
            "turbine": ("mode", "life", "hot", "margin"),
        },
        BALANCE,
        POORLY | {"loss-dominance"},
    ),
    Fault(
        "4",
        ("weight-pinned", "weight-collapse"),
        (0.05, 0.15, 0.3),
        held_weights,
        {"iq": ("modulation", "snr", "drift")},
        BALANCE,
        POORLY | {"loss-dominance"},
    ),
    Fault(
        "5",
        ("gradient-conflict", "rank-collapse"),
        (2, 1, -1),
        narrow_backbone,
        {"detector": ("angle", "energy", "arrival")},
        ("model.backbone", "model.backbone.hidden", "balance", "balance.method", "tasks.*.enabled"),
        UNLEARNED | {"dead-units", "vanishing-gradient"},
        held_out=True,
    ),
    Fault(
        "56",
        ("rank-collapse", "gradient-conflict"),
        (3, 2, 1),
        bottleneck,
        {"iq": ("modulation", "snr", "drift"), "turbine": ("mode", "life", "hot", "margin")},
        ("model.backbone", "model.backbone.hidden"),
        POORLY | {"dead-units", "vanishing-gradient"},
    ),
    Fault(
        "7",
        ("orphan-head",),
        (1, 2, 3),
        weightless,
        {"ph": ("rate", "lag"), "sarcos": ("torque_1", "torque_7"), "turbine": ("mode", "margin")},
        ("tasks.*.weight", "tasks.*.enabled"),
        UNLEARNED | {"frozen-parameters"},
    ),
    Fault(
        "7",
        ("orphan-head",),
        (1, 2, 3),
        unlabelled_training,
        {"detector": ("energy", "arrival")},
        ("data", "data.split", "tasks.*.enabled"),
        UNLEARNED | {"frozen-parameters"},
    ),
    Fault(
        "8",
        ("negative-total-loss", "incomparable-loss"),
        (8, 16, 24),
        total_chooses,
        {"detector": ("angle", "energy", "arrival")},
        ("train.monitor",),
        TOTAL,
    ),
    Fault(
        "47",
        ("incomparable-loss", "negative-total-loss"),
        (0.05, 0.2, 0.5),
        moving_weights,
        {"iq": ("modulation", "snr", "drift")},
        ("train.monitor",),
        TOTAL,
    ),
)
