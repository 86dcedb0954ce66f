"""The `diagnose` block: findings that are known and accepted, and how bad one must be to fail a command."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from polyhead.config.block import Block


def _day(value: Any) -> Any:
    """Text as a day; strict validation within a block would not read it."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"expected a day such as 2027-03-31, found {value!r}") from error


Day = Annotated[date, BeforeValidator(_day)]
FailOn = Literal["error", "warning", "note"]


class IgnoreOptions(Block):
    """A finding that is known and accepted: it stays visible as suppressed, and fails nothing."""

    id: str
    """Id of the check."""
    task: str | None = None
    """Only of this task. null: of every task."""
    reason: str = Field(min_length=1)
    """Why it is accepted; shown wherever the finding is."""
    until: Day | None = None
    """Last day of it, such as 2027-03-31. null: for good."""


class DiagnoseOptions(Block):
    """What `check`, `diagnose` and the page make of findings."""

    ignore: list[IgnoreOptions] = Field(default_factory=list)
    """Findings that are known and accepted."""
    fail_on: FailOn = "error"
    """`check` and `diagnose` end with exit code 1 where a finding is at least as bad as this."""
