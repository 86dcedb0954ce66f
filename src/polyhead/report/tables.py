"""Tables of scores: what metrics.json says, row by row; nothing is computed here but where a bar is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from polyhead.report.numbers import Number, decimals_of, interval_text, metric_label, number
from polyhead.report.run import Record, Run
from polyhead.report.verdict import OUTCOMES
from polyhead.scoring.standing import Standing, standing


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
    outcome: Standing
    outcome_text: str
    bar: Bar | None


@dataclass(frozen=True)
class PartRow:
    """The score of one part of the windows, with the page that tells more of it; `whole` for all of them."""

    label: str
    score: ScoreRow
    page: str = ""
    whole: bool = False


@dataclass(frozen=True)
class PartTable:
    """One metric of one task, part by part."""

    title: str
    corner: str
    rows: Sequence[PartRow]


def task_rows(run: Run, split: str) -> list[ScoreRow]:
    """The primary metric of every task, in the order of the configuration."""
    return [row_of(run, task, *run.primary(split, task), split=split) for task in run.tasks]


def metric_rows(run: Run, split: str) -> list[ScoreRow]:
    """Every metric of every task."""
    scores = run.metrics[split]
    return [row_of(run, task, metric, score, split=split) for task in scores for metric, score in scores[task].items()]


def joint_rows(run: Run, split: str) -> list[ScoreRow]:
    """The metrics across tasks; as their kind stand the tasks that they join."""
    rows = []
    for name, score in (run.joint.get(split) or {}).items():
        asked = (run.config.get("joint") or {}).get(name) or {}
        row = row_of(run, name, str(asked.get("metric") or "all_correct"), score, split=split)
        rows.append(replace(row, kind=", ".join(str(task) for task in asked.get("tasks") or [])))
    return rows


def slice_tables(run: Run, split: str) -> list[PartTable]:
    """The primary metric of each task on the windows of each value of a column, and on all of them."""
    sliced = run.slices.get(split) or {}
    tables = []
    for column in dict.fromkeys(column for columns in sliced.values() for column in columns):
        for task in (task for task in run.tasks if column in (sliced.get(task) or {})):
            metric, whole = run.primary(split, task)
            values = sliced[task][column].get("values") or {}
            parts = [(str(value), scores.get(metric) or {}) for value, scores in values.items()]
            rows = [PartRow(label, row_of(run, task, metric, score, split=label)) for label, score in parts]
            if rows:
                every = replace(row_of(run, task, metric, whole, split=split), interval="", reason="")
                rows.append(PartRow("all", every, whole=True))
                tables.append(PartTable(titled(task, f"by {column}", rows[-1].score), column, rows))
    return tables


def slice_notes(run: Run, split: str) -> list[str]:
    """Which columns are not sliced, and why."""
    sliced = run.slices.get(split) or {}
    found = [(column, one["reason"]) for each in sliced.values() for column, one in each.items() if one.get("reason")]
    return [f"Not by {column}: {reason}." for column, reason in dict.fromkeys(found)]


def titled(task: str, by: str, score: ScoreRow) -> str:
    """The title of a table of parts, with the metric and its unit."""
    unit = f" in {score.unit}" if score.unit else ""
    return f"{task} {by}: {score.metric}{unit}" if score.metric else f"{task} {by}"


def widest(rows: Sequence[ScoreRow], column: str) -> int:
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


def row_of(run: Run, task: str, metric: str, score: Record, *, split: str) -> ScoreRow:
    """A score as it is written; an empty one says that there is none on this split."""
    value, floor, interval = score.get("value"), score.get("floor"), score.get("interval")
    decimals = decimals_of(value, floor, interval=interval)
    outcome = standing(score)
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
