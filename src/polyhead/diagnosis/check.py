"""What a check is: numbers from the case, a judgement of them, and a page of documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.finding import Finding
from polyhead.diagnosis.page import Page, read_page

Cost = Literal["static", "scalars", "gradients", "probes"]
"""What a check reads, from cheap to dear: config and data; logged scalars and predictions; sampled gradients; runs of
its own."""
E = TypeVar("E")


class NotCheckedError(Exception):
    """The case holds the parts, but not what this check needs of them; the message says what is missing."""


@dataclass(frozen=True)
class Check(Generic[E]):
    """One detector of one fault.

    `needs` names the parts of a Case without which there is nothing to measure; of parts joined by a bar, as in
    `metrics|scores`, one is enough. `measure` takes numbers from the case,
    one piece of evidence for each thing that could be found (a task, a channel), and knows no thresholds; it raises
    NotCheckedError where a part lacks what it needs. `judge` knows thresholds and no data; it returns None where all
    is well. `explains` names checks whose findings of the same task follow from this one's. `doc` is the module's
    docstring under fixed headings.
    """

    id: str
    needs: tuple[str, ...]
    cost: Cost
    measure: Callable[[Case], Iterable[E]]
    judge: Callable[[E], Finding | None]
    doc: str
    explains: tuple[str, ...] = ()

    @property
    def page(self) -> Page:
        """The documentation by heading. Raises ValueError where a heading is missing."""
        return read_page(self.doc)

    def why_not(self, case: Case) -> str | None:
        """What the case lacks for this check, None where it has everything."""
        return next((why for parts in self.needs if (why := _lacks(case, parts)) is not None), None)


def _lacks(case: Case, parts: str) -> str | None:
    """Why none of the parts joined by bars is there; None where one is."""
    lacking = [case.lacks(part) for part in parts.split("|")]
    return None if None in lacking else ", ".join(dict.fromkeys(why for why in lacking if why))
