"""A loss that falls while the metric stays where it was.

What it finds
    A task whose loss, or whose run's total loss, falls by a fifth or more while its metric stays at its floor; and a
    task whose metric gets worse as its loss gets better.

Why it matters
    A loss is what is descended, a metric what was wanted. A head that learns the mean or the base rate lowers its loss
    and answers no question; a total falls when any of its terms does. Judged by its loss such a run is a success.

Evidence
    The change of the task's loss, and of the total unless the run was judged by a metric, from the first epochs to
    the last; the metric at its start, at its
    end and its floor; Spearman's correlation of loss and metric over the epochs of the same split.

Remedy
    Judge by the metric (train.monitor: val/skill), then find why the head learned no more than a constant.

When it can be wrong
    A metric with a threshold stays at its floor for as long as no prediction crosses it, while the ranking already
    improves: a metric without a threshold tells. Few epochs are too few for a slow task. A ranking far below chance was
    learned the wrong way round, or is averaged over batches that rank nothing: other checks say so.

Example
    A published run: the total of validation fell from 17.79 to 11.05, by 37.9 %, and the loss of the span from .57 to
    .28, by 51 %; F1 of the span was 0 at every epoch. The total fell because the countdown's did, and .28 is no better
    than the .25 that the base rate alone reaches.

References
    Spearman, American Journal of Psychology 1904.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Course, course_of, late, series
from polyhead.diagnosis.curves import sign_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

IMPROVED = 0.2
"""The published run asked for a fall of 20 % of the loss as its criterion of success."""
EPOCHS = 5
"""Fewer show no persistence."""
AGAINST, SUPPORT = 0.5, 8
"""A rank correlation this strong the wrong way, over so many epochs at least (5 % two-sided is at .74 with 8)."""

CLOSING = 0.5
"""A metric that came at least half of the way to its floor from below went with its loss, if not far enough: that is
below-floor's to say."""
TURNED = -0.5
"""Skill of a ranking, 2 AUROC - 1: chance with 12 positives and 12 negatives gives less in 1.9 % of draws."""
RANKINGS = ("auroc", "auc", "macro_auroc")


@dataclass(frozen=True)
class Divergence:
    """`fell` and `total` are the shares of itself by which the task's loss, and the total, fell, None where not
    positive, or where a total is not what the run was judged by; `agreement` is Spearman's between lower loss and
    better metric, `first` the metric at its start."""

    task: str
    phase: str
    fell: float | None
    total: float | None
    course: Course
    first: float
    agreement: float | None
    epochs: tuple[int, int]
    count: int


def measure(case: Case) -> Iterator[Divergence]:
    """Every task with a metric over epochs and a loss, or a total loss."""
    losses = case.losses or {}
    phase = next((one for one in ("val", "train") if one in losses), None)
    if phase is None:
        raise NotCheckedError("no losses over epochs")
    table, seen = losses[phase], 0
    for task in case.tasks:
        name, values = series(case, task)
        course = course_of(case, task, judged=False)
        if name is None or course is None or len(values) < 2:
            continue
        seen += 1
        epoch = case.scores[task]["epoch"] if case.scores else np.zeros(0)
        yield Divergence(
            task,
            phase,
            _fell(table[task]) if task in table else None,
            _fell(table["total"]) if "total" in table and _by_total(case) else None,
            course,
            float(values[0]),
            _agreement(case, task, name, table["epoch"], table[task]) if task in table else None,
            (int(epoch[0]), int(epoch[-1])),
            len(values),
        )
    if not seen:
        raise NotCheckedError("no metric of a task over epochs")


def _by_total(case: Case) -> bool:
    """Whether a falling total may have been taken for success: unless the run was judged by a metric."""
    monitor = ((case.state or {}).get("best") or {}).get("monitor") or (case.config and case.config.train.monitor)
    return not monitor or "loss" in str(monitor)


