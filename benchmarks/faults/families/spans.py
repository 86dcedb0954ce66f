"""Faults of marks: of spans, of pointers and of the countdown (rows 1, 7, 9 and 25 on price bars)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, Fault
from faults.recipe import Recipe


def loud_countdown(r: Recipe, clip: int) -> None:
    """A countdown in bars beside losses of order one, under a plain sum."""
    r.config["tasks"]["countdown"] |= {"scale": "none", "loss_fn": "mse", "clip": clip}
    r.put(balance={"method": "sum"})


def sparse_span(r: Recipe, share: float) -> None:
    """Few windows hold a span, and the countdown is loud."""
    gone = r.rng.random(len(r.arrays["x"])) > share
    r.arrays["expansion"] = np.where(gone[:, None], 0, r.arrays["expansion"]).astype("i1")
    loud_countdown(r, 20)


def late_marks(r: Recipe, bars: int) -> None:
    """The marks of training stand some bars late."""
    part = r.parts()
    late = np.roll(r.arrays["expansion"], bars, axis=1)
    late[:, :bars] = 0
    r.arrays["expansion"] = np.where((part == "train")[:, None], late, r.arrays["expansion"]).astype("i1")


def light_span(r: Recipe, weight: float) -> None:
    """Marked bars that count for little: found in order, never beyond one half."""
    r.config["tasks"]["span"]["pos_weight"] = weight


BALANCE = ("balance", "balance.method", "tasks.*.scale", "tasks.*.weight", "tasks.*.clip", "tasks.*.loss_fn")
SPAN = ("tasks.*.pos_weight", "tasks.*.loss_fn", "data.sampler")
FAULTS = (
    Fault(
        "1",
        ("loss-dominance",),
        (4, 12, 47),
        loud_countdown,
        {"expansions": ("span", "type")},
        BALANCE,
        POORLY | {"learning-rate", "exploding-gradient"},
        held_out=True,
    ),
    Fault(
        "9",
        ("probability-collapse", "loss-dominance", "class-imbalance"),
        (0.9, 0.35, 0.1),
        sparse_span,
        {"expansions": ("span",)},
        (*BALANCE, *SPAN),
        POORLY | {"untuned-threshold", "missing-class", "learning-rate", "exploding-gradient"},
        held_out=True,
    ),
    Fault(
        "25",
        ("misaligned-target", "label-noise"),
        (1, 5, 25),
        late_marks,
        {"expansions": ("span", "ptr")},
        ("data",),
        POORLY | {"shifted-input", "degenerate-r2"},
        held_out=True,
    ),
    Fault(
        "20",
        ("untuned-threshold", "probability-collapse"),
        (0.3, 0.1, 0.03),
        light_span,
        {"expansions": ("span",)},
        SPAN,
        UNLEARNED | {"class-imbalance"},
        held_out=True,
    ),
)
