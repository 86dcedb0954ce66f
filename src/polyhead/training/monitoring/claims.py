"""The metrics that a loop itself reports, as columns of epoch_metrics.csv."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyhead.errors import InputError
from polyhead.trace.folder import SPLITS
from polyhead.trace.tables import Value


@dataclass
class Claims:
    """`columns` TASK_METRIC of validation and SPLIT_TASK_METRIC of others; `losses` the totals by split."""

    columns: dict[str, Value] = field(default_factory=dict)
    losses: dict[str, float | None] = field(default_factory=dict)


def claims_of(said: Mapping[str, Any], tasks: Sequence[str]) -> Claims:
    """`said` is {split: {task: {metric: value}}}, or {task: {metric: value}} of validation; a `loss` beside the tasks
    is the total. Raises InputError for what is neither, and for what is no number."""
    found = Claims()
    for split, name, value in _entries(said, tasks):
        if name == "loss" and name not in tasks:
            found.losses[split] = _number(value, f"metrics.{split}.loss")
            continue
        if name not in tasks:
            what = f"no task {name!r}; there are {', '.join(tasks)}"
            raise InputError(what, where=f"metrics.{split}", do='write {"val": {task: {metric: value}}}')
        if not isinstance(value, Mapping):
            raise InputError(f"expected {{metric: value}}, found {value!r}", where=f"metrics.{split}.{name}")
        prefix = "" if split == "val" else f"{split}_"
        for metric, number in value.items():
            if not re.fullmatch(r"\w[\w@./-]*", str(metric)):
                raise InputError(f"no name of a metric: {metric!r}", where=f"metrics.{split}.{name}")
            found.columns[f"{prefix}{name}_{metric}"] = _number(number, f"metrics.{split}.{name}.{metric}")
    return found


def _entries(said: Mapping[str, Any], tasks: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    for key, value in said.items():
        if key in SPLITS and key not in tasks:
            if not isinstance(value, Mapping):
                raise InputError(f"expected {{task: {{metric: value}}}}, found {value!r}", where=f"metrics.{key}")
            yield from ((key, name, one) for name, one in value.items())
        else:
            yield "val", key, value


def _number(value: Any, where: str) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"expected a number, found {value!r}", where=where) from error
    return number if number == number else None  # NaN is an empty cell
