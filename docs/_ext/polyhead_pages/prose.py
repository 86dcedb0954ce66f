"""Docstrings as Markdown: what stands in backticks is code already, and nothing else may be read as markup."""

from __future__ import annotations

import inspect
import re
import textwrap

CODE = re.compile(r"(`[^`]+`)")


def prose(text: str | None) -> str:
    """A docstring's paragraphs as Markdown; those that are indented or in columns stay as they are, as code."""
    return "\n\n".join(_paragraph(part) for part in re.split(r"\n[ \t]*\n", inspect.cleandoc(text or "")))


def sentence(text: str | None) -> str:
    """A docstring's paragraphs in one line, for a cell of a table."""
    return prose(text).replace("\n\n", " ").replace("|", "\\|")


def _paragraph(part: str) -> str:
    lines = part.splitlines()
    if lines and all(line.startswith("    ") or "  " in line.strip() for line in lines):
        return f"```text\n{textwrap.dedent(part)}\n```"
    return _escaped(" ".join(part.split()))


def _escaped(text: str) -> str:
    parts = CODE.split(text)
    return "".join(part if number % 2 else re.sub(r"([*<>\[\]$])", r"\\\1", part) for number, part in enumerate(parts))
