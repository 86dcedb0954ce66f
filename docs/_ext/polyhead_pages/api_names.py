"""The public names of the package, each as autodoc documents it."""

from __future__ import annotations

import inspect
from typing import Any

import polyhead


def page(_: str) -> str:
    """One autodoc directive for each name of `polyhead.__all__`."""
    return "\n\n".join(
        f"```{{eval-rst}}\n.. auto{_kind(name)}:: polyhead.{name}{_members(name)}\n```" for name in NAMES
    )


NAMES = sorted(polyhead.__all__, key=lambda name: (name[0].isupper(), name))


def _kind(name: str) -> str:
    made = getattr(polyhead, name)
    if not inspect.isclass(made):
        return "function"
    return "exception" if issubclass(made, Exception) else "class"


def _members(name: str) -> str:
    return "\n   :members:" if _kind(name) != "function" else ""


def prepare(app: Any, what: str, name: str, member: object, options: Any, lines: list[str]) -> None:
    """Turn scikit-learn's sections of a docstring, headings underlined with dashes, into lists that docutils reads, and
    what is indented outside them into code."""
    written: list[str] = []
    inside = False
    for number, line in enumerate(lines):
        if not inside and line.startswith("    ") and number and not lines[number - 1]:
            written += [".. code-block:: python", ""]
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if set(line) == {"-"}:
            continue
        if line and set(below) == {"-"}:
            inside = True
            written += [f".. rubric:: {line}", ""]
        elif inside and line and not line.startswith(" "):
            term, colon, kind = line.partition(" : ")
            names = ", ".join(f"``{one}``" for one in term.split(", "))
            written += ["", f"* {names}{':' if colon else ''} {kind}", ""]
        else:
            written.append(line.removeprefix("  ") if inside else line)
    lines[:] = written
