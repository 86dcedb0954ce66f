"""The `success` block: what a run must reach, as conditions on its scores; how both are read."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

Relation = Literal[">", ">=", "<", "<="]
Of = Literal["value", "change", "floor"]

SPLITS = ("train", "val", "test")
WHOLE = ("loss", "skill")
"""What is scored of all tasks at once."""
CONDITIONS = "> NUMBER, >= NUMBER, < NUMBER, <= NUMBER, improves, improves >= NUMBER % or beats floor"

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_VALUE = re.compile(rf"(?P<relation>[<>]=?)\s*(?P<number>{_NUMBER})")
_CHANGE = re.compile(rf"improves(?:\s*(?P<relation>>=?)\s*(?P<number>{_NUMBER})\s*%)?")
_FLOOR = re.compile(r"beats\s+floor")


@dataclass(frozen=True)
class Condition:
    """What is asked of a score: of its `value`, of its `change` from the first epoch to the judged one, as a share of
    the first (0.2 is 20 %) in the direction that is better, or that it beats its `floor`."""

    of: Of
    relation: Relation = ">"
    number: float = 0.0


@dataclass(frozen=True)
class Aim:
    """What a condition is about: a metric of a `task`, or, without one, `loss`, `skill` or a metric across tasks.

    `split` None stands for the most independent split there is."""

    split: str | None
    task: str | None
    metric: str


def condition_of(text: object) -> Condition:
    """Read `> 0.10`, `improves >= 20 %` or `beats floor`. Raises ValueError with what may stand there."""
    stripped = text.strip() if isinstance(text, str) else ""
    if found := _VALUE.fullmatch(stripped):
        return Condition("value", _relation(found), float(found["number"]))
    if found := _CHANGE.fullmatch(stripped):
        return Condition("change", _relation(found), float(found["number"]) / 100) if found["number"] else _ANY_BETTER
    if _FLOOR.fullmatch(stripped):
        return Condition("floor")
    raise ValueError(f"expected a condition in quotes ({CONDITIONS}), found {text!r}")


_ANY_BETTER = Condition("change")


def _relation(found: re.Match[str]) -> Relation:
    relation: Any = found["relation"]  # the pattern lets nothing else through
    return relation  # type: ignore[no-any-return]


def aim_of(key: str, joint: Collection[str]) -> Aim | None:
    """Read TASK.METRIC, SPLIT.TASK.METRIC, SPLIT.loss, SPLIT.skill or a name of `joint`, with or without a split; None
    where a key is none of them."""
    first, _, rest = key.partition(".")
    readings = [(first, rest), (None, key)] if first in SPLITS else [(None, key)]
    for split, name in readings:
        task, dot, metric = name.partition(".")
        if name in joint or (split and name in WHOLE):
            return Aim(split, None, name)
        if task and dot and metric and "." not in metric:
            return Aim(split, task, metric)
    return None


def _readable(value: Any) -> Any:
    condition_of(value)
    return value


Criterion = Annotated[str, BeforeValidator(_readable, json_schema_input_type=str)]
"""A condition as it is written in the file."""
