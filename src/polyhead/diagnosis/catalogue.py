"""All checks: ours in the order of their groups, and those that installed packages offer."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from polyhead.config.words import nearest
from polyhead.diagnosis.check import Check
from polyhead.errors import InputError

GROUPS: dict[str, tuple[str, ...]] = {
    "balance between tasks": (
        *("loss-dominance", "weight-lag", "weight-collapse", "weight-pinned", "gradient-conflict"),
        *("negative-transfer", "orphan-head", "negative-total-loss"),
    ),
    "outputs and metrics": (
        *("probability-collapse", "loss-metric-divergence", "constant-output", "below-floor", "below-majority"),
        *("inverted-score", "batch-averaged-metric", "impossible-metrics", "redundant-metrics", "metric-scale"),
        *("degenerate-r2", "untuned-threshold", "unmeasured-task"),
    ),
    "labels and targets": (
        *("filled-labels", "proxy-label", "broadcast-target", "misaligned-target", "clipped-target", "head-range"),
        *("swapped-targets", "periodic-target", "relative-loss-near-zero", "reweighting-blowup", "label-noise"),
    ),
    "time and inputs": (
        *("erased-sampling-rate", "padded-time", "missing-dt", "erased-offset", "short-receptive-field"),
        *("unscaled-input", "shifted-input", "window-contract"),
    ),
    "splits": ("unseeded-split", "split-leakage", "fit-before-split", "missing-class", "class-imbalance"),
    "loss and optimisation": (
        *("variance-game", "incomparable-loss", "non-finite", "exploding-gradient", "vanishing-gradient"),
        *("dead-units", "learning-rate", "stalled-training", "ignores-input", "initial-loss", "frozen-parameters"),
        *("rank-collapse", "loss-contract"),
    ),
    "generalisation and comparison": (
        *("overfitting", "stale-checkpoint", "monitor-key", "schedule-pathology", "confounded-comparison"),
        *("unequal-budget", "incomparable-runs", "weak-slice", "information-ceiling", "shortcut", "erased-amplitude"),
        *("feature-drift", "bad-geometry"),
    ),
}
"""Ids of our checks by what they are about."""
ENTRY_POINTS = "polyhead.checks"
"""Entry points of this group each name a module-level Check."""


@cache
def all_checks() -> tuple[Check[Any], ...]:
    """Our checks, then those of installed packages. Raises InputError where a package's check is none."""
    ours = tuple(check_module(id).CHECK for ids in GROUPS.values() for id in ids)
    return ours + tuple(_plugged(point, {one.id for one in ours}) for point in entry_points(group=ENTRY_POINTS))


def check_module(id: str) -> Any:
    """The module of one of our checks."""
    return importlib.import_module(f"polyhead.diagnosis.checks.{id.replace('-', '_')}")


def _plugged(point: EntryPoint, taken: set[str]) -> Check[Any]:
    try:
        check = point.load()
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"cannot be loaded ({error})", where=f"check {point.name}", do="mend or remove its package"
        ) from error
    if not isinstance(check, Check) or check.id in taken:
        what = "is no Check" if not isinstance(check, Check) else f"has the id of ours, {check.id}"
        raise InputError(what, where=f"check {point.name} ({point.value})", do="mend or remove its package")
    return check


def chosen(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Check[Any], ...]:
    """The checks named in `select`, or all, without those in `ignore`. Raises InputError for an unknown id."""
    checks = all_checks()
    known = [check.id for check in checks]
    for name in (*select, *ignore):
        if name not in known:
            close = nearest(name, known)
            raise InputError(
                f"no check {name!r}", do=f"did you mean {close}?" if close else "see polyhead explain-check list"
            )
    kept = tuple(one for one in checks if (not select or one.id in select) and one.id not in ignore)
    if not kept:
        raise InputError("no check is left of those selected", where="--ignore", do="leave out one of them")
    return kept
