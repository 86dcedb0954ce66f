"""A task that has a loss and no metric.

What it finds
    A task that is trained, its loss logged, and of which no metric is reported.

Why it matters
    A loss depends on scales, weights and shifts, and cannot be held against what a trivial predictor scores. Of a task
    without a metric nobody can say whether it was learned, so that it takes its share of the backbone on trust.

Evidence
    Metrics with a value, over all splits and epochs, of every task that has a column of losses.

Remedy
    Report at least one metric in physical units, with its floor.

When it can be wrong
    A task may be there to help another one only, and be judged by that; a log may hold losses and another file the
    metrics. Metrics that are reported and have no value because the network's answers are no numbers any more are left
    to non-finite.

Example
    A detector is trained on angle, energy and time of arrival. Cosine similarity is logged for the angle; energy and
    time appear in plots of residuals only: 3 losses, metrics of 1 task, 2 tasks unmeasured.

References
    Pineau et al., JMLR 22, 2021: a checklist asks for the measure that each claim rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Fact, Finding, Fix, Scope

NOT_TASKS = ("epoch", "total")
"""Columns of a table of losses that are no task's."""


@dataclass(frozen=True)
class Measured:
    """How many metrics of a task have a value anywhere, `reason` why those that have none have none. `broken`: there
    are such, and the task's loss was not finite either in the last epoch."""

    task: str
    metrics: int
    reason: str | None
    loss: float
    broken: bool = False


def measure(case: Case) -> Iterator[Measured]:
    """Every task with a finite loss."""
    losses = {
        task: float(values[np.isfinite(values)][-1])
        for table in (case.losses or {}).values()
        for task, values in table.items()
        if task not in NOT_TASKS and np.isfinite(values).any()
    }
    if not losses:
        raise NotCheckedError("no task's own loss")
    for task, loss in losses.items():
        final = [score for split in (case.metrics or {}).values() for score in split.get(task, {}).values()]
        curves = [values for name, values in (case.scores or {}).get(task, {}).items() if name != "epoch"]
        count = sum(score.value is not None for score in final) + sum(bool(np.isfinite(c).any()) for c in curves)
        ends = [table[task][-1] for table in (case.losses or {}).values() if len(table.get(task, ()))]
        broken = bool(final) and not np.isfinite(ends).any()
        yield Measured(task, count, next((score.reason for score in final if score.reason), None), loss, broken)


def judge(measured: Measured) -> Finding | None:
    """A warning without any."""
    if measured.metrics or measured.broken:
        return None
    why = f" ({measured.reason})" if measured.reason else ""
    return Finding(
        severity="warning",
        what=f"{measured.task}: trained with a loss, now {measured.loss:.4g}, and no metric says what it learned{why}",
        scope=Scope(task=measured.task, key=f"tasks.{measured.task}"),
        evidence=(Fact("metrics with a value", measured.metrics, threshold=1, source="all splits and epochs"),),
        fixes=(
            Fix(
                "report a metric in physical units beside its floor; polyhead does for every task it trains",
                {},
                "a skill for the task: 0 at the floor, 1 perfect",
            ),
        ),
    )


CHECK = Check(
    id="unmeasured-task",
    needs=("losses",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
