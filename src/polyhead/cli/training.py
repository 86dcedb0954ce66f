"""Commands that train: an experiment of one's own, or a study's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from polyhead.cli import output, tables
from polyhead.cli.application import Format, FormatOption, OutOption, Overrides, SeedsOption, TasksOption, chosen
from polyhead.cli.entry import FOUND
from polyhead.cli.findings import Severity, finding_lines
from polyhead.errors import InputError

if TYPE_CHECKING:
    from polyhead.api import Run

DiagnoseOption = Annotated[bool, typer.Option("--diagnose/--no-diagnose", help="Look for what is wrong.")]
FailOption = Annotated[
    Severity | None, typer.Option("--fail-on", help="End with 1 where a finding is at least as bad; else none fails.")
]


def train(
    config: Annotated[Path | None, typer.Argument(help="The experiment, a YAML file.")] = None,
    overrides: Overrides = None,
    out: OutOption = Path("runs"),
    resume: Annotated[
        str | None, typer.Option(metavar="[RUN|CKPT]", help="Go on with a run; alone: the latest unfinished one.")
    ] = None,
    seeds: SeedsOption = 1,
    tasks: TasksOption = "",
    diagnose: DiagnoseOption = True,
    fail_on: FailOption = None,
    format: FormatOption = Format.text,
) -> None:
    """Train an experiment, judge it on every split, say what is wrong with it, write its page.

    Ctrl-C saves and stops, and so does SIGTERM; --resume goes on to the same result. Metrics go to standard output,
    progress to standard error. Exit code 1 where --fail-on or the config's train.stop_on asks for it.
    """
    if fail_on is not None and not diagnose:
        raise InputError("--fail-on without findings", where="polyhead train", do="leave out --no-diagnose")
    if resume is not None:
        if tasks or seeds > 1:
            raise InputError(
                f"{'--tasks' if tasks else '--seeds'} with --resume",
                where="polyhead train",
                do="a resumed run keeps its own config",
            )
        _resume(config, overrides or [], out, resume, format, diagnose, fail_on)
        return
    if config is None:
        raise InputError("no config given", where="polyhead train", do="write `polyhead train FILE.yaml`")
    _train(config, overrides or [], out, seeds, chosen(tasks), format, diagnose, fail_on)


def _train(
    config: Path,
    overrides: list[str],
    out: Path,
    seeds: int,
    tasks: list[str],
    format: Format,
    diagnose: bool = True,
    fail_on: Severity | None = None,
) -> None:
    from polyhead import api
    from polyhead.cli.progress import build_watcher

    if seeds == 1:
        run = api.train(config, overrides, out=out, tasks=tasks, watcher=build_watcher(), diagnosis=diagnose)
        _print_run(run, format, fail_on)
        return
    runs = api.train_seeds(
        config, overrides, seeds=seeds, out=out, tasks=tasks, watcher=build_watcher, diagnosis=diagnose
    )
    if format is Format.json:
        output.emit_json({"runs": [_as_json(run) for run in runs]})
    else:
        tables.seeds_table([run.metrics for run in runs], runs[0].folder.parent.name)
        for run in runs:
            for line in _found_lines(run):
                output.emit(line)
            output.emit(f"page: {run.folder / 'report.html'}")
    _end(runs, fail_on)


def pretrain(
    config: Annotated[Path, typer.Argument(help="The experiment, a YAML file.")],
    overrides: Overrides = None,
    out: OutOption = Path("runs"),
    diagnose: DiagnoseOption = True,
    format: FormatOption = Format.text,
) -> None:
    """Train the backbone of an experiment without labels: samples are hidden from it, and it is asked for them.

    The config's block `pretrain` says what is hidden; its tasks wait. What is printed last is the line that lets
    training begin with these weights.
    """
    from polyhead import api
    from polyhead.cli.progress import build_watcher

    run = api.pretrain(config, overrides or [], out=out, watcher=build_watcher(), diagnosis=diagnose)
    _print_run(run, format, None)
    if format is Format.text:
        output.emit(f"weights: {run.folder / 'checkpoints' / 'best.ckpt'}")
        output.emit(f"to begin with them: model: {{init: {run.folder.resolve()}}}")


def _resume(
    config: Path | None,
    overrides: list[str],
    out: Path,
    resume: str,
    format: Format,
    diagnose: bool,
    fail_on: Severity | None,
) -> None:
    from polyhead import api
    from polyhead.cli.progress import build_watcher
    from polyhead.trace.folder import RunFolder

    if overrides:
        raise InputError(
            f"override {overrides[0]!r} with --resume", where="polyhead train", do="a resumed run keeps its own config"
        )
    if resume == "latest":
        if config is None:
            run = api.resume(RunFolder.latest(out).path, watcher=build_watcher(), diagnosis=diagnose)
            _print_run(run, format, fail_on)
            return
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
    _print_run(api.resume(resume, watcher=build_watcher(), diagnosis=diagnose), format, fail_on)


def _print_run(run: Run, format: Format, fail_on: Severity | None) -> None:
    """What a run ends with; exit code 1 where its findings ask for it."""
    from polyhead.report.success import success_lines

    if format is Format.json:
        output.emit_json(_as_json(run))
    else:
        tables.metrics_table(run.metrics, run.folder.parent.name)
        for line in (*success_lines(run.metrics), *_found_lines(run)):
            output.emit(line)
        output.emit(f"page: {run.folder / 'report.html'}")
    _end([run], fail_on)


def _as_json(run: Run) -> dict[str, Any]:
    findings = {} if run.diagnosis is None else {"findings": output.plain(run.diagnosis.as_dict())["findings"]}
    return {"run": str(run.folder), "metrics": run.metrics} | findings


def _found_lines(run: Run) -> list[str]:
    """What ended the run, where a check did, and the likeliest causes."""
    from polyhead.api.live import stopped_by_finding

    ended = stopped_by_finding(run.folder)
    lines = [] if ended is None else [f"ended by {ended}, which train.stop_on names"]
    return [*lines, *(() if run.diagnosis is None else finding_lines(run.diagnosis, run.folder))]


def _end(runs: Sequence[Run], fail_on: Severity | None) -> None:
    """End with 1 where a check ended one of the runs, or found what `fail_on` asks for."""
    from polyhead.api.live import stopped_by_finding

    for run in runs:
        failed = fail_on is not None and run.diagnosis is not None and run.diagnosis.fails(fail_on.value)
        if failed or stopped_by_finding(run.folder) is not None:
            raise typer.Exit(FOUND)


def study(
    name: Annotated[str, typer.Argument(help="A study, or `list`.")],
    which: Annotated[str, typer.Argument(help="recommended or reported.")] = "recommended",
    overrides: Overrides = None,
    data: Annotated[Path | None, typer.Option(help="Real recordings instead of the embedded default.")] = None,
    out: OutOption = Path("runs"),
    seeds: SeedsOption = 1,
    tasks: TasksOption = "",
    format: FormatOption = Format.text,
) -> None:
    """Train a study's config, or list the studies.

    A study is a domain that polyhead knows: its recordings or simulator, its config, its own metrics.
    """
    from polyhead import api
    from polyhead.studies import STUDIES

    if name == "list":
        rows = [{"name": one.name, "title": one.title, "configs": list(one.configs)} for one in STUDIES.values()]
        rows = [row for row in rows if row["configs"]]
        if format is Format.json:
            output.emit_json({"studies": rows})
        else:
            tables.studies_lines(rows)
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
    _train(config, given, out, seeds, chosen(tasks), format)
