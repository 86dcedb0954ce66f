"""Features that collapsed onto a few directions.

What it finds
    An effective rank of the backbone's features that fell to less than half of its start, or below the number of tasks,
    while a task stands at its floor or loses what it had.

Why it matters
    Heads read linear or nearly linear functions of the features. With features on r directions no more than r of their
    answers can move independently: tasks beyond those are tied to others, whatever their weights.

Evidence
    The effective rank, exp of the entropy of the normalised singular values of the centred features of a batch, at
    sampled steps: median of the last fifth over that of the first; the number of tasks; how far the worst task is from
    its floor and how far the worst loss ends above its best.

Remedy
    A wider last layer, a lower learning rate, a normalisation, or a task's own branch before its head.

When it can be wrong
    A classifier of K classes ends on K - 1 directions by design (neural collapse), a regression on one; with every task
    learned, a fall of the rank is at most a note. The rank of small batches is limited by their size.

Example
    Singular values 1, 1, 0, 0 have entropy ln 2 and rank 2; 3, 1 have shares 0.75 and 0.25, entropy 0.562 and rank
    1.75. A run that goes from 10.0 to 2.5, with four tasks and one of them at its floor, is reported.

References
    Roy and Vetterli, EUSIPCO 2007, on the effective rank; Papyan, Han and Donoho, PNAS 2020, on neural collapse.
    torchmortem warns below 0.5 and calls 0.3 critical.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import rise
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

FELL, CRITICAL = 0.5, 0.3
"""Late over early rank for a warning and for more (torchmortem), with harm."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""
RISEN = 3.0
"""Standard deviations of a loss's noise by which it ends above its best."""
SAMPLES = 15
"""Sampled steps needed: three in a fifth, so that one short batch, whose rank is limited, decides nothing."""


@dataclass(frozen=True)
class Rank:
    """Median effective rank of the first and the last fifth of the samples, the number of tasks, the worst task and the
    largest rise of a loss, and epochs of the last fifth."""

    early: float
    late: float
    tasks: int
    worst: Progress | None
    risen: float
    epochs: tuple[int, int] | None
    lr: float | None


def measure(case: Case) -> Iterator[Rank]:
    """Effective ranks over the sampled steps."""
    steps = case.steps or {}
    sampled = np.isfinite(steps["effective_rank"])
    rank = steps["effective_rank"][sampled]
    if len(rank) < SAMPLES:
        raise NotCheckedError(f"the effective rank at {len(rank)} steps, {SAMPLES} are needed")
    fifth = len(rank) // 5
    epochs = steps["epoch"][sampled] if "epoch" in steps else None
    rises = [rise(steps[f"loss.{task}"]) for task in case.tasks if f"loss.{task}" in steps]
    yield Rank(
        early=float(np.median(rank[:fifth])),
        late=float(np.median(rank[-fifth:])),
        tasks=sum(one.weight > 0 for one in case.tasks.values()),
        worst=next(iter(progress_of(case)), None),
        risen=max((one for one in rises if np.isfinite(one)), default=float("nan")),
        epochs=None if epochs is None else (int(epochs[-fifth]), int(epochs[-1])),
        lr=case.config.train.lr if case.config else None,
    )


def judge(rank: Rank) -> Finding | None:
    """A warning where a task is lost with it, an error if its interval ends below a tenth and the fall is critical or
    leaves fewer directions than tasks; a note for a critical fall without harm."""
    ratio = rank.late / rank.early if rank.early > 0 else 0.0
    few = rank.late < rank.tasks
    worst = rank.worst
    lost = worst is not None and worst.value < AT_FLOOR
    harmed = lost or rank.risen > RISEN
    if not (ratio < FELL or few) or not (harmed or ratio <= CRITICAL):
        return None
    proven = lost and worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    severe = proven and (ratio <= CRITICAL or few)
    facts = [Fact("loss above its best, sd", rank.risen, threshold=RISEN)] if np.isfinite(rank.risen) else []
    facts += [worst.fact(AT_FLOOR)] if worst else []
    lower = {"train.lr": float(f"{rank.lr / 3:.1g}")} if rank.lr else {}
    return Finding(
        severity="error" if severe else "warning" if harmed else "note",
        what=f"the features' effective rank is {rank.late:.2g} at the end and was {rank.early:.2g} at the start, for"
        f" {rank.tasks} tasks" + (f"; {worst.task} stands at its floor" if lost and worst else ""),
        scope=Scope(epochs=rank.epochs, key="model.backbone"),
        evidence=(
            Fact("effective rank, late over early", ratio, threshold=FELL, source="torchmortem", window="last fifth"),
            Fact("effective rank", rank.late, threshold=float(rank.tasks), source="number of tasks"),
            *(facts if harmed else ()),
        ),
        counter_evidence=() if harmed else tuple(facts),
        alternatives=(
            Alternative("dead-units", "the share of channels that are 0: high where the rank fell because they died"),
            Alternative("gradient-conflict", "widen the last layer: tasks that fight over few directions part"),
        ),
        fixes=(
            Fix("lower the learning rate threefold", lower, f"a rank above {FELL:g} of its start", "slower training"),
            Fix("a wider last layer of the backbone", {}, "a rank above the number of tasks", "more weights to fit"),
        ),
    )


CHECK = Check(
    id="rank-collapse",
    needs=("steps.effective_rank",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "gradient-conflict",
        "constant-output",
        "stalled-training",
        "below-floor",
        "below-majority",
        "probability-collapse",
    ),
)
