"""What each column is for: the recording, time, a target, an input, or nothing. All are guesses with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.proposal import kinds, names, order
from polyhead.signals.proposal.content import Content, values_in
from polyhead.signals.proposal.guesses import Columns, Roles
from polyhead.signals.proposal.kinds import TargetKind, is_text, is_whole, kind_of
from polyhead.signals.proposal.restated import in_step_within, known_by_class, repeats, restates
from polyhead.signals.proposal.targets import add_target, take_last, take_targets, take_truth, take_words

LEAST_SERIES = 60
"""Rows of the shortest series that windows, a future and three stretches of time can be cut from."""
_MOST_TARGETS = 12  # columns of an array that is taken for targets


def assign(path: Path, content: Content) -> Roles:
    """Guess a role for every name. Raises InputError where no input or no target is left."""
    roles = Roles()
    columns = dict(content.columns)
    for name, one in content.columns.items():
        if reason := kinds.useless(one):
            roles.leave_out(columns, name, reason)
    dates, clock = _take_dates(content, columns, roles)
    _take_split(columns, roles)
    _take_group(columns, roles)
    groups = content.columns[roles.group] if roles.group else None
    _refuse_parts(path, content, roles, groups)
    in_time = clock or any(order.one_per_row(content.columns[name], groups) for name in dates)
    take_targets(columns, roles, groups)
    if not roles.targets:
        take_truth(content, columns, roles, groups)
    in_time |= _take_counts(content, columns, roles, groups)
    words = {name: one for name, one in columns.items() if is_text(one)}
    numbers = {name: one for name, one in columns.items() if not is_text(one)}
    take_words(words, roles, groups, in_time and bool(numbers))
    _take_arrays(content, roles)
    _refuse_unusable(path, content, roles)
    if not roles.targets:
        if content.arrays:
            in_time = False  # rows are windows
        if in_time or (len(numbers) == 1 and not content.arrays and order.follows(next(iter(numbers.values())))):
            return _series(path, content, numbers, roles)
        take_last(path, content, numbers, roles, groups)
    _take_inputs(content, numbers, roles, groups)
    if not roles.targets:
        do = "add one label per row, and name it label or target"
        raise InputError(f"no column looks like a target{_listed(roles)}", where=str(path), do=do)
    if not roles.inputs and not roles.signals:
        do = "name the file that also holds the measurements"
        raise InputError(f"holds labels but no measured numbers{_listed(roles)}", where=str(path), do=do)
    return roles


def _listed(roles: Roles) -> str:
    some = [f"{name.replace(chr(0), ' ')} ({why})" for name, why in roles.left_out.items()][:4]
    return f"; left out: {', '.join(some)}" if some else ""


def _take_dates(content: Content, columns: Columns, roles: Roles) -> tuple[list[str], bool]:
    """The columns of dates, and whether there is a clock of several columns."""
    dates = [name for name, one in columns.items() if kinds.is_date(one)]
    clock = order.clock(content.columns)
    for name in [*dates, *clock]:
        if name in columns:
            roles.leave_out(columns, name, "a date" if name in dates else "a clock")
    return dates, bool(clock)


def _take_split(columns: Columns, roles: Roles) -> None:
    for name, one in list(columns.items()):
        said = set(np.unique(one)) if is_text(one) else set()
        if said and said <= names.SPLIT_WORDS and "train" in said and roles.split is None:
            roles.split, roles.why[name] = name, "names the split of each row"
            del columns[name]
        elif names.SPLIT.search(name):
            roles.leave_out(columns, name, f"a split of its own: {', '.join(map(str, sorted(said)[:4]))}")


def _take_group(columns: Columns, roles: Roles) -> None:
    """The column that most likely names the recording: by name, else text that comes in runs, else a panel."""
    fitting = {}
    for name, one in columns.items():
        distinct, count = np.unique(one, return_counts=True)
        whole = is_text(one) or (is_whole(one) and bool(np.isfinite(one).all()))
        if not whole or not 4 <= len(distinct) <= len(one) // 2 or count.max() > len(one) / 2:
            continue
        in_runs = len(order.runs(one, len(one))) == len(distinct)
        named = bool(names.GROUP.search(name))
        fitting[name] = (named, in_runs, is_text(one), -len(distinct))
    likely = {name: rank for name, rank in fitting.items() if rank[0] or (rank[1] and rank[2])}
    if not likely:
        panels = [n for n in fitting if order.is_panel(columns[n], [o for m, o in columns.items() if m != n])]
        likely = {name: fitting[name] for name in panels[:1]}
    if not likely:
        return
    roles.group = max(likely, key=lambda name: likely[name])
    roles.why[roles.group] = f"{-likely[roles.group][3]:,} recordings"
    groups = columns.pop(roles.group)
    for name in likely:
        coarser = name in columns and likely[name][0] and -likely[name][3] < len(np.unique(groups))
        if coarser and is_text(columns[name]) and order.constant_within(columns[name], groups):
            roles.leave_out(columns, name, "holds recordings together: `split: {by: ...}` judges on unseen ones")


def _take_counts(content: Content, columns: Columns, roles: Roles, groups: NDArray[Any] | None) -> bool:
    """Leave out time stamps, numbers of rows and what a simulation knows; whether time orders the rows."""
    simulated = any(names.TRUTH.search(name) for name in content.columns)
    in_time = False
    for name, one in list(columns.items()):
        counts = order.counts_on(one, groups)
        if names.TIME.search(name) and counts and roles.time is None:
            roles.time, in_time = name, True
            del columns[name]
        elif names.TRUTH.search(name) or (simulated and names.SIMULATED.search(name)):
            roles.leave_out(columns, name, "known to the simulation, measured by nobody")
        elif names.PREDICTED.search(name):
            roles.leave_out(columns, name, "what another model said")
        elif names.NUMBER.search(name) and is_whole(one):
            roles.leave_out(columns, name, "a number of the row, no measurement")
        elif counts and len(one) >= 3 * kinds.MOST_CLASSES:
            roles.leave_out(columns, name, "counts on from row to row")
            in_time |= True
    return in_time


def _series(path: Path, content: Content, numbers: Columns, roles: Roles) -> Roles:
    """A series without labels: its own future is the target."""
    for name, one in numbers.items():
        if twin := next((other for other in roles.forecast if repeats(one, numbers[other])), None):
            roles.left_out[name] = f"equal to {twin}"
        else:
            roles.forecast.append(name)
            roles.masked |= not bool(np.isfinite(one).all())
    if not roles.forecast:
        raise InputError(f"no measured numbers are left{_listed(roles)}", where=str(path), do="add columns of numbers")
    if content.rows < LEAST_SERIES:
        what = f"a series of {content.rows} rows without a label, too short to forecast"
        raise InputError(what, where=str(path), do=f"bring {LEAST_SERIES} rows or more, or add a label")
    return roles


def _take_inputs(content: Content, numbers: Columns, roles: Roles, groups: NDArray[Any] | None) -> None:
    """The numbers that are left, but for copies of a target or of each other."""
    targets = {name: content.columns[name] for name in roles.targets if name in content.columns}
    for name, one in numbers.items():
        reasons = (_tells(one, key, target, roles.targets[key], groups) for key, target in targets.items())
        told = next((reason for reason in reasons if reason), None)
        twin = next((other for other in roles.inputs if repeats(one, numbers[other])), None)
        if told is not None or twin is not None:
            roles.left_out[name] = told or f"equal to {twin}"
        else:
            roles.inputs.append(name)
            roles.masked |= not bool(np.isfinite(one).all())


def _tells(
    one: NDArray[Any], key: str, target: NDArray[Any], kind: TargetKind, groups: NDArray[Any] | None
) -> str | None:
    """How a column gives a target away without measuring it."""
    if restates(one, target, kind):
        return f"alone tells {key}"
    if kind == "regression":
        within = groups is not None and in_step_within(one, target, groups)
        return f"goes in step with {key} throughout each recording" if within else None
    return f"is there or missing by the class of {key}" if known_by_class(one, target) else None


def _refuse_parts(path: Path, content: Content, roles: Roles, groups: NDArray[Any] | None) -> None:
    """Refuse rows that are parts of what has a label, such as the hits of events, where the labels lie beside them."""
    count = len(np.unique(groups)) if groups is not None else 0
    beside = [f"{name} {shape}" for name, shape in content.others.items() if shape and shape[0] == count > 0]
    if beside and content.seen == content.rows:
        raise InputError(
            f"its {content.rows:,} rows are parts of {count:,} {roles.group}s, which {', '.join(beside[:3])} describe",
            where=str(path),
            do=f"store one row per {roles.group}: (window, feature, sample), filled up, with `lengths`",
        )


def _refuse_unusable(path: Path, content: Content, roles: Roles) -> None:
    """Refuse a file whose largest array is of a shape that no input has."""
    left = [name for name in content.shapes if name in roles.left_out]
    largest = max(content.shapes, key=lambda name: values_in(content.shapes[name]), default=None)
    if largest in left and len(content.shapes[largest]) > 3:
        what = f"{largest} has shape {content.shapes[largest]}, and a signal has three axes: window, channel, time"
        raise InputError(what, where=str(path), do="reshape it, repeating the labels for each window")


def _take_arrays(content: Content, roles: Roles) -> None:
    """Arrays of several values per row: signals, numbers, or several targets."""
    for name, one in content.arrays.items():
        shape = content.shapes[name]
        if is_text(one) or one.ndim > 3 or not values_in(shape):
            roles.left_out[name] = f"shape {shape}"
        elif one.ndim == 2 and len(one) and _holds_labels(name, one):
            for column in range(one.shape[1]):
                add_target(f"{name}\0{column}", one[:, column].astype(float), roles, None)
        else:
            last = "channel" if one.ndim == 3 and one.shape[2] < one.shape[1] else "time"
            three = ["window", "time", "channel"] if last == "channel" else ["window", "channel", "time"]
            roles.signals[name] = three if one.ndim == 3 else ["window", "feature"]
            roles.masked |= one.dtype.kind == "f" and not bool(np.isfinite(one).all())


def _holds_labels(name: str, array: NDArray[Any]) -> bool:
    """Whether a table of few columns holds labels: by its name, or because each column has few whole values."""
    if array.shape[1] > _MOST_TARGETS:
        return False
    return bool(names.TARGET.search(name)) or all(kind_of(one.astype(float)) != "regression" for one in array.T)
