"""Windows that hold no answer, and scores that are too good.

What it finds
    Slices at the noisy end of a column on which every score is that of chance while it rises steadily towards the
    other end, and a score that is better than the data allow.

Why it matters
    Below some signal-to-noise ratio no network can tell the classes apart. Such windows pull the score over all windows
    down by a fixed amount, and work on the network cannot win it back. A score beyond a computed ceiling can only come
    from outside the window: a leak, or labels that the ceiling was not computed for.

Evidence
    The skill on each slice of at least 50 labels in the order of the column's numbers: how many at one end do not
    differ from 0, what share of all labels they hold, and the rank correlation of skill and column. The value, its
    interval and its ceiling, where the study can compute one (Cramer-Rao, Bayes).

Remedy
    Report the score by slice or above a declared level (data.select), beside the ceiling. Beyond the ceiling: look for
    what else the window tells.

When it can be wrong
    Chance on the noisy slices may be the network's failing: a matched filter or a longer window that scores above
    chance there disproves the ceiling. A ceiling holds under its assumptions only.

Example
    26 levels of noise from -20 to 30 dB with equal windows: with the 5 lowest at chance 5 / 26 = 19 % of the windows
    are lost to all, and accuracy cannot exceed 0.81 + 0.19 / 17 = 0.82 with 17 classes.

References
    O'Shea, Roy and Clancy, IEEE JSTSP 2018: accuracy by SNR of 24 modulations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.metric import Score

LEAST = 50
"""Known labels of a slice."""
LEVELS = 4
"""Levels of the column; 4 in order by chance have probability 2 / 4! = 8 %, 5 have 2 %."""
STEADY = 0.9
"""Rank correlation of skill and column."""
TOP = 0.3
"""Skill at the good end: less is a task that is not learned anywhere."""


@dataclass(frozen=True)
class Ceiling:
    """Of one task: along `column` the levels at chance (their values, the share of labels in them), of how many, the
    rank correlation and the skill at the good end; or where `column` is None a score and its ceiling."""

    task: str
    split: str
    metric: str
    column: str | None = None
    chance: tuple[str, ...] = ()
    share: float = 0.0
    levels: int = 0
    correlation: float = 0.0
    top: float = 0.0
    value: float | None = None
    interval: tuple[float, float] | None = None
    ceiling: float | None = None
    higher: bool = True


def measure(case: Case) -> Iterator[Ceiling]:
    """Every score with a ceiling, then every column of numbers with enough levels."""
    found, split = 0, case.judged or ""
    for task, scores in (case.metrics or {}).get(split, {}).items():
        for name, score in scores.items():
            if score.value is not None and score.ceiling is not None and score.direction is not None:
                found += 1
                yield Ceiling(
                    task, split, name, value=score.value, interval=score.interval, ceiling=score.ceiling,
                    higher=score.direction == "higher",
                )  # fmt: skip
    for task, columns in (case.slices or {}).get(split, {}).items():
        for column in columns:
            if (along := _along(case, task, split, column)) is not None:
                found += 1
                yield along
    if not found:
        raise NotCheckedError(f"no ceiling, and no column of {LEVELS} numbers with {LEAST} labels each (data.slices)")


def _along(case: Case, task: str, split: str, column: str) -> Ceiling | None:
    """The skill along a column of numbers; None where it has too few levels."""
    from scipy.stats import spearmanr

    primary = case.score(task, split)
    rows = []
    for value, scores in (case.slices or {})[split][task][column].items():
        score = scores.get(primary[0]) if primary else None
        if score is None or score.skill is None or score.n < LEAST:
            continue
        try:
            rows.append((float(value), value, score.skill, score.n, _error(score)))
        except ValueError:
            return None
    if len(rows) < LEVELS or primary is None:
        return None
    rows.sort()
    skill, n = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    if np.ptp(skill) == 0:
        return None
    correlation = float(spearmanr(np.arange(len(rows)), skill).statistic)
    order = np.arange(len(rows)) if correlation > 0 else np.arange(len(rows))[::-1]
    at_chance = skill[order] < 1.96 * np.array([row[4] for row in rows])[order]
    first = int(np.argmin(at_chance)) if not at_chance.all() else len(rows)
    return Ceiling(
        task,
        split,
        primary[0],
        column,
        tuple(rows[i][1] for i in order[:first]),
        float(n[order[:first]].sum() / n.sum()),
        len(rows),
        correlation,
        float(skill[order[-1]]),
    )


def _error(score: Score) -> float:
    """Standard error of a skill of 0 over n labels: at most 1 / sqrt(n), but sqrt(f / (1 - f)) times that where a
    constant is right in a share f of more than half."""
    floor = score.floor if score.direction == "higher" and score.floor is not None else 0.5
    return float(np.sqrt(max(1.0, floor / max(1 - floor, 1e-9)) / score.n))


def judge(one: Ceiling) -> Finding | None:
    """A note of what no network can win; a warning where a score is beyond what is possible."""
    if one.column is None:
        return _judge_ceiling(one)
    if not one.chance or abs(one.correlation) < STEADY or one.top < TOP:
        return None
    return Finding(
        severity="note",
        what=f"{one.task}: where {one.column} is {', '.join(one.chance)} {one.metric} is that of chance, and it"
        f" rises to skill {one.top:.2f} at the other end: on {one.share:.0%} of the labels there may be nothing to win",
        scope=Scope(task=one.task, split=one.split, parameter=one.column, key="data.slices"),
        evidence=(
            Fact("share of labels at chance", one.share, source=f"{len(one.chance)} of {one.levels} levels"),
            Fact("rank correlation with skill", one.correlation, None, STEADY, f"{one.levels} levels"),
        ),
        alternatives=(Alternative("weak-slice", "train on those levels alone: above chance, they were only drowned"),),
        fixes=(
            Fix(
                f"report by {one.column}, or choose the levels that are meant with data.select",
                {},
                "the same score on each level, and a higher mean over those that are left",
                risk="a score of easier windows is not comparable with the old one",
            ),
        ),
    )


def _judge_ceiling(one: Ceiling) -> Finding | None:
    if one.value is None or one.ceiling is None:
        return None
    worse = None if one.interval is None else one.interval[0 if one.higher else 1]
    bound = one.value if worse is None else worse
    if (bound <= one.ceiling) if one.higher else (bound >= one.ceiling):
        return None
    return Finding(
        severity="warning",
        what=f"{one.task}: {one.metric} {one.value:.4g} on {one.split} is better than its ceiling {one.ceiling:.4g}: a"
        " leak, or a ceiling of other data",
        scope=Scope(task=one.task, split=one.split, parameter=one.metric, key=f"tasks.{one.task}"),
        evidence=(Fact(one.metric, one.value, one.interval, one.ceiling, "ceiling of the study", one.split),),
        alternatives=(Alternative("split-leakage", "split by recording: a leak falls below the ceiling"),),
        fixes=(
            Fix("split by recording, and compute the ceiling on the judged windows", {"data.split.by": "group"},
                "a score below its ceiling"),
        ),
    )  # fmt: skip


CHECK = Check(
    id="information-ceiling",
    needs=("metrics",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("weak-slice", "below-floor", "below-majority"),
)
