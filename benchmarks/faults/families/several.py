"""Two faults at once: either may be named first, and both should be."""

from __future__ import annotations

from faults.families.balance import large_target, narrow_backbone
from faults.families.generalisation import few_recordings
from faults.families.inputs import dead_in_test
from faults.families.labels import filled_off, wrong_labels
from faults.families.optimisation import rate_too_high
from faults.fault import POORLY, WILD, Fault
from faults.recipe import Recipe


def loud_and_few(r: Recipe, dose: int) -> None:
    """A loud task and few recordings."""
    large_target(r, (3, 10, 40)[dose])
    few_recordings(r, (0.5, 0.2, 0.08)[dose])


def fast_and_wrong(r: Recipe, dose: int) -> None:
    """A rate too high and wrong labels."""
    rate_too_high(r, (3, 30, 300)[dose])
    wrong_labels(r, (0.05, 0.2, 0.5)[dose])


def filled_and_dead(r: Recipe, dose: int) -> None:
    """Filled labels and sensors that die before the test."""
    filled_off(r, (0.05, 0.2, 0.6)[dose])
    dead_in_test(r, (1, 2, 4)[dose])


def narrow_and_loud(r: Recipe, dose: int) -> None:
    """A narrow backbone and a loud task."""
    narrow_backbone(r, (2, 1, -1)[dose])
    large_target(r, (3, 10, 40)[dose])


FAULTS = (
    Fault(
        "1+58",
        ("loss-dominance", "overfitting", "stale-checkpoint"),
        (0, 1, 2),
        loud_and_few,
        {"ph": ("rate", "lag")},
        ("balance", "balance.method", "tasks.*.scale", "train.early_stopping", "data"),
        POORLY | {"untuned-threshold", "schedule-pathology", "learning-rate", "exploding-gradient", "degenerate-r2"},
    ),
    Fault(
        "51+32",
        ("learning-rate", "label-noise", "exploding-gradient", "non-finite"),
        (0, 1, 2),
        fast_and_wrong,
        {"bearings": ("fault",)},
        ("train.lr", "train.clip_norm", "data"),
        WILD | POORLY | {"schedule-pathology"},
    ),
    Fault(
        "22+69",
        ("filled-labels", "feature-drift", "shifted-input"),
        (0, 1, 2),
        filled_and_dead,
        {"detector": ("energy", "angle", "arrival")},
        ("data", "data.targets.*.missing", "data.targets.*.valid", "data.inputs"),
        POORLY | {"head-range", "clipped-target", "degenerate-r2", "loss-dominance"},
        held_out=True,
    ),
    Fault(
        "5+1",
        ("gradient-conflict", "rank-collapse", "loss-dominance"),
        (0, 1, 2),
        narrow_and_loud,
        {"detector": ("angle", "arrival")},
        ("model.backbone", "model.backbone.hidden", "balance", "balance.method", "tasks.*.scale"),
        POORLY | {"dead-units", "vanishing-gradient", "learning-rate", "exploding-gradient"},
        held_out=True,
    ),
)
