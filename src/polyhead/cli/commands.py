"""The commands, one function each: read arguments, call api, print."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main

from polyhead.cli import output
from polyhead.cli.entry import DONE, FOUND
from polyhead.errors import InputError

app = typer.Typer(
    name="polyhead",
    help="One backbone, many heads, and an honest account of what each head learned.",
    add_completion=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How a command prints its result."""

    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]
OutOption = Annotated[Path, typer.Option(help="Folder of runs.")]
TasksOption = Annotated[str, typer.Option(help="Train only these tasks, e.g. fault,life.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="Overrides such as train.epochs=5.")]


def command() -> Callable[..., Any]:
    """The whole command line, ready to run."""
    return typer.main.get_command(app).main


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


@app.command()
def train(
    config: Annotated[Path | None, typer.Argument(help="The experiment, a YAML file.")] = None,
    overrides: Overrides = None,
    out: OutOption = Path("runs"),
    resume: Annotated[
        str | None, typer.Option(metavar="[RUN|CKPT]", help="Go on with a run; alone: the latest unfinished one.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Make so many runs, and a table of mean and sd.")] = 1,
    tasks: TasksOption = "",
    format: FormatOption = Format.text,
) -> None:
    """Train an experiment, judge it on every split and write its report."""
    chosen = [task for task in tasks.split(",") if task]
    if resume is not None:
        if chosen or seeds > 1:
            raise InputError(
                f"{'--tasks' if chosen else '--seeds'} with --resume",
                where="polyhead train",
                do="a resumed run keeps its own config",
            )
        _resume(config, overrides or [], out, resume, format)
        return
    if config is None:
        raise InputError("no config given", where="polyhead train", do="write `polyhead train FILE.yaml`")
    _train(config, overrides or [], out, seeds, chosen, format)


def _train(config: Path, overrides: list[str], out: Path, seeds: int, tasks: list[str], format: Format) -> None:
    from polyhead import api
    from polyhead.cli.progress import build_watcher

    if seeds == 1:
        _print_run(api.train(config, overrides, out=out, tasks=tasks, watcher=build_watcher()), format)
        return
    runs = api.train_seeds(config, overrides, seeds=seeds, out=out, tasks=tasks, watcher=build_watcher)
    if format is Format.json:
        output.emit_json({"runs": [{"run": str(run.folder), "metrics": run.metrics} for run in runs]})
        return
    output.seeds_table([run.metrics for run in runs], config.stem)
    for run in runs:
        output.emit(f"page: {run.folder / 'report.html'}")


def _resume(config: Path | None, overrides: list[str], out: Path, resume: str, format: Format) -> None:
    from polyhead import api
    from polyhead.cli.progress import build_watcher
    from polyhead.trace.folder import RunFolder

    if overrides:
        raise InputError(
            f"override {overrides[0]!r} with --resume", where="polyhead train", do="a resumed run keeps its own config"
        )
    if resume == "latest":
        if config is None:
            raise InputError("which experiment?", where="--resume", do="name its config, or the run's folder")
        experiment = api.load(config).experiment
        folder = RunFolder.latest(out, experiment.name).path
        if api.load(folder / "config.yaml").experiment != experiment:
            raise InputError(
                f"{config} is no longer what {folder} began with",
                where="--resume",
                do=f"write `polyhead train --resume {folder}` to go on with it as it began",
            )
        resume = str(folder)
    elif config is not None:
        raise InputError(
            f"{config} with --resume {resume}", where="polyhead train", do="a resumed run keeps its own config"
        )
    _print_run(api.resume(resume, watcher=build_watcher()), format)


def _print_run(run: Any, format: Format) -> None:
    if format is Format.json:
        output.emit_json({"run": str(run.folder), "metrics": run.metrics})
        return
    output.metrics_table(run.metrics, run.folder.parent.name)
    output.emit(f"page: {run.folder / 'report.html'}")


@app.command()
def check(
    config: Annotated[Path, typer.Argument(help="The experiment, a YAML file.")],
    overrides: Overrides = None,
    format: FormatOption = Format.text,
) -> None:
    """Look at config and data before training; exit code 1 where training would refuse them."""
    from polyhead import api

    result = api.check(config, overrides or [])
    if format is Format.json:
        output.emit_json(result)
    else:
        output.check_lines(result)
    raise typer.Exit(FOUND if result["findings"] else DONE)


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    checkpoint: Annotated[str, typer.Option(help="best, best-TASK, last, epoch-NNNN or a file.")] = "best",
    data: Annotated[Path | None, typer.Option(help="Judge every window of this file instead.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write predictions as CSV too.")] = False,
    format: FormatOption = Format.text,
) -> None:
    """Judge a checkpoint again, on the run's splits or on another file."""
    from polyhead import api

    metrics = api.evaluate(run, checkpoint=checkpoint, data=data, split=split, csv=csv)
    if format is Format.json:
        output.emit_json({"run": str(run), "metrics": metrics})
    else:
        output.metrics_table(metrics, run.parent.name)


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    data: Annotated[Path, typer.Argument(help="A file with the run's inputs.")],
    to: Annotated[Path, typer.Option("-o", "--output", help="A .parquet or .csv file.")],
    checkpoint: Annotated[str, typer.Option(help="best, best-TASK, last, epoch-NNNN or a file.")] = "best",
    format: FormatOption = Format.text,
) -> None:
    """Predict every window of a file that has inputs only."""
    from polyhead import api

    count = api.predict(run, data, to, checkpoint=checkpoint)
    if format is Format.json:
        output.emit_json({"predictions": str(to), "windows": count})
    else:
        output.emit(f"{count} windows: {to}")


