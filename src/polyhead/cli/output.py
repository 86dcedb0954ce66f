"""What commands print, and where: results on standard output, one line for what went wrong."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.table import Table

_results: ContextVar[TextIO] = ContextVar("results")


@contextmanager
def results_apart() -> Iterator[None]:
    """Keep standard output for results: whatever a library prints goes to standard error."""
    token = _results.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.reset(token)


class LostResultError(Exception):
    """Standard output takes no more: its reader is gone, or the disk is full."""


def emit(text: str) -> None:
    """A line of the result. Raises LostResultError."""
    try:
        print(text, file=_results.get(sys.stdout), flush=True)
    except OSError as error:  # the parser would take it for its own affair, and end with the code of a finding
        raise LostResultError(error.strerror) from error


def emit_json(value: Mapping[str, Any]) -> None:
    """One JSON object alone on standard output; what is not finite is null already."""
    emit(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """A value as JSON can hold it: what is not finite is null, and what is no JSON its text."""
    from polyhead.trace.folder import json_text

    return dict(json.loads(json_text(value)))


def failed(as_json: bool, what: str, where: str, do: str) -> None:
    """Say in one line what could not be done."""
    if as_json:
        emit_json({"error": {"what": what, "where": where, "do": do}})
    what = what.removesuffix(".")
    text = f"{where}: {what}" if where and where != "polyhead" else what
    text = f"{text}; {do}" if do else text
    line = re.sub(r"\s+", " ", text).strip()
    sys.stderr.write(f"polyhead: {line}\n")


def interrupted(as_json: bool, run: Path) -> None:
    """Say that a run was interrupted and how to go on."""
    if as_json:
        emit_json({"run": str(run), "interrupted": True})
    again = f"polyhead train --resume {shlex.quote(str(run))}"
    sys.stderr.write(f"polyhead: interrupted, everything is saved; resume with: {again}\n")


def emit_table(table: Table) -> None:
    """A table of the result. Rich honours NO_COLOR and leaves out colour where there is no terminal; piped tables are
    not cut at 80 columns."""
    from rich.console import Console

    file = _results.get(sys.stdout)
    console = Console(file=file, highlight=False, markup=False, width=None if file.isatty() else 160)
    with console.capture() as drawn:
        console.print(table)
    emit("\n".join(line.rstrip() for line in drawn.get().splitlines()))
