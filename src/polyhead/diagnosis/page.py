"""A check's documentation, as it stands in its module under fixed headings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADINGS = (
    "What it finds",
    "Why it matters",
    "Evidence",
    "Remedy",
    "When it can be wrong",
    "Example",
    "References",
)


@dataclass(frozen=True)
class Page:
    """The first line as a title, and a paragraph or more for each of HEADINGS."""

    title: str
    sections: Mapping[str, str]


def read_page(doc: str) -> Page:
    """Read a docstring: a title, then each heading on a line of its own with its text indented below it.

    Raises ValueError where a heading is missing, empty or unknown.
    """
    title, _, rest = inspect.cleandoc(doc).partition("\n")
    parts = re.split(r"^(\S[^\n]*)\n", rest.strip("\n"), flags=re.MULTILINE)
    sections = {parts[i]: inspect.cleandoc(parts[i + 1]).strip() for i in range(1, len(parts) - 1, 2)}
    wrong = [name for name in (*HEADINGS, *sections) if not sections.get(name) or name not in HEADINGS]
    if wrong:
        raise ValueError(f"{title!r}: heading {wrong[0]!r} is missing, empty or unknown")
    return Page(title.rstrip("."), sections)
