"""A check for which any one of the parts it names is enough."""

from __future__ import annotations

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, E


class Either(Check[E]):
    """A check that reads the same fault from several parts, each of which alone will do."""

    def why_not(self, case: Case) -> str | None:
        """What the case lacks where it has none of the parts, None where it has one."""
        lacking = [case.lacks(part) for part in self.needs]
        return None if None in lacking else ", ".join(dict.fromkeys(why for why in lacking if why))
