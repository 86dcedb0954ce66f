"""The criteria of success as they are written: one row each, with what was asked, what was found and its floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from polyhead.config.success import Aim, aim_of
from polyhead.report.numbers import decimals_of, interval_text, number
from polyhead.report.run import Record
from polyhead.scoring.standing import standing

OUTCOMES = {"pass": "PASS", "fail": "FAIL", "undefined": "UNDEFINED"}
NOT_BEATEN = {
    "even": "not distinguishable from its floor",
    "below": "below its floor",
    "worse": "worse than its floor",
}


@dataclass(frozen=True)
class Criterion:
    """One criterion as the page shows it; `outcome` is pass, fail or undefined and `word` how that is written."""

    name: str
    asked: str
    split: str
    found: str
    floor: str
    outcome: str
    word: str
    remark: str


def criteria(metrics: Record) -> list[Criterion]:
    """Every criterion of metrics.json, in the order of the configuration."""
    return [_criterion(name, judged, metrics) for name, judged in _judged(metrics).items()]


def success_line(rows: list[Criterion]) -> str:
    """All criteria in a sentence: `2 of 3 criteria of success passed; failed: span.f1`; empty where there is none."""
    if not rows:
        return ""
    passed = sum(row.outcome == "pass" for row in rows)
    start = f"{passed} of {len(rows)} criteria of success passed" if len(rows) > 1 else _only(rows[0])
    kinds = [("failed", "fail"), ("undefined, which is not passed", "undefined")] if len(rows) > 1 else []
    named = [(word, [f"`{row.name}`" for row in rows if row.outcome == kind]) for word, kind in kinds]
    return "; ".join([start, *(f"{word}: {', '.join(names)}" for word, names in named if names)]) + "."


def success_lines(metrics: Record) -> list[str]:
    """A line of plain text per criterion, for a terminal: `PASS  fault.macro_f1 > 0.3: 0.467 on test, floor 0.119`."""
    lines = []
    for row in criteria(metrics):
        place = f" on {row.split}" if row.split else ""
        found = f"{row.found}{place}" if row.found else f"nothing found{place}"
        floor = f", floor {row.floor}" if row.floor else ""
        remark = f" ({row.remark})" if row.remark else ""
        lines.append(f"{row.word:<9} {row.name} {row.asked}: {found}{floor}{remark}")
    return lines


def _judged(metrics: Record) -> Record:
    found = metrics.get("success")
    return found if isinstance(found, Mapping) else {}


def _criterion(name: str, judged: Record, metrics: Record) -> Criterion:
    outcome, asked = str(judged.get("outcome")), str(judged.get("asked"))
    aim = aim_of(name, _joint(metrics))
    score = _score(aim, judged.get("split"), metrics) if aim else {}
    floor, interval = score.get("floor"), score.get("interval")
    change = judged.get("first") is not None  # of a value alone it is not looked at
    decimals = decimals_of(judged.get("value"), judged.get("first"), floor, interval=None if change else interval)
    remark = str(judged.get("reason") or "")
    if outcome == "pass":
        remark = _reservation(score)
    return Criterion(
        name=name,
        asked=asked,
        split=str(judged.get("split") or ""),
        found=_found(judged, decimals, interval, change),
        floor=number(floor, decimals).text if floor is not None else "",
        outcome=outcome if outcome in OUTCOMES else "undefined",
        word=OUTCOMES.get(outcome, OUTCOMES["undefined"]),
        remark=remark,
    )


def _reservation(score: Record) -> str:
    """What whoever reads PASS has to know: a low bar can be passed by a head that learned nothing."""
    stands = standing(score)
    if stands == "above":
        return "without an interval, so chance is not excluded"
    return NOT_BEATEN.get(stands, "")


def _found(judged: Record, decimals: int, interval: tuple[float, float] | None, change: bool) -> str:
    """`0.467 [0.365, 0.564]`, or for a change `17.79 → 11.05 (better by 37.9 %)`."""
    value, first, share = (judged.get(key) for key in ("value", "first", "change"))
    if value is None:
        return ""
    if first is None:
        return " ".join(part for part in (number(value, decimals).text, interval_text(interval, decimals)) if part)
    course = f"{number(first, decimals).text} → {number(value, decimals).text}"
    if not change or share is None:
        return course
    return f"{course} ({'better' if share >= 0 else 'worse'} by {number(abs(100 * share), 1).text} %)"


def _joint(metrics: Record) -> list[str]:
    return [name for each in (metrics.get("joint") or {}).values() for name in each]


def _score(aim: Aim, split: object, metrics: Record) -> Record:
    """The score that a criterion is about, with its floor; nothing for the loss and the skill of all tasks."""
    if aim.task is None:
        return ((metrics.get("joint") or {}).get(split) or {}).get(aim.metric) or {}
    return ((metrics.get(str(split)) or {}).get(aim.task) or {}).get(aim.metric) or {}


def _only(row: Criterion) -> str:
    return f"The only criterion of success, `{row.name} {row.asked}`, {_verb(row.outcome)}"


def _verb(outcome: str) -> str:
    return {"pass": "passed", "fail": "failed"}.get(outcome, "is undefined, which is not passed")
