"""Every command of the command line with its arguments and options, as its own help tells them."""

from __future__ import annotations

from typing import Any

import typer.main

from polyhead.cli import commands
from polyhead.cli.application import app
from polyhead_pages.prose import prose


def page(_: str) -> str:
    """One section for each command, in the order of the program's help."""
    assert commands.ORDER  # the import of this list is what gives the application its commands
    group: Any = typer.main.get_command(app)
    return "\n\n".join(_section(name, command) for name, command in group.commands.items())


def _section(name: str, command: Any) -> str:
    context = command.make_context(f"polyhead {name}", [], resilient_parsing=True)
    usage = command.get_usage(context).removeprefix("Usage: ")
    lines = [f"(command-{name})=", f"## `{name}`", "", prose(command.help), "", "```text", usage, "```", ""]
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is not None and record[0] != "--help":
            lines += [f"`{record[0]}`", f": {_meaning(record[1])}", ""]
    return "\n".join(lines)


def _meaning(told: str) -> str:
    """What a parameter does, and its default in words instead of brackets."""
    text, _, extra = told.partition("  [")
    parts = [_extra(part) for part in extra.removesuffix("]").split("; ") if part]
    return " ".join([prose(text), *parts])


def _extra(part: str) -> str:
    name, _, value = part.partition(": ")
    if name == "default":
        return f"Default: `{value}`."
    return "Required." if part == "required" else f"`{part}`."
