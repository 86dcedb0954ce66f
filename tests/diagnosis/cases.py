"""Cases that checks are tested on: four frozen healthy runs, and small edits of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Finding
from polyhead.diagnosis.folder import read_folder

FROZEN = Path(__file__).parent / "frozen"
NAMES = ("machines", "detector", "radio", "kinetics")


@cache
def healthy(name: str = "machines") -> Case:
    """A healthy run: `machines` (fault, anomaly, life, next; floor), `detector` (angle of two outputs, energy, arrival;
    kendall), `radio` (modulation, noise ordinal, marks multilabel; softmax) or `kinetics` (rate with its uncertainty,
    reach, lag; time steps of .3, 1 and 3 s)."""
    return read_folder(FROZEN / name)


def found(check: Check[Any], case: Case) -> list[Finding]:
    """What a check finds. Fails where the case lacks what the check needs."""
    assert check.why_not(case) is None, check.why_not(case)
    return [one for evidence in check.measure(case) if (one := check.judge(evidence)) is not None]


def fires(check: Check[Any], case: Case, least: str = "warning") -> bool:
    """Whether a check finds something at least as bad as `least`; one that cannot look does not fire."""
    if check.why_not(case) is not None:
        return False
    order = ("error", "warning", "note")
    try:
        return any(order.index(one.severity) <= order.index(least) for one in found(check, case))
    except NotCheckedError:
        return False


def columns(table: Columns, **changed: NDArray[Any] | float) -> dict[str, NDArray[np.float64]]:
    """A table with some columns replaced or added; a number fills its column. Dots are written as two underscores."""
    rows = len(next(iter(table.values())))
    new = {name.replace("__", "."): np.broadcast_to(np.asarray(v, float), rows).copy() for name, v in changed.items()}
    return {**table, **new}


def nested(table: Mapping[str, Columns], key: str, **changed: NDArray[Any] | float) -> dict[str, Columns]:
    """A mapping of tables, such as `losses` or `scores`, with columns of one of them changed."""
    return {**table, key: columns(table[key], **changed)}


Edit = Callable[[Case], Case]
Row = tuple[str, Edit, bool, str]
"""A line of a check's table: a name, the edit of the healthy case, whether the check then fires, and why."""


def edit(**values: Any) -> Edit:
    """An edit that replaces parts of a case."""
    return lambda case: replace(case, **values)
