"""What every tracker's store can do, and what it is told of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

from polyhead.config.tracking import without_passwords
from polyhead.errors import InputError

Outcome = Literal["finished", "interrupted", "failed"]
Record = dict[str, Any]
"""Which run of a store this is, as tracking.json holds it."""


@dataclass(frozen=True)
class Card:
    """A run as people look for it: its folder, its name among those of `group`, the whole configuration by block, free
    text and words to find it by, and further facts."""

    folder: Path
    name: str
    group: str
    config: Mapping[str, Any]
    notes: str
    tags: Sequence[str]
    facts: Mapping[str, str]


class Store(Protocol):
    """One run at a time, in one place. Every method may raise whatever the package behind it raises."""

    @property
    def name(self) -> str:
        """The key under `track`."""

    def begin(self, card: Card, record: Record) -> int:
        """Make the run, or go on with the one that `record` names, and put into `record` what names it; returns the
        last epoch that the store holds, 0 for none."""

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Add an epoch that the store does not hold yet."""

    def conclude(self, epoch: int, values: Mapping[str, float], files: Sequence[Path]) -> None:
        """Add the final evaluation of the checkpoint of `epoch`, and what the run wrote. May be told again."""

    def end(self, outcome: Outcome) -> None:
        """Close the run."""


def require(package: str) -> None:
    """Raise InputError where a package that `track` asks for is not installed."""
    if find_spec(package) is None:
        raise InputError(
            f"{package} is not installed", where=f"track.{package}", do=f'pip install "polyhead[{package}]"'
        )


def said(error: BaseException) -> str:
    """What a foreign error says, in one line of at most 200 characters, without passwords."""
    text = without_passwords(re.sub(r"\s+", " ", str(error)).strip())
    short = text if len(text) <= 200 else f"{text[:197]}..."
    return f"{type(error).__name__}: {short}" if short else type(error).__name__