@app.command()
def report(run: Annotated[Path, typer.Argument(help="A run's folder.")], format: FormatOption = Format.text) -> None:
    """Write the page of a run again, finished or not."""
    from polyhead import api

    page = api.report(run)
    if format is Format.json:
        output.emit_json({"report": str(page)})
    else:
        output.emit(f"page: {page}")


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="A study, or `list`.")],
    which: Annotated[str, typer.Argument(help="recommended or reported.")] = "recommended",
    overrides: Overrides = None,
    data: Annotated[Path | None, typer.Option(help="Real recordings instead of the embedded default.")] = None,
    out: OutOption = Path("runs"),
    seeds: Annotated[int, typer.Option(min=1, help="Make so many runs, and a table of mean and sd.")] = 1,
    tasks: TasksOption = "",
    format: FormatOption = Format.text,
) -> None:
    """Train a study's config, or list the studies."""
    from polyhead import api
    from polyhead.studies import STUDIES

    if name == "list":
        rows = [{"name": one.name, "title": one.title, "configs": list(one.configs)} for one in STUDIES.values()]
        rows = [row for row in rows if row["configs"]]
        if format is Format.json:
            output.emit_json({"studies": rows})
        else:
            output.studies_lines(rows)
        return
    given = list(overrides or [])
    if "=" in which:
        given, which = [which, *given], "recommended"
    given += [f"data.path={data.resolve()}"] if data else []
    config = api.study_config(name, which)
    if not data and not any(one.startswith("data.path=") for one in given) and api.needs_path(config):
        raise InputError(
            f"config {which} reads recordings", where=f"polyhead study {name}", do="say where with --data FOLDER"
        )
    _train(config, given, out, seeds, [task for task in tasks.split(",") if task], format)


@app.command()
def convert(
    config: Annotated[Path | None, typer.Argument(help="The experiment, a YAML file.")] = None,
    overrides: Overrides = None,
    list_: Annotated[bool, typer.Option("--list", help="Only list what the cache holds.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Empty the cache; what is in use stays.")] = False,
    format: FormatOption = Format.text,
) -> None:
    """Read an experiment's data once: what cannot be mapped is converted into the cache."""
    from polyhead import api

    if [config is not None, list_, clear].count(True) != 1:
        raise InputError("expected a config, --list or --clear", where="polyhead convert", do="give one of them")
    result = api.conversions(clear) if config is None else api.convert(config, overrides or [])
    if format is Format.json:
        output.emit_json(result)
    else:
        empty = "the data need no conversion: they are mapped, or small" if config else "no conversions"
        output.conversion_lines(result, empty, "removed " if clear else "", arrays=config is not None)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="A csv, parquet, npz or hdf5 file.")],
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The configuration to write.")] = None,
    format: FormatOption = Format.text,
) -> None:
    """Look at a file and write a commented configuration that trains on it."""
    from polyhead import api

    config = api.init(file, to)
    if format is Format.json:
        output.emit_json({"config": str(config)})
    else:
        output.emit(f"{config}: every line is a guess, read it; then `polyhead check {config}`")


@app.command()
def schema(format: FormatOption = Format.json) -> None:
    """Print the JSON Schema of the config, for editors."""
    from polyhead.config.schema import json_schema

    output.emit_json(json_schema())
