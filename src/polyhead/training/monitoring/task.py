"""What a loop says of its tasks: kind, loss, unit, classes, and whether outputs are probabilities already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from polyhead.errors import InputError
from polyhead.scoring.board import KINDS
from polyhead.scoring.spans import ON_A_SPAN

CLASSES = ("classification", "ordinal")
SIGNALS = ("forecast", "reconstruction", "masked")
NUMBERS = ("regression", *ON_A_SPAN, *SIGNALS)
YES_OR_NO = ("binary", "multilabel", "span")
OF_SAMPLES = ("span", "countdown")
"""Kinds with an answer for each sample of the window, which one constant answers for all of them."""


@dataclass(frozen=True)
class MonitoredTask:
    """A task of someone's own loop. Without a `kind` only its losses are recorded.

    `loss` is its name, such as ce, bce, mse or l1; `classes` name the outputs; `probabilities` says that predictions
    are probabilities and not logits; `threshold` is where the probability of yes becomes yes; `bounds` is the range
    that the head's output cannot leave.
    """

    name: str
    kind: str | None = None
    loss: str | None = None
    unit: str = ""
    classes: tuple[str, ...] = ()
    probabilities: bool = False
    threshold: float = 0.5
    bounds: tuple[float, float] | None = None

    @property
    def has_classes(self) -> bool:
        """Whether a label is one of several classes."""
        return self.kind in CLASSES


Said = Mapping[str, str | Mapping[str, Any] | None] | Sequence[str]


def tasks_of(said: Said) -> dict[str, MonitoredTask]:
    """The tasks by name. Raises InputError for a kind or a key that there is not, and for names that cannot be
    columns."""
    if isinstance(said, str) or not isinstance(said, Mapping | Sequence) or not said:
        raise InputError(f"expected {{name: kind}}, found {said!r}", where="tasks", do='write {"fault": "binary"}')
    each = said if isinstance(said, Mapping) else dict.fromkeys(said)
    return {name: _task(name, one) for name, one in each.items()}


def _task(name: str, said: str | Mapping[str, Any] | None) -> MonitoredTask:
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w-]*", name):
        raise InputError(f"task name {name!r}: expected letters, digits, _ and - only", where="tasks")
    options: dict[str, Any] = dict(said) if isinstance(said, Mapping) else {"kind": said}
    known = [each.name for each in fields(MonitoredTask)][1:]
    for key in options:
        if key not in known:
            raise InputError(f"no key {key!r}", where=f"tasks.{name}", do=_nearest(key, known))
    kind = options.get("kind")
    if kind is not None and kind not in KINDS:
        raise InputError(f"no kind of task {kind!r}", where=f"tasks.{name}", do=_nearest(str(kind), list(KINDS)))
    options["classes"] = tuple(str(one) for one in options.get("classes") or ())
    return MonitoredTask(name, **options)


def _nearest(word: str, words: Sequence[str]) -> str:
    near = get_close_matches(word, words, n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(words)}"
