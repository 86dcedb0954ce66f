"""Tables of scores: what metrics.json says, row by row; nothing is computed here but where a bar is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from polyhead.report.numbers import Number, decimals_of, interval_text, metric_label, number
from polyhead.report.run import Record, Run
from polyhead.report.verdict import OUTCOMES, Outcome, judge


@dataclass(frozen=True)
class Bar:
    """A skill on the scale from -1 to 1: where its bar and its interval begin and end, in percent of the width."""

    start: float
    length: float
    whisker: tuple[float, float] | None
    beyond: bool


@dataclass(frozen=True)
class ScoreRow:
    """One metric of one task on one split, as it is written."""

    task: str
    kind: str
    metric: str
    primary: bool
    value: Number
    floor: Number
    ceiling: Number
    predictor: str
    skill: Number
    interval: str
    n: str
    unit: str
    reason: str
    outcome: Outcome
    outcome_text: str
    bar: Bar | None


def task_rows(run: Run, split: str) -> list[ScoreRow]:
    """The primary metric of every task, in the order of the configuration."""
    return [_row(run, task, *run.primary(split, task), split=split) for task in run.tasks]


def metric_rows(run: Run, split: str) -> list[ScoreRow]:
    """Every metric of every task."""
    scores = run.metrics[split]
    return [_row(run, task, metric, score, split=split) for task in scores for metric, score in scores[task].items()]


def widest(rows: list[ScoreRow], column: str) -> int:
    """Characters that the longest fraction of a column takes, so that the points stand under each other."""
    return max((len(getattr(row, column).fraction) for row in rows), default=0)


def skill_bar(score: Record) -> Bar | None:
    """Where the bar of a score is drawn; None where it has no skill."""
    skill, interval = score.get("skill"), score.get("interval")
    if skill is None:
        return None
    at, zero = _percent(skill), _percent(0.0)
    floor, best = score.get("floor"), score.get("best")
    whisker = None
    if interval and floor is not None and best is not None and best != floor:
        # Skill is linear in the value, for errors (best = 0) and for scores alike, so an interval maps to an interval.
        low, high = sorted(_percent((end - floor) / (best - floor)) for end in interval)
        whisker = (low, high)
    return Bar(min(at, zero), abs(at - zero), whisker, abs(skill) > 1)


def _row(run: Run, task: str, metric: str, score: Record, *, split: str) -> ScoreRow:
    value, floor, interval = score.get("value"), score.get("floor"), score.get("interval")
    decimals = decimals_of(value, floor, interval=interval)
    outcome = judge(score)
    return ScoreRow(
        task=task,
        kind=str(run.task(task).get("kind") or run.target(task).get("kind") or ""),
        metric=metric_label(metric) if metric else "",
        primary=bool(score.get("primary")),
        value=number(value, decimals),
        floor=number(floor, decimals),
        ceiling=number(score.get("ceiling"), decimals),
        predictor=str(score.get("floor_predictor") or ""),
        skill=number(score.get("skill"), 3),
        interval=interval_text(interval, decimals),
        n=number(score.get("n"), 0).text,
        unit=str(score.get("unit") or ""),
        reason=str(score.get("reason") or ("" if score else f"there is no score of it on {split}")),
        outcome=outcome,
        outcome_text=OUTCOMES[outcome],
        bar=skill_bar(score),
    )


def _percent(skill: float) -> float:
    return 50 + 50 * max(-1.0, min(1.0, skill))
