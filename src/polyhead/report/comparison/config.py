"""Where the configurations of several runs differ, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyhead.report.comparison.runs import Compared
from polyhead.report.numbers import UNDEFINED

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """A dotted key and its value in each run that has it, by the run's letter."""

    key: str
    values: dict[str, Any]

    def text(self, letter: str) -> str:
        """The value as a table holds it; an en dash where the run has no such key."""
        return value_text(self.values[letter]) if letter in self.values else UNDEFINED


def differences(runs: Sequence[Compared]) -> list[Difference]:
    """Every key that is not the same in all runs, in the order of the configuration.

    A block that some run has not at all is one key; whether a default is written out makes no difference.
    """
    return [
        Difference(key, {run.letter: value for run, value in zip(runs, values, strict=True) if value is not _ABSENT})
        for key, values in _unequal("", [run.config for run in runs])
    ]


def value_text(value: Any) -> str:
    """A value on one line: text as it is, else JSON."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _unequal(key: str, values: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    if all(isinstance(value, Mapping) for value in values):
        for name in dict.fromkeys(name for value in values for name in value):
            dotted = f"{key}.{name}" if key else str(name)
            yield from _unequal(dotted, [value.get(name, _ABSENT) for value in values])
    elif any(_plain(value) != _plain(values[0]) for value in values[1:]):
        yield key, values


def _plain(value: Any) -> str:
    """What makes two values equal: 1 is 1.0, but neither is true."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value))
    return "absent" if value is _ABSENT else json.dumps(value, sort_keys=True, default=str)
