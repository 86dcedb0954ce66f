"""One thing that is wrong with a configuration, and several of them as one error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyhead.config.document import Document
from polyhead.errors import InputError


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path of the configuration, and what to do about it."""

    path: tuple[str | int, ...]
    what: str
    do: str = ""

    @property
    def line(self) -> str:
        """The problem without its place."""
        return f"{self.what}; {self.do}" if self.do else self.what


def refuse(problems: Sequence[Problem], document: Document) -> None:
    """Raise one InputError that names every problem, in the order of the file; return where there is none."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: _line(problem, document))
    if not ordered:
        return
    first, *others = ordered
    where = document.where(first.path)
    if not others:
        raise InputError(first.what, where=where, do=first.do)
    rest = "; ".join(f"{document.where(problem.path)}: {problem.line}" for problem in others)
    raise InputError(f"{first.line}; and {len(others)} more: {rest}", where=where)


def _line(problem: Problem, document: Document) -> int:
    for length in range(len(problem.path), -1, -1):
        line = document.line_of(problem.path[:length])
        if line is not None:
            return line
    return 0
