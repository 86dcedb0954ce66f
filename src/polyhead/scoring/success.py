"""Criteria of success, judged from what a run has written: passed, failed or, with the reason, undefined."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from polyhead.config.success import Aim, Condition, Relation, aim_of, condition_of
from polyhead.scoring.standing import standing

Outcome = Literal["pass", "fail", "undefined"]
Epochs = Sequence[Mapping[str, float | None]]
"""Rows of trace/epoch_metrics.csv, in order."""

_COMPARE: dict[Relation, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_CLOSE = 1e-9  # 1.0 -> 0.8 is an improvement by 20 %, also where floating point makes it 19.999999999999996 %


@dataclass(frozen=True)
class Judgement:
    """How one criterion came out. `value` is what was found on `split`, of the judged checkpoint; `first` the value of
    the first epoch and `change` the share of it by which the value got better, where the criterion asks for that.
    An undefined one has neither passed nor failed, and a `reason`."""

    asked: str
    outcome: Outcome
    split: str | None
    value: float | None = None
    first: float | None = None
    change: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Found:
    """A score to judge, or the reason why there is none."""

    split: str | None
    score: Mapping[str, Any]
    reason: str | None = None


def judge_success(
    success: Mapping[str, str],
    joint: Collection[str],
    metrics: Mapping[str, Any],
    epochs: Epochs = (),
    best: int | None = None,
) -> dict[str, dict[str, Any]]:
    """The outcome of every criterion, as metrics.json holds it under "success".

    `joint` are the names of the metrics across tasks, `metrics` what metrics.json holds, `epochs` the record of the
    epochs and `best` the epoch, from 1, that the judged checkpoint is of. Criteria are those that the configuration
    let through.
    """
    rows = {row["epoch"]: row for row in epochs}
    return {
        key: asdict(_judge(text, aim_of(key, joint), metrics, rows.get(1), rows.get(best)))
        for key, text in success.items()
    }


def _judge(text: str, aim: Aim | None, metrics: Mapping[str, Any], first: Any, last: Any) -> Judgement:
    condition = condition_of(text)
    assert aim is not None  # what names nothing is refused with the configuration
    found = _found(aim, condition, metrics, last)
    value = found.score.get("value")
    if value is None:
        reason = found.reason or found.score.get("reason") or "its value is undefined"
        return Judgement(text, "undefined", found.split, reason=reason)
    if condition.of == "value":
        return Judgement(text, _outcome(_COMPARE[condition.relation](value, condition.number)), found.split, value)
    if condition.of == "floor":
        stands = standing(found.score)
        if stands == "undefined":
            why = found.score.get("reason") or "it has no floor or no skill"
            return Judgement(text, "undefined", found.split, value, reason=why)
        if stands == "above":
            why = found.score.get("reason") or "only the primary metric of a task has an interval"
            return Judgement(text, "undefined", found.split, value, reason=f"above its floor, but {why}")
        return Judgement(text, _outcome(stands == "beats"), found.split, value)
    return _changed(text, condition, found, None if first is None else first.get(_column(aim)))


def _changed(text: str, condition: Condition, found: _Found, first: float | None) -> Judgement:
    """Whether the value got better by so much since the first epoch."""
    value, direction = found.score["value"], found.score.get("direction")
    if first is None or direction is None:
        why = "no way of it is better" if direction is None else "the first epoch has no value of it"
        return Judgement(text, "undefined", found.split, value, first, reason=why)
    gain = value - first if direction == "higher" else first - value
    why = "it began at 0, and nothing is a share of that" if not first else ""
    if direction == "lower" and min(first, value) < 0:
        why = "it falls below 0, as likelihoods do, and nothing is a share of that"
    if why and condition.number:
        return Judgement(text, "undefined", found.split, value, first, reason=why)
    change = None if why else gain / abs(first)
    asked = condition.number * abs(first)
    met = math.isclose(gain, asked, rel_tol=_CLOSE) if condition.relation == ">=" and asked else False
    return Judgement(
        text, _outcome(met or _COMPARE[condition.relation](gain, asked)), found.split, value, first, change
    )


def _found(aim: Aim, condition: Condition, metrics: Mapping[str, Any], last: Any) -> _Found:
    """The score that a criterion is about. What changes over epochs is scored on validation alone."""
    split = aim.split or ("val" if condition.of == "change" else judged_split(metrics))
    if aim.task is None and aim.metric == "loss":
        value = None if last is None else last.get(_column(aim))
        why = f"there is no record here of the {aim.split} loss of the judged epoch"
        return _Found(split, {"value": value, "direction": "lower"}, why)
    if split is None or split not in metrics:
        return _Found(split, {}, f"there are no scores of {split or 'any split'}")
    if aim.task is None and aim.metric == "skill":
        value = metrics.get("summary", {}).get(split, {}).get("skill")
        return _Found(split, {"value": value, "direction": "higher"}, "no task has a skill there")
    each = metrics[split].get(aim.task) if aim.task else (metrics.get("joint") or {}).get(split)
    score = (each or {}).get(aim.metric)
    return _Found(split, score or {}, None if score else f"there is no score of it on {split}")


def _column(aim: Aim) -> str:
    """Where the record of epochs has it."""
    return f"{aim.task}_{aim.metric}" if aim.task else f"{aim.split}_{aim.metric}"


def judged_split(metrics: Mapping[str, Any]) -> str | None:
    """The most independent split that has scores."""
    return next((split for split in ("test", "val", "train", "data") if metrics.get(split)), None)


def _outcome(met: bool) -> Outcome:
    return "pass" if met else "fail"
