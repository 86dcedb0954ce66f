"""Faults of loss and optimisation (rows 46 to 57)."""

from __future__ import annotations

from faults.fault import POORLY, UNLEARNED, WILD, Fault
from faults.recipe import Recipe


def free_variance(r: Recipe, noise: float) -> None:
    """A likelihood whose variance is free, few curves and heavy-tailed noise."""
    r.keep(r.recording < 28)
    r.arrays["x"] = (r.arrays["x"] + noise * r.rng.standard_t(2.5, size=r.arrays["x"].shape)).astype("f4")
    loss = {"name": "gaussian_nll", "beta": 0.0, "logvar_clamp": [-50, 50], "calibrate": False}
    r.put(tasks__rate__loss_fn=loss, train__epochs=24)


def sgd_without_clip(r: Recipe, lr: float) -> None:
    """SGD, a rate far too high, nothing clipped, steps that are not finite skipped."""
    r.put(train__optimizer="sgd", train__lr=lr, train__clip_norm=None, balance={"method": "sum"})
    r.put(model={"backbone": {"name": "mlp", "hidden": [64, 64]}}, train__non_finite="skip")
    r.put(**{f"tasks__{r.numbers[0]}__loss_fn": "mse"})


def sgd_too_fast(r: Recipe, lr: float) -> None:
    """SGD without a clip and without norms."""
    r.put(train__optimizer="sgd", train__lr=lr, train__clip_norm=None)
    r.put(model={"backbone": {"name": "tcn", "channels": [16] * 3, "stem_kernel": 5}})


def rate_too_high(r: Recipe, times: float) -> None:
    """So many times the learning rate that is right."""
    r.put(train__lr=times * r.config["train"]["lr"])


def rate_too_low(r: Recipe, times: float) -> None:
    """A small part of the learning rate that is right."""
    r.put(train__lr=times * r.config["train"]["lr"])


def clipped_to_nothing(r: Recipe, norm: float) -> None:
    """SGD whose gradient is clipped to nearly nothing."""
    r.put(train__optimizer="sgd", train__lr=0.01, train__clip_norm=norm, train__epochs=20)


def decayed(r: Recipe, decay: float) -> None:
    """A weight decay that takes more than the loss gives."""
    r.put(train__weight_decay=decay, train__epochs=20)


STEP = ("train.lr", "train.optimizer", "train.clip_norm", "train.schedule", "train.weight_decay")
SLOW = UNLEARNED | {"frozen-parameters", "schedule-pathology", "weight-lag"}
FAULTS = (
    Fault(
        "46",
        ("variance-game", "overfitting"),
        (0.03, 0.3, 1.0),
        free_variance,
        {"ph": ("rate",)},
        ("tasks.*.loss_fn", "tasks.*.loss_fn.beta", "tasks.*.loss_fn.logvar_clamp"),
        POORLY | {"negative-total-loss", "incomparable-loss", "exploding-gradient", "non-finite", "loss-dominance"},
    ),
    Fault(
        "48",
        ("non-finite", "learning-rate", "exploding-gradient"),
        (1.0, 10.0, 100.0),
        sgd_without_clip,
        {"detector": ("angle", "energy", "arrival"), "sarcos": ("torque_1", "torque_2")},
        STEP,
        WILD | {"loss-dominance"},
        held_out=True,
    ),
    Fault(
        "49",
        ("exploding-gradient", "learning-rate", "non-finite"),
        (0.1, 0.3, 1.0),
        sgd_too_fast,
        {"iq": ("modulation", "snr", "drift"), "turbine": ("mode", "life", "hot", "margin")},
        STEP,
        WILD,
    ),
    Fault(
        "51",
        ("learning-rate", "exploding-gradient", "non-finite"),
        (3, 30, 300),
        rate_too_high,
        {
            "iq": ("modulation", "snr", "drift"),
            "bearings": ("fault", "faulty", "life"),
            "sarcos": ("torque_1", "torque_2", "torque_3", "torque_7"),
            "expansions": ("span", "countdown", "type"),
            "turbine": ("mode", "life", "hot", "margin"),
        },
        STEP,
        WILD | {"schedule-pathology"},
    ),
    Fault(
        "51",
        ("learning-rate", "stalled-training", "frozen-parameters", "schedule-pathology"),
        (1 / 30, 1e-3, 1e-6),
        rate_too_low,
        {
            "ph": ("rate", "reach", "lag"),
            "detector": ("angle", "energy", "arrival"),
            "turbine": ("mode", "life", "hot", "margin"),
        },
        STEP,
        SLOW,
    ),
    Fault(
        "52",
        ("stalled-training", "learning-rate", "schedule-pathology"),
        (1e-3, 1e-4, 1e-5),
        clipped_to_nothing,
        {"iq": ("modulation", "snr", "drift"), "sarcos": ("torque_1", "torque_2")},
        STEP,
        SLOW,
    ),
    Fault(
        "52",
        ("stalled-training", "learning-rate", "constant-output"),
        (3.0, 30.0, 300.0),
        decayed,
        {"bearings": ("fault", "life"), "detector": ("angle", "energy")},
        STEP,
        WILD | {"schedule-pathology"},
        held_out=True,
    ),
)
