"""Channels of the backbone that died.

What it finds
    More than half of the channels that the heads read are 0 on whole batches, to the end of training, while the
    features lose rank or a task loses what it had.

Why it matters
    A rectified channel that is 0 for every window has no gradient and never comes back. The heads read what is left:
    with few channels alive the tasks share few directions, and the tasks that needed the others fall behind.

Evidence
    The share of the backbone's output channels that are 0 at every moment of every window of a batch, at the sampled
    steps of the last fifth; the effective rank of the features there over that of the first fifth; how far the worst
    task's loss ends above its best, in sd of its noise, and how far the worst task is from its floor.

Remedy
    A lower learning rate (one large step kills them), a normalisation before the rectifier, or a rectifier with a slope
    on both sides.

When it can be wrong
    Many zeros are no fault: sparse features are 0 for most windows and alive for some. Those do not count here, as a
    channel must be 0 on the whole batch; small batches, or batches of one class, make that likelier.

Example
    A map of 24 channels of which 15 are 0 on every sampled batch has a dead share of 15 / 24 = 0.625. With an effective
    rank that went from 10 to 4, a ratio of 0.4, this is a warning; with rank and tasks as they were, a note.

References
    Maas, Hannun and Ng, ICML workshop 2013; Lu et al., CiCP 2020, on dying rectifiers. torchmortem takes 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import rise
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

DEAD = 0.5
"""Share of channels, and of the late samples that must exceed it (torchmortem: 0.5 in 50 % of steps; SageMaker 0.5)."""
SUSTAINED = 0.8
"""Share of the late samples: one batch of one class kills nothing."""
RANK = 0.5
"""Effective rank of the end over that of the start (torchmortem)."""
RISEN = 3.0
"""Standard deviations of a loss's noise by which it ends above its best."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""
SAMPLES = 10
"""Sampled steps needed, so that the last fifth holds two at least."""


@dataclass(frozen=True)
class Dead:
    """The median dead share of the last fifth of the samples and of the first, the share of late samples above DEAD,
    the rank of late over early samples (NaN where not known), the largest rise of a task's loss, and the worst task."""

    late: float
    early: float
    rank: float
    above: float
    risen: float
    epochs: tuple[int, int] | None
    worst: Progress | None
    lr: float | None


def measure(case: Case) -> Iterator[Dead]:
    """Dead channels at sampled steps, and what the run lost meanwhile."""
    steps = case.steps or {}
    sampled = np.isfinite(steps["dead_share"])
    dead = steps["dead_share"][sampled]
    if len(dead) < SAMPLES:
        raise NotCheckedError(f"dead channels sampled at {len(dead)} steps, {SAMPLES} are needed")
    fifth = len(dead) // 5
    rank = steps.get("effective_rank", np.full(len(sampled), np.nan))[sampled]
    epochs = steps["epoch"][sampled] if "epoch" in steps else None
    rises = [rise(steps[f"loss.{task}"]) for task in case.tasks if f"loss.{task}" in steps]
    yield Dead(
        late=float(np.median(dead[-fifth:])),
        early=float(np.median(dead[:fifth])),
        rank=_middle(rank[-fifth:]) / _middle(rank[:fifth]),
        above=float(np.mean(dead[-fifth:] > DEAD)),
        risen=max((one for one in rises if np.isfinite(one)), default=float("nan")),
        epochs=None if epochs is None else (int(epochs[-fifth]), int(epochs[-1])),
        worst=next(iter(progress_of(case)), None),
        lr=case.config.train.lr if case.config else None,
    )


def _middle(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) and np.median(known) > 0 else float("nan")


def judge(dead: Dead) -> Finding | None:
    """A warning where rank or a task falls, an error where a task's interval ends below a tenth too; else a note."""
    if dead.late <= DEAD or dead.above < SUSTAINED:
        return None
    worst = dead.worst
    lost = worst is not None and worst.value < AT_FLOOR
    proven = lost and worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    harmed = lost or dead.rank < RANK or dead.risen > RISEN
    facts = [
        Fact("effective rank, late over early", dead.rank, threshold=RANK, source="torchmortem"),
        Fact("loss above its best, sd", dead.risen, threshold=RISEN, source="noise of the loss between steps"),
    ]
    if worst is not None:
        facts.append(worst.fact(AT_FLOOR))
    measured = tuple(one for one in facts if one.value is not None and np.isfinite(float(one.value)))
    share = Fact("dead share", dead.late, threshold=DEAD, source="torchmortem, SageMaker", window="last fifth")
    lower = {"train.lr": float(f"{dead.lr / 3:.1g}")} if dead.lr else {}
    return Finding(
        severity="error" if proven else "warning" if harmed else "note",
        what=f"{dead.late:.0%} of the channels that heads read are 0 on whole batches at the end, {dead.early:.0%} at"
        " the start",
        scope=Scope(epochs=dead.epochs, key="model.backbone"),
        evidence=(share, *(measured if harmed else ())),
        counter_evidence=() if harmed else measured,
        alternatives=(
            Alternative("rank-collapse", "channels that are alive but alike: a low rank with a small dead share"),
            Alternative("exploding-gradient", "a jump of the dead share at a spike of the gradient's norm"),
        ),
        fixes=(
            Fix("lower the learning rate threefold", lower, f"dead share below {DEAD:g} to the end", "slower training"),
        ),
    )


CHECK = Check(
    id="dead-units",
    needs=("steps.dead_share",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "rank-collapse",
        "vanishing-gradient",
        "constant-output",
        "stalled-training",
        "probability-collapse",
        "below-floor",
        "below-majority",
        "orphan-head",
        "loss-metric-divergence",
    ),
)
