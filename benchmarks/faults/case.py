"""A case of the benchmark, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from faults.fault import Fault

Sort = Literal["healthy", "decoy", "fault"]
Made = Callable[[Path], "Looked"]
"""Makes the case in a folder, or finds it there, and asks all checks."""


@dataclass(frozen=True)
class Said:
    """An alarm or a note as diagnosis ranks it. `epoch` is the first that the finding is about, `keys` those that its
    remedies set."""

    id: str
    severity: str
    task: str | None = None
    follows: tuple[str, ...] = ()
    epoch: int | None = None
    keys: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Looked:
    """What diagnosis said, likeliest first; why it could say nothing; processor seconds to train (0 where
    nothing was) and to diagnose."""

    said: tuple[Said, ...]
    refused: str = ""
    train_s: float = 0.0
    diagnose_s: float = 0.0
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchCase:
    """`make` looks at it. `fault` is None where nothing is wrong; `seed` pairs it with the healthy run of its
    recipe."""

    name: str
    sort: Sort
    recipe: str
    seed: int
    make: Made
    fault: Fault | None = None
    dose: str = ""
    kind: str = "run"


@dataclass(frozen=True)
class Outcome:
    """A case and what was said of it, as JSON keeps it.

    `unfit` says which criterion of health a healthy run or a decoy fails; it is then left out of all counts. `score` is
    that of the tasks the fault is aimed at and `twin` that of the healthy run. `unseen` is why the check that is meant
    could not look. `seen_epoch` of `epochs` is the first after which a cause could have been told.
    `checks` names the source of the checks that were asked.
    """

    name: str
    sort: str
    kind: str
    recipe: str
    seed: int
    fault: str
    dose: str
    said: tuple[Said, ...]
    refused: str = ""
    train_s: float = 0.0
    diagnose_s: float = 0.0
    unseen: str = ""
    unfit: str = ""
    score: float | None = None
    twin: float | None = None
    seen_epoch: int | None = None
    epochs: int | None = None
    checks: str = ""

    @property
    def alarms(self) -> tuple[Said, ...]:
        """Errors and warnings in their order."""
        return tuple(one for one in self.said if one.severity != "note")

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the alarms, each once, in their order."""
        return tuple(dict.fromkeys(one.id for one in self.alarms))

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def outcome_of(told: Mapping[str, Any]) -> Outcome:
    """An outcome from what as_dict gave."""
    lists = ("follows", "keys")
    said = [Said(**{key: tuple(v) if key in lists else v for key, v in one.items()}) for one in told["said"]]
    return Outcome(**{**told, "said": tuple(said)})
