"""The runs of a comparison: each under a letter, with the configuration that it really ran with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyhead.errors import InputError
from polyhead.report.run import Record, Run, read_run

DESCRIBING = ("name", "notes", "tags", "hypothesis")  # what says what a run is for, and changes nothing in it
Resolve = Callable[[Path], Record]
"""A configuration file with every default filled in; empty where it cannot be read."""


@dataclass(frozen=True)
class Compared:
    """A run, the letter it goes by, and its configuration without the keys that describe it."""

    letter: str
    run: Run
    config: Record

    @property
    def seed(self) -> int | None:
        """The seed of everything random."""
        return self.config.get("seed")

    @property
    def own_name(self) -> str:
        """Experiment and folder."""
        return f"{self.run.name} {self.run.stamp}"


def read_compared(paths: Sequence[Path], resolve: Resolve) -> list[Compared]:
    """Read two runs or more. Raises InputError where there are fewer, one is named twice or is no run."""
    if len(paths) < 2:
        raise InputError(f"{len(paths)} run given, two or more are compared", do="polyhead compare RUN RUN ..")
    seen: dict[Path, Path] = {}
    for path in paths:
        if (first := seen.setdefault(path.resolve(), path)) is not path:
            raise InputError("named twice", where=f"{first}, {path}", do="name each run once")
    runs = [read_run(path) for path in paths]
    return [Compared(letter(index), run, _config(run, resolve)) for index, run in enumerate(runs)]


def letter(index: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    more, last = divmod(index, 26)
    return (letter(more - 1) if more else "") + chr(ord("A") + last)


def _config(run: Run, resolve: Resolve) -> dict[str, Any]:
    """What the run itself wrote down in full; keys that it did not know yet as today's defaults; else the bare file."""
    ran = run.metadata.get("configuration") or {}
    file = run.path / "config.yaml"
    full = filled(ran, (resolve(file) if file.is_file() else {}) or ({} if ran else run.config))
    if run.folds and isinstance(full.get("data"), dict):
        # What all folds share is read from the first, whose number is not the whole run's.
        full = filled({"data": {"split": {"fold": None}}}, full)
    return {key: value for key, value in full.items() if key not in DESCRIBING}


def filled(values: Record, defaults: Record) -> dict[str, Any]:
    """`values` over `defaults`, block by block."""
    merged = dict(defaults)
    for key, value in values.items():
        below = defaults.get(key)
        merged[key] = filled(value, below) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged
