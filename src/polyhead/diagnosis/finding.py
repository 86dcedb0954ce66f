"""What a check found: what is wrong, how sure that is, on what evidence, and the edit that would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
State = Literal["suspected", "confirmed", "refuted", "inconclusive", "fixed", "suppressed"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From worst to least: an error spoils what the run claims, a warning may, a note is odd but harmless."""


@dataclass(frozen=True)
class Fact:
    """A number of the evidence: its 95 % interval, the threshold it was held against, where the threshold or the number
    comes from, and what it was taken over (`last 10 epochs`, `test`)."""

    metric: str
    value: float | int | str | None
    interval: tuple[float, float] | None = None
    threshold: float | None = None
    source: str = ""
    window: str = ""


@dataclass(frozen=True)
class Scope:
    """What a finding is about. `epochs` are the first and last it was seen in, counted from 1; `key` is the dotted key
    of the configuration that it stands at, `where` the file and line of that or of the log."""

    task: str | None = None
    split: str | None = None
    epochs: tuple[int, int] | None = None
    channel: str | None = None
    parameter: str | None = None
    key: str | None = None
    where: str | None = None


@dataclass(frozen=True)
class Alternative:
    """Another check whose fault looks the same, and the probe that tells the two apart."""

    id: str
    probe: str


@dataclass(frozen=True)
class Fix:
    """An edit of the configuration as {dotted.key: value}, empty where no key can say it and `text` does.

    `predicts` says what should be seen if the finding is right, `risk` what the edit may cost.
    """

    text: str
    patch: Mapping[str, Any]
    predicts: str
    risk: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    A check's `judge` fills what stands before `id`; the rest comes from the check and from whoever asked: `confidence`
    is the measured precision of the check and `confidence_basis` on what, `why` the mechanism, `follows` the ids of
    findings that explain this one, `reason` why it is suppressed, `old` says that a baseline has it.
    """

    severity: Severity
    what: str
    scope: Scope
    evidence: tuple[Fact, ...]
    counter_evidence: tuple[Fact, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    fixes: tuple[Fix, ...] = ()
    id: str = ""
    state: State = "suspected"
    confidence: float | None = None
    confidence_basis: str = ""
    why: str = ""
    docs: str = ""
    follows: tuple[str, ...] = ()
    reason: str = ""
    old: bool = False

    @property
    def counts(self) -> bool:
        """Whether it may fail a command: neither suppressed nor in the baseline."""
        return self.state != "suppressed" and not self.old

    @property
    def fingerprint(self) -> str:
        """Names the finding alike in every run: what it is and what it is about, no number and no epoch of it."""
        about = ("task", "split", "channel", "parameter", "key")
        parts = [f"{name}={getattr(self.scope, name)}" for name in about if getattr(self.scope, name) is not None]
        return ":".join(["v1", self.id, *parts])

    def as_dict(self) -> dict[str, Any]:
        """The finding as findings.json holds it."""
        return {"id": self.id, "fingerprint": self.fingerprint} | asdict(self)

    def changed(self, **values: Any) -> Finding:
        """The same finding with other values."""
        return replace(self, **values)
