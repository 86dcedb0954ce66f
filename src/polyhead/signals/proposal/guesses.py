"""Roles of names, as they are guessed one after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from polyhead.signals.proposal.kinds import TargetKind

Columns = dict[str, NDArray[Any]]


@dataclass
class Roles:
    """Names by role. `why` holds a remark for each name, `missing` the values of targets that stand for "not known".
    `forecast` names the columns of a series; `masked` says that inputs are missing somewhere; `remarks` are lines."""

    inputs: list[str] = field(default_factory=list)
    signals: dict[str, list[str]] = field(default_factory=dict)
    targets: dict[str, TargetKind] = field(default_factory=dict)
    forecast: list[str] = field(default_factory=list)
    group: str | None = None
    time: str | None = None
    split: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    missing: dict[str, list[float | str]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    masked: bool = False

    def leave_out(self, columns: Columns, name: str, reason: str) -> None:
        """Take a column out of the running."""
        self.left_out[name] = reason
        del columns[name]
