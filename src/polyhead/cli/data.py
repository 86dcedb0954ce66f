"""Commands before training: what a config and its data are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polyhead.cli import output, tables
from polyhead.cli.application import Format, FormatOption, Overrides
from polyhead.errors import InputError


def convert(
    config: Annotated[Path | None, typer.Argument(help="The experiment, a YAML file.")] = None,
    overrides: Overrides = None,
    list_: Annotated[bool, typer.Option("--list", help="Only list what the cache holds.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Empty the cache; what is in use stays.")] = False,
    format: FormatOption = Format.text,
) -> None:
    """Convert an experiment's data into the cache, once.

    Training does it by itself. What can be mapped into memory as it is, or is small, needs no conversion.
    """
    from polyhead import api

    if [config is not None, list_, clear].count(True) != 1:
        raise InputError("expected a config, --list or --clear", where="polyhead convert", do="give one of them")
    result = api.conversions(clear) if config is None else api.convert(config, overrides or [])
    if format is Format.json:
        output.emit_json(result)
    else:
        empty = "the data need no conversion: they are mapped, or small" if config else "no conversions"
        tables.conversion_lines(result, empty, "removed " if clear else "", arrays=config is not None)


def init(
    file: Annotated[Path, typer.Argument(help="A csv, parquet, npz or hdf5 file.")],
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The configuration to write.")] = None,
    format: FormatOption = Format.text,
) -> None:
    """Write a first, commented config that trains on a file.

    Columns or arrays become inputs and targets, kinds of task are guessed; every guess says why.
    """
    from polyhead import api

    config = api.init(file, to)
    if format is Format.json:
        output.emit_json({"config": str(config)})
    else:
        output.emit(f"{config}: every line is a guess, read it; then `polyhead check {config}`")


def schema(format: FormatOption = Format.json) -> None:
    """Print the JSON Schema of the config, for editors."""
    from polyhead.config.schema import json_schema

    output.emit_json(json_schema())
