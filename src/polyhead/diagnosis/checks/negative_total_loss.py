"""A total loss that goes below zero.

What it finds
    A total loss that changes its sign while the best epoch, or a rule that compares by ratios, is chosen by it; or one
    that is negative where nothing else is logged.

Why it matters
    A negative total is no fault: a density can exceed 1, and the logarithms that learned weights add fall below zero
    as soon as a loss falls below one. But what divides or multiplies by it is wrong. Near zero a small change looks
    huge, and below zero "1 % less than the best" is a larger number than the best, so that a rule of patience takes a
    worse epoch for a better one.

Evidence
    The share of epochs with a negative total, whether its sign changes, what the monitor is, which terms are negative.

Remedy
    A monitor that does not rest on it (train.monitor: val/skill), and a look at the unweighted loss of each task.

When it can be wrong
    A rule that compares by differences is not hurt. Where the monitor is not known nothing is claimed but what to look
    at.

Example
    Uncertainty weighting adds log sigma: with sigma = .2 and a loss at rest (sigma^2 = L = .04) the term is
    .04 / .08 + log .2 = .5 - 1.61 = -1.11. With a best of -1.11 and a relative threshold of 1 %, -1.11 x .99 = -1.10
    counts as an improvement, and is worse.

References
    PyTorch: ReduceLROnPlateau with threshold_mode "rel". Kendall, Gal and Cipolla, CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

EPOCHS = 2
"""A change of sign takes two epochs."""


@dataclass(frozen=True)
class Total:
    """The total of one phase: `negative` share of `count` epochs, whether the sign `changes`, least and largest;
    `monitor` None where not known; `own` tasks whose own loss is
    negative, `unweighted` whether these are logged."""

    phase: str
    negative: float
    count: int
    changes: bool
    span: tuple[float, float]
    monitor: str | None
    own: tuple[str, ...]
    unweighted: bool


def measure(case: Case) -> Iterator[Total]:
    """The total of validation, or else of training. Raises NotCheckedError where no total is logged."""
    found = next(((p, t) for p in ("val", "train") if (t := _total(case, p)) is not None and len(t) >= EPOCHS), None)
    if found is None:
        raise NotCheckedError("no total loss over epochs")
    phase, total = found
    losses = (case.losses or {}).get(phase, {})
    tasks = [task for task in case.tasks if task in losses and np.isfinite(losses[task]).any()]
    best = (case.state or {}).get("best") or {}
    yield Total(
        phase,
        float((total < 0).mean()),
        len(total),
        bool((total < 0).any() and (total > 0).any()),
        (float(total.min()), float(total.max())),
        case.config.train.monitor if case.config else best.get("monitor"),
        tuple(task for task in tasks if (losses[task] < 0).any()),
        bool(tasks),
    )


def _total(case: Case, phase: str) -> NDArray[np.float64] | None:
    for table, name in (((case.losses or {}).get(phase, {}), "total"), (case.epochs or {}, f"{phase}_loss")):
        if name in table and np.isfinite(table[name]).any():
            return table[name][np.isfinite(table[name])]
    return None


def judge(one: Total) -> Finding | None:
    """Never by the sign alone: a warning where a choice rests on it, a note where nothing else is there to see."""
    rests = one.monitor is not None and one.monitor.endswith("loss")
    blind = not one.unweighted and one.monitor is None
    if not one.negative or not ((rests and one.changes) or blind):
        return None
    severity: Severity = "warning" if rests and one.changes else "note"
    why = f"and {one.monitor} chooses the best epoch" if rests else "and no unweighted loss of a task is logged"
    return Finding(
        severity=severity,
        what=f"the total loss of {one.phase} is negative in {one.negative:.0%} of {one.count} epochs, {why}",
        scope=Scope(split=one.phase, key="train.monitor"),
        evidence=(
            Fact("share of epochs with a negative total", one.negative, window=f"{one.count} epochs"),
            Fact("least and largest total", one.span[0], interval=one.span, source="range, not an interval"),
            Fact("monitor", one.monitor or "not known"),
        ),
        counter_evidence=(Fact("tasks with a likelihood as loss", ", ".join(one.own), source="legal below zero"),)
        if one.own
        else (),
        alternatives=(
            Alternative("incomparable-loss", "the best epoch by unweighted losses: the same one clears the monitor"),
        ),
        fixes=(
            Fix(
                "choose the best epoch by the skill of the tasks"
                + (", and look at unweighted losses" if not one.unweighted else ""),
                {"train.monitor": "val/skill"},
                "a best epoch that does not change when a constant is added to the loss",
            ),
        ),
    )


CHECK: Check[Total] = Check(
    id="negative-total-loss",
    needs=("losses|epochs",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
