"""Progress of a command that goes through windows: a bar in a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counted(verb: str, things: str) -> Iterator[Callable[[int, int], None] | None]:
    """What to call with how many are done and how many there are; None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn(), TextColumn(things))
    console = Console(file=sys.stderr, highlight=False)
    with Progress(*columns, TimeRemainingColumn(compact=True), console=console, transient=True) as progress:
        task = progress.add_task(verb, total=None)

        def on_progress(done: int, count: int) -> None:
            progress.update(task, completed=done, total=count)

        yield on_progress
