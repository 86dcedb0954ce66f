"""A task whose weight has all but vanished.

What it finds
    A task that the balance has given almost none of the weight, and whose metric fell back meanwhile or never left the
    lower half even on the windows it was trained on, while another task was learned.

Why it matters
    Balances that learn or compute weights can spiral: the task that is learned first gets the most weight, is learned
    still faster, and leaves the others nothing. A task without weight is not held by the shared layers any more; they
    move on for the other tasks, and what it had learned is overwritten.

Evidence
    The task's share of the weights over the last fifth of the epochs, each weight in units of the loss of its best
    constant, or where that is not known relative to its own first epoch; its share of the weighted loss, which a
    small weight on a large loss does not lose; how much of what its metric had gained is lost again; and its skill on
    training windows beside that of the best other task.

Remedy
    A least share for each task (balance.min_share), a higher temperature, or a balance without learned weights.

When it can be wrong
    A metric can fall for its own reasons, such as overfitting, while its weight is small for others; with weights that
    follow the loss, as in uncertainty weighting, a task that is hard has a small weight and keeps its share of the
    weighted loss, and this stays silent. A softmax of losses has no such rest: the further a task is behind, the less
    it is heard, and its share of the weights counts whatever its loss is. A task that learns nothing for another reason
    is behind too, and a softmax takes its weight away for that: giving it back then changes nothing.

Example
    Two tasks start with weights of 1 and 1. At the end they are 1.98 and .004: a share of .004 / 1.984 = .2 %. The
    accuracy of the second rose from 25 to 39 % and fell to 9.5 %: more than it ever gained.

References
    Liu, Johns and Davison, CVPR 2019, on weights by a softmax of losses; Kendall, Gal and Cipolla, CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.config.balance import KendallOptions, SoftmaxOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import FAIR, Course, course_of, late
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.starving import diverged, fitted, unweighted
from polyhead.diagnosis.weighing import Weighing, weighing

SMALL, GONE = 0.05, 0.01
"""Shares below which a task is hardly heard, and not at all. A published run that collapsed used a least share between
.05 and .10 in the runs that mended it."""
HEARD = 0.5
"""Half of an equal share of the weighted loss, or more, is a voice, whatever the weight: uncertainty weighting at rest
gives each task an equal one."""
TAKEN = 0.2
"""Part of its first share that is left at the most, for the balance to have taken the weight: where more is left it
was small from the start, which somebody chose."""
LEAST = 0.05
"""The least share that the remedy proposes."""


@dataclass(frozen=True)
class Collapse:
    """`share` of the weights in [0, 1] over the last epochs, its range there, and at the `start`; `weighted` share of
    the weighted loss, None where a loss is negative; `rests` whether the balance gives tasks equal shares of that at
    rest; the `course` of the task's metric; `fitted` its skill on training windows, None where it diverged, and
    `best` that of the best other task, None where not known; `unit` of the weights."""

    task: str
    share: float
    spread: tuple[float, float]
    start: float
    weighted: float | None
    rests: bool
    course: Course
    fitted: float | None
    best: float | None
    unit: str
    epochs: tuple[int, int]
    tasks: int
    key: str | None


def measure(case: Case) -> Iterator[Collapse]:
    """Shares of every task whose metric is known."""
    found = weighing(case)
    if found is None or found.weights is None or len(found.weights) < 2:
        raise NotCheckedError("fewer than two tasks whose weights are known")
    if all(np.nanmax(one) - np.nanmin(one) <= 1e-9 * np.nanmax(np.abs(one)) for one in found.weights.values()):
        raise NotCheckedError("the weights are fixed")  # a small one is then what somebody wrote
    shares, unit = _shares(case, found)
    last = late(len(found.epochs))
    weighted = _weighted(found, last)
    options = case.config.balance if case.config else None
    key = "balance.min_share" if isinstance(options, KendallOptions | SoftmaxOptions) else None
    courses = {task: course_of(case, task) for task in shares}
    skills = {task: fitted(case, task) for task in shares}
    if not any(courses.values()):
        raise NotCheckedError("no task whose metric, or loss against its floor, is known")
    for task, share in shares.items():
        course = courses[task]
        if unweighted(case, task):
            continue  # somebody took its weight, not the balance
        if course is not None:
            rest = [skill for other, skill in skills.items() if other != task and skill is not None]
            yield Collapse(
                task,
                float(np.median(share[last])),
                (float(share[last].min()), float(share[last].max())),
                float(share[0]),
                weighted.get(task),
                not isinstance(options, SoftmaxOptions),
                course,
                None if diverged(case, task) else skills[task],
                max(rest, default=None),
                unit,
                (int(found.epochs[last][0]), int(found.epochs[-1])),
                len(shares),
                key,
            )


def _shares(case: Case, found: Weighing) -> tuple[dict[str, NDArray[np.float64]], str]:
    assert found.weights is not None
    floors = {name: case.tasks[name].floor_loss for name in found.weights}
    known = {name: floor for name, floor in floors.items() if floor is not None and floor > 0}
    weights = {name: np.nan_to_num(np.abs(one)) for name, one in found.weights.items()}
    if len(known) == len(weights):
        units, said = known, "loss of the best constant"
    else:
        units = {name: 1 / one[one > 0][0] if (one > 0).any() else 1.0 for name, one in weights.items()}
        said = "weight at the first epoch"
    scaled = {name: one * units[name] for name, one in weights.items()}
    total = np.sum(list(scaled.values()), axis=0)
    return {name: one / np.where(total > 0, total, 1.0) for name, one in scaled.items()}, said


def _weighted(found: Weighing, last: slice) -> dict[str, float]:
    parts = {name: np.nan_to_num(one[last]) for name, one in (found.weighted() or {}).items()}
    total = np.sum(list(parts.values()), axis=0)
    if any((one < 0).any() for one in parts.values()) or not (total > 0).all():
        return {}
    return {name: float(np.median(one / total)) for name, one in parts.items()}


def judge(one: Collapse) -> Finding | None:
    """A small share of the weights and of the weighted loss, and a metric that fell or was never learned."""
    heard = one.rests and one.weighted is not None and one.weighted >= HEARD / one.tasks
    starved = (
        one.fitted is not None
        and one.fitted < FAIR
        and one.best is not None
        and one.best >= FAIR
        and one.share < TAKEN * one.start
    )
    if one.share >= SMALL or heard or not (one.course.falling or starved):
        return None
    severity: Severity = "error" if one.share < GONE else "warning"
    window = f"epochs {one.epochs[0]} to {one.epochs[1]}"
    facts = [
        Fact("share of the weights", one.share, one.spread, SMALL, f"in units of the {one.unit}", window),
        Fact(f"part of its gain in {one.course.metric} that is lost", one.course.lost, source="validation over epochs"),
        Fact("share of the weights at the first epoch", one.start),
    ]
    if one.fitted is not None:
        facts.append(Fact("its skill on training windows", one.fitted, threshold=FAIR))
        facts.append(Fact("the best other task's", one.best, threshold=FAIR))
    if one.weighted is not None:
        facts.append(Fact("share of the weighted loss", one.weighted, threshold=HEARD / one.tasks, window=window))
    floor = Fix(
        "weigh by what a constant would lose",
        {"balance": "floor"},
        "shares that do not move",
        "loses what the learned weights gained",
    )
    least = Fix(
        "give each task a least share",
        {one.key or "": LEAST},
        f"{one.course.metric} of {one.task} keeps its best value",
        "other tasks learn a little more slowly",
    )
    return Finding(
        severity=severity,
        what=f"{one.task} has {one.share:.2g} of the weights, and "
        + (
            f"its {one.course.metric} lost {one.course.lost:.0%} of what it had gained"
            if one.course.falling
            else f"reaches a skill of only {one.fitted:.2f} even on training windows"
        ),
        scope=Scope(task=one.task, epochs=one.epochs, key="balance"),
        evidence=tuple(facts),
        alternatives=(
            Alternative("overfitting", "if the task's loss on training windows fell on, it was not for want of weight"),
        ),
        fixes=(least, floor) if one.key else (floor,),
    )


CHECK = Check(
    id="weight-collapse",
    needs=("weights", "losses"),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "below-floor",
        "below-majority",
        "constant-output",
        "probability-collapse",
        "stalled-training",
        "loss-metric-divergence",
    ),
)