def _fell(values: NDArray[np.float64]) -> float | None:
    """By what share of itself the loss fell, from the median of its first tenth to that of its last fifth."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return None
    before = float(np.median(values[: max(1, len(values) // 10)]))
    after = float(np.median(values[late(len(values))]))
    return (before - after) / before if min(before, after) > 0 else None


def _agreement(case: Case, task: str, name: str, epoch: NDArray[np.float64], loss: NDArray[np.float64]) -> float | None:
    """Spearman's correlation of the metric's goodness with minus the loss, None with too few or constant values."""
    from scipy.stats import spearmanr

    table = (case.scores or {})[task]
    _, first, second = np.intersect1d(table["epoch"], epoch, return_indices=True)
    metric, paired = table[name][first], loss[second]
    good = np.isfinite(metric) & np.isfinite(paired)
    metric, paired = metric[good], paired[good]
    if len(metric) < SUPPORT or np.ptp(metric) == 0 or np.ptp(paired) == 0:
        return None
    return float(spearmanr(sign_of(name) * metric, -paired).statistic)


def judge(one: Divergence) -> Finding | None:
    """The metric at its floor under a falling loss, or falling with it."""
    own, total = one.fell is not None and one.fell >= IMPROVED, one.total is not None and one.total >= IMPROVED
    flat = one.course.standing == "floor" and (own or total) and _closed(one) < CLOSING and not _turned(one)
    opposed = own and one.course.falling and one.agreement is not None and one.agreement <= -AGAINST
    if one.count < EPOCHS or not (flat or opposed):
        return None
    severity: Severity = "error" if flat and one.course.epochs >= EPOCHS else "warning"
    part = one.fell if own else one.total
    whose = "its loss" if own else "the total loss"
    shown = f"{one.course.metric} stays at {one.course.last:.3g}" if one.course.last is not None else one.course.metric
    said = shown if flat else f"{one.course.metric} lost {one.course.lost:.0%} of what it had gained"
    window = f"epochs {one.epochs[0]} to {one.epochs[1]} of {one.phase}"
    facts = [
        Fact("fall of the task's loss", one.fell, threshold=IMPROVED, source="share of itself", window=window),
        Fact("fall of the total loss", one.total, threshold=IMPROVED, source="share of itself", window=window),
        Fact(one.course.metric, one.course.last, threshold=one.course.floor, source=f"it began at {one.first:.3g}"),
    ]
    if one.agreement is not None:
        source = "Spearman's correlation of lower loss with better metric"
        facts.append(Fact("agreement of loss and metric", one.agreement, threshold=-AGAINST, source=source))
    return Finding(
        severity=severity,
        what=f"{one.task}: {whose} fell by {part:.0%} while its {said}",
        scope=Scope(task=one.task, split=one.phase, epochs=one.epochs, key=f"tasks.{one.task}"),
        evidence=tuple(facts),
        alternatives=(
            Alternative("probability-collapse", "a metric without a threshold (auroc): above its floor it did learn"),
            Alternative("loss-dominance", "train the task alone: a starved head then leaves its floor"),
            Alternative("overfitting", "the training loss against that of validation"),
        ),
        fixes=(
            Fix("judge epochs by the metrics", {"train.monitor": "val/skill"}, "the best epoch is another"),
            Fix(
                f"find why {one.task} learns no more than a constant: train it alone",
                {},
                "a metric above its floor, or not",
            ),
        ),
    )


def _turned(one: Divergence) -> bool:
    """Whether the metric says that windows are ranked the other way, which a constant does not."""
    return one.course.metric in RANKINGS and one.course.skill is not None and one.course.skill <= TURNED


def _closed(one: Divergence) -> float:
    """The share of the way from its first value to its floor that the metric went; 0 where it began at or above it."""
    if one.course.last is None or one.course.floor is None:
        return 0.0
    way, gone = one.course.floor - one.first, one.course.last - one.first
    return gone / way if way and (one.agreement or 0.0) > 0 and gone * way > 0 else 0.0


CHECK = Check(
    id="loss-metric-divergence",
    needs=("losses", "scores"),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
