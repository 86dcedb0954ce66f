"""The command line itself: its name, its version, and the options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from polyhead.cli import output
from polyhead.errors import InputError

app = typer.Typer(
    name="polyhead",
    epilog="Begin with your own file: polyhead init FILE, then polyhead check and polyhead train the config it writes.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How a command prints its result."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]
OutOption = Annotated[Path, typer.Option(help="Folder of runs.")]
TasksOption = Annotated[str, typer.Option(help="Train only these tasks, e.g. fault life.")]
SeedsOption = Annotated[
    int, typer.Option(min=1, help="Make so many runs, with seed and split of their own, and a table of mean and sd.")
]
Overrides = Annotated[list[str] | None, typer.Argument(help="Overrides such as train.epochs=5.")]
RunArgument = Annotated[Path, typer.Argument(help="A run's folder.")]
CheckpointOption = Annotated[str, typer.Option(help="best, best-TASK, last, epoch-NNNN or a file.")]


def chosen(tasks: str) -> list[str]:
    """The names in a value of --tasks. Raises InputError where there is none."""
    names = tasks.replace(",", " ").split()
    if tasks and not names:
        raise InputError("names no task", where="--tasks", do="write names, such as --tasks fault life")
    return names


def _version(asked: bool) -> None:
    if asked:
        import polyhead

        output.emit(polyhead.__version__)
        raise typer.Exit


@app.callback()
def polyhead(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """One backbone, many heads, and an honest account of what each head learned."""
