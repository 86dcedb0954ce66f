"""Which columns become targets: by name, by what a simulation knows, by words of few classes, or as the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.yaml_text import UNREADABLE
from polyhead.errors import InputError
from polyhead.signals.proposal import kinds, names, order
from polyhead.signals.proposal.content import Content
from polyhead.signals.proposal.guesses import Columns, Roles
from polyhead.signals.proposal.kinds import is_text, is_whole, kind_of
from polyhead.signals.proposal.restated import restates

_MOST_TRUTHS = 12  # of a simulation's numbers that become targets
_SIGNALS = 20  # columns without names that are rather the samples of a signal
_LEAST_KNOWN = 10  # known values of a target


def take_targets(columns: Columns, roles: Roles, groups: NDArray[Any] | None) -> None:
    """Columns named like a target."""
    for name, one in list(columns.items()):
        if names.TARGET.search(name) and not names.TRUTH.search(name) and kind_of(one) is not None:
            add_target(name, one, roles, groups)
            del columns[name]


def take_truth(content: Content, columns: Columns, roles: Roles, groups: NDArray[Any] | None) -> None:
    """What a simulation knows becomes a target, or is left out; it is never an input."""
    truths = [name for name in columns if names.TRUTH.search(name)]
    for name in truths:
        one = columns[name]
        kind = kind_of(one)
        if len(roles.targets) == _MOST_TRUTHS or kind is None or (names.NUMBER.search(name) and is_whole(one)):
            continue
        # what is measured, or a target already
        rivals = {n: o for n, o in content.columns.items() if n in roles.targets or (n in columns and n not in truths)}
        rivals = {n: o for n, o in rivals.items() if not is_text(o) and not names.SIMULATED.search(n)}
        if told := next((rival for rival in rivals if restates(rivals[rival], one, kind)), None):
            roles.leave_out(columns, name, f"known to the simulation, and told by {told}")
        elif add_target(name, one, roles, groups):
            roles.why[name] += "; known to the simulation"
            del columns[name]


def take_words(words: Columns, roles: Roles, groups: NDArray[Any] | None, in_time: bool) -> None:
    """Words of a few classes are targets, unless they only describe the recordings of a series."""
    for name, one in words.items():
        distinct = len(np.unique(one))
        if kind_of(one) is None:
            roles.left_out[name] = f"text, {distinct:,} different values"
        elif in_time and not roles.targets and groups is not None and order.constant_within(one, groups):
            roles.left_out[name] = f"text, {distinct:,} values, the same throughout a recording"
        else:
            add_target(name, one, roles, groups)


def take_last(path: Path, content: Content, numbers: Columns, roles: Roles, groups: NDArray[Any] | None) -> None:
    """Without any better sign, the last column; refused where even that is no likely label."""
    if not numbers:
        return
    last = next(reversed(numbers))
    classes = [kind_of(one) != "regression" for one in numbers.values()]
    if len(numbers) == 1 and not roles.signals:
        what = f"one column of numbers ({last}) whose rows do not follow one another, and no target"
        raise InputError(what, where=str(path), do="name the file that holds inputs and labels together")
    if not content.named and all(classes):
        do = "name the file that also holds the measurements"
        raise InputError(f"{len(numbers)} columns of classes without names, and no measurement", where=str(path), do=do)
    if not content.named and len(numbers) > _SIGNALS and not classes[-1]:
        what = f"{len(numbers)} columns of numbers without names, and no label: rather the samples of signals"
        raise InputError(what, where=str(path), do="add a last column with the label, or a header")
    for name in reversed(list(numbers)):
        if add_target(name, numbers[name], roles, groups):
            roles.why[name] += "; the last column, for no name looked like a label"
            del numbers[name]
            return
        del numbers[name]


def add_target(name: str, one: NDArray[Any], roles: Roles, groups: NDArray[Any] | None) -> bool:
    """Make a column a target, unless too little of it is known; whether it became one."""
    kind = kind_of(one)
    assert kind is not None
    missing = kinds.sentinels(one) if kind == "regression" else kinds.rare(one, groups)
    kept = one[kinds.known(one) & ~np.isin(one, missing)] if missing else one[kinds.known(one)]
    if any(isinstance(word, str) and UNREADABLE.search(word) for word in missing):
        roles.left_out[name] = "a rare class whose name holds a control character"
        return False
    if len(kept) < _LEAST_KNOWN or len(np.unique(kept)) < 2:
        roles.left_out[name] = "too few known values" if len(kept) < _LEAST_KNOWN else "one class or value often enough"
        return False
    kind = kind_of(kept) or kind
    roles.targets[name], roles.missing[name] = kind, missing
    roles.why[name] = kinds.described(kept, kind)
    if groups is None and kind == "regression" and order.counts_on(one, None):
        roles.remarks.append(
            f"{name} goes one way from row to row. If this is one recording, its own gaps are all that is judged:"
            " bring several recordings."
        )
    return True
