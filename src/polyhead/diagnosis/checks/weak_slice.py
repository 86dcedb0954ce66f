"""A part of the data on which the task fails.

What it finds
    A value of a column (a load, a unit, a level of noise) on which a task scores more than a fifth worse than on the
    whole, or below what a constant would score there.

Why it matters
    A score over all windows is a mean in which the common hide the rare. Where the network is used on such a part
    alone, its score there is the one that holds.

Evidence
    The task's metric on each slice of at least 50 known labels beside that on the whole, with an interval from the
    number of labels, and the floor of the slice. R2 depends on the spread of the labels within a slice and cannot be
    compared; its mean absolute error is taken instead. Where a task may be no better than a constant on a slice, and
    the whole is better by 3.3 standard errors, the slice is lost: the worst of ten slices is so by chance once in a
    hundred runs.

Remedy
    More recordings of that part, or draw it more often. Where the part is out of reach, say so beside the score.

When it can be wrong
    Windows of one recording are not independent, so the interval is too narrow where a slice holds few recordings.
    Errors grow with the size of what is measured. Some slices hold no information at all (information-ceiling).

Example
    Accuracy 0.90 on the whole and 0.60 on 100 windows of one load: a relative gap of 33 %, interval 0.60 +- 1.96 x
    sqrt(0.6 x 0.4 / 100) = [0.50, 0.70], apart from 0.90.

References
    Oakden-Rayner and others, CHIL 2020, "Hidden stratification": relative gaps of more than 20 % in unlabelled
    subclasses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.metric import Score

LEAST = 50
"""Known labels, below which a slice's interval is wider than most gaps."""
RELATIVE = 0.2
"""The gap from which hidden stratification is spoken of (Oakden-Rayner and others)."""
SURE = 3.3 / 1.96
"""Times half of the 95 % interval: one slice in a thousand lies farther off by chance, and a run has a few tens."""
COMPARABLE = {"r2": ("mae", "rmse", "mse")}
"""What stands in for a metric that depends on the spread of labels in a slice."""


@dataclass(frozen=True)
class Slice:
    """The slice of a column with the widest gap: its value, score, interval, floor and number of labels, and the
    score of the whole; `gap` is the difference relative to the whole, above 0 where the slice is worse."""

    task: str
    split: str
    column: str
    value: str
    metric: str
    score: float
    interval: tuple[float, float]
    n: int
    whole: float
    gap: float
    floor: float | None
    higher: bool


def measure(case: Case) -> Iterator[Slice]:
    """The worst slice of each task and column, of those with enough labels."""
    found = False
    for split, tasks in (case.slices or {}).items():
        if split != case.judged:
            continue
        for task, columns in tasks.items():
            name = _metric(case, task, split)
            whole = (case.metrics or {}).get(split, {}).get(task, {}).get(name or "")
            if name is None or whole is None or not whole.value or whole.direction is None:
                continue
            for column, values in columns.items():
                slices = [one for value, one in _slices(values, name, whole) if one.n >= LEAST]
                if len(slices) > 1:
                    found = True
                    worst = max(slices, key=lambda one: one.gap)
                    yield Slice(**{**vars(worst), "task": task, "split": split, "column": column})
    if not found:
        raise NotCheckedError(f"no two slices of {LEAST} known labels (data.slices)")


def _metric(case: Case, task: str, split: str) -> str | None:
    """The primary metric, or one that can be compared between slices."""
    primary = case.score(task, split)
    if primary is None:
        return None
    scores = (case.metrics or {})[split][task]
    return next((name for name in COMPARABLE.get(primary[0], ()) if name in scores), primary[0])


def _slices(values: Mapping[str, Mapping[str, Score]], name: str, whole: Score) -> Iterator[tuple[str, Slice]]:
    assert whole.value is not None
    higher = whole.direction == "higher"
    for value, scores in values.items():
        score = scores.get(name)
        if score is None or score.value is None or not score.n:
            continue
        gap = (whole.value - score.value) / abs(whole.value) * (1 if higher else -1)
        interval = score.interval or _interval(score.value, score.n, higher)
        yield (
            value,
            Slice("", "", "", value, name, score.value, interval, score.n, whole.value, gap, score.floor, higher),
        )


def _interval(value: float, n: int, higher: bool) -> tuple[float, float]:
    """95 %: of a share by its binomial variance, of an error by a relative standard error of 1 / sqrt(n), which is
    more than the 1 / sqrt(2 n) of a root mean square and the 0.76 / sqrt(n) of a mean of normal residuals."""
    if higher:
        share = min(1.0, max(0.0, value))
        half = 1.96 * float(np.sqrt(max(share * (1 - share), 1 / n) / n))
        return value - half, value + half
    half = 1.96 / float(np.sqrt(n))
    return value * float(np.exp(-half)), value * float(np.exp(half))


def judge(one: Slice) -> Finding | None:
    """A warning where the slice is surely below its floor, or may be no better and is surely worse than the whole; a
    note where it is a fifth worse than the whole."""
    near = one.interval[1] if one.higher else one.interval[0]  # the bound on the better side
    apart = near < one.whole if one.higher else near > one.whole
    if one.gap <= RELATIVE or not apart:
        return None
    below = one.floor is not None and (near < one.floor if one.higher else near > one.floor)
    far = one.score + SURE * (near - one.score)
    worse = one.interval[0] if one.higher else one.interval[1]
    lost = one.floor is not None and (worse <= one.floor if one.higher else worse >= one.floor)
    lost = below or (lost and (far < one.whole if one.higher else far > one.whole))
    floor = f", and a constant scores {one.floor:.3g} there" if lost else ""
    return Finding(
        severity="warning" if lost else "note",
        what=f"{one.task}: {one.metric} is {one.score:.3g} where {one.column} is {one.value} ({one.n} labels),"
        f" {one.gap:.0%} worse than {one.whole:.3g} on the whole of {one.split}{floor}",
        scope=Scope(task=one.task, split=one.split, parameter=f"{one.column}={one.value}", key="data.slices"),
        evidence=(
            Fact(one.metric, one.score, one.interval, one.floor if lost else None, f"n = {one.n}", one.value),
            Fact("relative gap", one.gap, None, RELATIVE, "Oakden-Rayner and others, CHIL 2020"),
        ),
        alternatives=(
            Alternative("information-ceiling", "a score that falls to chance steadily towards this end of the column"),
            Alternative("missing-class", "the classes of this slice in training"),
        ),
        fixes=(
            Fix(
                f"record more where {one.column} is {one.value}, or hold it out and say so",
                {},
                "a gap below 20 % on that slice, and none on the others",
                risk="batches that repeat the few recordings of a slice learn them by heart",
            ),
        ),
    )


CHECK = Check(id="weak-slice", needs=("slices",), cost="scalars", measure=measure, judge=judge, doc=__doc__ or "")
