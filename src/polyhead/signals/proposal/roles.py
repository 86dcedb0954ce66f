"""What each column is for: the recording, time, a target, a sentinel for "not known", an input. All are guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.proposal.look import Content

_GROUP = re.compile(
    r"(^|_)(unit|id|engine|bearing|recording|file|subject|session|device|machine|trial|series|patient|plate|capture|"
    r"run|event|group|symbol)(_?id)?$",
    re.IGNORECASE,
)
_TIME = re.compile(r"^(time|t|timestamp|date|datetime|cycle|minute|snapshot|step|clock)(_?m?n?s(ec)?)?$", re.IGNORECASE)
_TARGET = re.compile(
    r"^(y|label|class|target|fault|state|status|kind|occupancy|quality|rul|life)$|"
    r"^(y|label|target|true|truth|class|rul|coding|is)_|_(label|class|rul|target|state|true)$",
    re.IGNORECASE,
)
_SPLIT_WORDS = {"train", "val", "validation", "test"}
MOST_CLASSES = 20  # distinct values of a column that is taken for classes
_LEAST_OF_CLASS = 6  # rows of the rarest class, so that every split can have it
_LEAST_RECORDINGS = 3  # the same in recordings
_MOST_TARGETS = 12  # columns of an array that is taken for targets

TargetKind = Literal["classification", "binary", "regression"]


@dataclass
class Roles:
    """Names by role. `why` holds a remark for each name, `missing` the values that stand for "not known"; `masked` says
    that inputs are missing somewhere, and `forecast` names the only series there is."""

    inputs: list[str] = field(default_factory=list)
    signals: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, TargetKind] = field(default_factory=dict)
    group: str | None = None
    time: str | None = None
    split: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    missing: dict[str, list[float | str]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    masked: bool = False
    forecast: str | None = None


def assign(path: Path, content: Content) -> Roles:
    """Guess a role for every name. Raises InputError where no input or no target is left."""
    roles = Roles()
    columns = dict(content.columns)
    for name, one in content.columns.items():
        if reason := _useless(one):
            roles.left_out[name] = reason
            del columns[name]
    _take_structure(columns, roles)
    groups = content.columns[roles.group] if roles.group else None
    _take_targets(columns, roles, groups)
    for name, one in columns.items():
        if one.dtype.kind == "U":
            roles.left_out[name] = f"text, {len(np.unique(one)):,} different values"
        else:
            roles.inputs.append(name)
            roles.masked |= not np.isfinite(one.astype(float)).all()
    _take_arrays(content, roles)
    if not roles.targets and not roles.signals and len(roles.inputs) == 1:
        roles.forecast = roles.inputs.pop()
        return roles
    if not roles.targets and roles.inputs:
        last = roles.inputs.pop()
        kind = _kind(columns[last])
        roles.targets[last] = kind if kind == "regression" else _class_kind(columns[last])
        roles.why[last] = "the last column; no name or value looked like a label"
    if not roles.targets:
        raise InputError("no column looks like a target", where=str(path), do="add one label per row")
    if not roles.inputs and not roles.signals:
        raise InputError("no numbers are left as inputs", where=str(path), do="add arrays or columns of numbers")
    return roles


def _useless(column: NDArray[Any]) -> str | None:
    distinct = np.unique(column)
    if len(distinct) == 1 or (column.dtype.kind == "f" and not np.isfinite(column).any()):
        return "constant"
    if column.dtype.kind == "U" and len(distinct) == len(column):
        return "different in every row"
    return None


def _take_structure(columns: dict[str, NDArray[Any]], roles: Roles) -> None:
    """The split, the recording and time, in this order."""
    for name, one in list(columns.items()):
        if one.dtype.kind == "U" and set(np.unique(one)) <= _SPLIT_WORDS and "train" in one:
            roles.split = name
            roles.why[name] = "names the split of each row"
            del columns[name]
            break
    group = _group(columns)
    if group is not None:
        count = len(np.unique(columns[group]))
        roles.group = group
        roles.why[group] = f"{count:,} recordings"
        del columns[group]
    roles.time = next((name for name in columns if _TIME.match(name)), None)  # words such as dates, too
    if roles.time is not None:
        del columns[roles.time]


def _group(columns: dict[str, NDArray[Any]]) -> str | None:
    """The column that most likely names the recording: by name, else text that comes in runs."""
    fitting = {}
    for name, one in columns.items():
        distinct, count = np.unique(one, return_counts=True)
        whole = one.dtype.kind == "U" or bool(np.all(np.mod(distinct, 1) == 0))
        if not whole or not 4 <= len(distinct) <= len(one) // 2 or count.max() > len(one) / 2:
            continue
        runs = 1 + np.count_nonzero(one[1:] != one[:-1])
        fitting[name] = (bool(_GROUP.search(name)), runs == len(distinct), one.dtype.kind == "U", -len(distinct))
    likely = {name: rank for name, rank in fitting.items() if rank[0] or (rank[1] and rank[2])}
    return max(likely, key=lambda name: likely[name]) if likely else None


def _take_targets(columns: dict[str, NDArray[Any]], roles: Roles, groups: NDArray[Any] | None) -> None:
    """Columns named like a target, and words of a few classes."""
    for name, one in list(columns.items()):
        kind = _kind(one)
        named = bool(_TARGET.search(name))
        if kind is None or not (named or (kind != "regression" and one.dtype.kind == "U")):
            continue
        roles.missing[name] = _sentinels(one) if kind == "regression" else _rare(one, groups)
        known = one[~np.isin(one, roles.missing[name])] if roles.missing[name] else one
        if len(np.unique(known)) < 2:
            roles.left_out[name] = "one known value"
        else:
            roles.targets[name] = kind if kind == "regression" else _class_kind(known)
            roles.why[name] = _described(known, roles.targets[name])
        del columns[name]


def _kind(column: NDArray[Any]) -> Literal["classification", "regression"] | None:
    """Classes where the values are few and whole; None for words too many to be classes."""
    if column.dtype.kind == "U":
        return "classification" if len(np.unique(column)) <= MOST_CLASSES else None
    known = column[np.isfinite(column.astype(float))]
    few = len(np.unique(known)) <= MOST_CLASSES and bool(np.all(np.mod(known, 1) == 0))
    return "classification" if few else "regression"


def _class_kind(known: NDArray[Any]) -> Literal["classification", "binary"]:
    numbers = known.dtype.kind != "U"
    return (
        "binary" if numbers and set(np.unique(known[np.isfinite(known)]).tolist()) == {0.0, 1.0} else "classification"
    )


def _sentinels(column: NDArray[Any]) -> list[float | str]:
    """A value that occurs again and again, further from all others than these are from each other."""
    known = np.sort(column[np.isfinite(column.astype(float))].astype(float))
    found: list[float | str] = []
    for value, rest in ((known[-1], known[known < known[-1]]), (known[0], known[known > known[0]])):
        often = np.count_nonzero(known == value) >= max(5, len(known) / 200)
        if often and len(rest) and min(abs(value - rest[0]), abs(value - rest[-1])) > np.ptp(rest):
            found.append(float(value))
    return found


def _rare(column: NDArray[Any], groups: NDArray[Any] | None) -> list[float | str]:
    """Classes in too few rows or recordings to stand in every split."""
    units = np.arange(len(column)) if groups is None else np.unique(groups, return_inverse=True)[1]
    least = _LEAST_OF_CLASS if groups is None else _LEAST_RECORDINGS
    known = column != "" if column.dtype.kind == "U" else np.isfinite(column.astype(float))
    return [one.item() for one in np.unique(column[known]) if len(np.unique(units[column == one])) < least]


def _is_targets(name: str, array: NDArray[Any]) -> bool:
    """Whether a table of few columns holds labels: by its name, or because each column has few whole values."""
    if array.shape[1] > _MOST_TARGETS:
        return False
    return bool(_TARGET.search(name)) or all(_kind(column) == "classification" for column in array.T)


def _described(known: NDArray[Any], kind: str) -> str:
    if kind == "regression":
        finite = known[np.isfinite(known.astype(float))]
        return f"numbers from {finite.min():g} to {finite.max():g}"
    distinct, count = np.unique(known, return_counts=True)
    most = distinct[count.argmax()]
    label = f"{most:g}" if known.dtype.kind != "U" else str(most) or "(empty)"
    return f"{len(distinct)} classes, {count.max() / len(known):.0%} are {label}"


def _take_arrays(content: Content, roles: Roles) -> None:
    """Arrays of several values per row: signals, numbers, or several targets."""
    for name, one in content.arrays.items():
        if one.dtype.kind not in "fiub" or one.ndim > 3:
            roles.left_out[name] = f"shape {one.shape}"
        elif one.ndim == 2 and _is_targets(name, one):
            for column in range(one.shape[1]):
                kind = _kind(one[:, column])
                assert kind is not None
                label = f"{name}\0{column}"
                roles.targets[label] = kind if kind == "regression" else _class_kind(one[:, column])
                roles.why[label] = _described(one[:, column], roles.targets[label])
        elif one.ndim == 3:
            long = "time" if one.shape[2] >= one.shape[1] else "channel"
            roles.signals[name] = ["window", "channel", "time"] if long == "time" else ["window", "time", "channel"]
        else:
            roles.signals[name] = ["window", "feature"]
        if name in roles.signals:
            roles.masked |= one.dtype.kind == "f" and not bool(np.isfinite(one).all())
