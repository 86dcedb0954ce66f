"""Commands that name what is wrong: with a config and its data, with a run or a log; and what a check looks for."""

from __future__ import annotations

import shutil
import textwrap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polyhead.cli import output
from polyhead.cli.application import Format, FormatOption, Overrides
from polyhead.cli.entry import DONE, FOUND
from polyhead.errors import InputError

if TYPE_CHECKING:
    from polyhead.config.document import Document
    from polyhead.diagnosis.diagnose import Diagnosis


class FindingFormat(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    sarif = "sarif"
    junit = "junit"
    markdown = "markdown"


class Severity(StrEnum):
    """How bad a finding is."""

    error = "error"
    warning = "warning"
    note = "note"


FindingFormatOption = Annotated[FindingFormat, typer.Option("--format", help="How to print.")]
FailOption = Annotated[
    Severity | None, typer.Option("--fail-on", help="End with 1 from here on; else the config's, error.")
]
SelectOption = Annotated[str, typer.Option(help="Only these checks, e.g. below-floor filled-labels.")]
IgnoreOption = Annotated[str, typer.Option(help="Without these checks.")]
BaselineOption = Annotated[Path | None, typer.Option(help="A file of old findings: only new ones count.")]
UpdateOption = Annotated[bool, typer.Option("--update-baseline", help="Write what is found into the baseline.")]


def check(
    config: Annotated[Path, typer.Argument(help="The experiment, a YAML file.")],
    overrides: Overrides = None,
    format: FindingFormatOption = FindingFormat.text,
    fail_on: FailOption = None,
    select: SelectOption = "",
    ignore: IgnoreOption = "",
    baseline: BaselineOption = None,
    update: UpdateOption = False,
) -> None:
    """Look at config and data before anything is trained.

    Exit code 1 where something is found that counts, or that training would refuse; 2 where the config itself cannot
    be used.
    """
    from polyhead import api
    from polyhead.config.document import Document

    wanted, old = _wanted(select, ignore), _old(baseline, update)
    found = api.check(config, overrides or [], select=wanted[0], ignore=wanted[1], baseline=old)
    default = api.load(config, overrides or []).experiment.diagnose.fail_on
    # as the file has it: a fix must not bring overrides along
    _finish(found, Document.read(config), format, fail_on or Severity(default), baseline if update else None)


def diagnose(
    target: Annotated[str, typer.Argument(metavar="RUN|LOG|TABLE", help="A run, a log, or a table of metrics.")],
    format: FindingFormatOption = FindingFormat.text,
    fail_on: FailOption = None,
    select: SelectOption = "",
    ignore: IgnoreOption = "",
    baseline: BaselineOption = None,
    update: UpdateOption = False,
    columns: Annotated[Path | None, typer.Option(help="A YAML file that names the columns of a log.")] = None,
) -> None:
    """Name what is wrong with a run, with evidence.

    Reads a run's folder, the log of another program (the six CSVs, TensorBoard, MLflow, W&B, Lightning, JSON lines),
    or a table of task, metric and value. Exit code 1 where something is found that counts.
    """
    from polyhead import api
    from polyhead.config.document import Document
    from polyhead.diagnosis.opening import run_at

    wanted, old = _wanted(select, ignore), _old(baseline, update)
    found = api.diagnose(target, select=wanted[0], ignore=wanted[1], baseline=old, columns=columns)
    run = run_at(Path(target))
    file = None if run is None else run / "config.yaml"
    document = Document.read(file) if file is not None and file.is_file() else None
    options = (document.values.get("diagnose") if document else None) or {}
    _finish(found, document, format, fail_on or Severity(options.get("fail_on", "error")), baseline if update else None)


def _wanted(select: str, ignore: str) -> tuple[list[str], list[str]]:
    return _names(select, "--select"), _names(ignore, "--ignore")


def _old(baseline: Path | None, update: bool) -> Path | None:
    """The baseline to compare with. Raises InputError where one is to be written and none is named."""
    if update and baseline is None:
        raise InputError("no file named", where="--update-baseline", do="name it: --baseline FILE")
    return None if update else baseline


def _names(text: str, option: str) -> list[str]:
    names = text.replace(",", " ").split()
    if text and not names:
        raise InputError("names no check", where=option, do=f"write ids, such as {option} below-floor")
    return names


def _finish(
    found: Diagnosis,
    document: Document | None,
    format: FindingFormat,
    fail_on: Severity,
    update: Path | None,
) -> None:
    """Print, write the baseline `update` where there is one, and end with the code that the findings ask for."""
    if update is not None:
        from polyhead.diagnosis.baseline import write_baseline

        write_baseline(update, found.findings)
    _print(found, document, format, fail_on)
    failed = found.fails(fail_on.value) and update is None
    raise typer.Exit(FOUND if failed else DONE)


def _print(found: Diagnosis, document: Document | None, format: FindingFormat, fail_on: Severity) -> None:
    if format is FindingFormat.json:
        output.emit_json(output.plain(found.as_dict()))
    elif format is FindingFormat.sarif:
        from polyhead.diagnosis.catalogue import all_checks
        from polyhead.report.findings.sarif import sarif

        output.emit_json(output.plain(sarif(found, all_checks(), document)))
    elif format is FindingFormat.junit:
        from polyhead.report.findings.junit import junit

        output.emit(junit(found, fail_on.value).rstrip())
    elif format is FindingFormat.markdown:
        from polyhead.report.findings.markdown import markdown_text

        output.emit(markdown_text(found).rstrip())
    else:
        _print_text(found)


def _print_text(found: Diagnosis) -> None:
    from polyhead.cli.tables import summary_lines
    from polyhead.report.findings.text import audit_lines, text_lines

    for line in text_lines(found, _width()):
        output.emit(line)
    if found.audit:
        output.emit("")
        output.emit("audit:")
        for line in audit_lines(found, _width()):
            output.emit(line)
    if found.summary is not None:
        output.emit("")
        for line in summary_lines(found.summary):
            output.emit(textwrap.fill(line, _width(), subsequent_indent="   "))


def finding_lines(found: Diagnosis, run: Path) -> list[str]:
    """The likeliest causes in a line each and the first edit that they ask for, for the end of a training."""
    from polyhead.report.findings.options import options
    from polyhead.report.findings.words import FIRST, verdict

    main = [one for one in found.findings if one.counts and one.severity != "note"]
    lines = [f"findings: {verdict(found)}", *(f"   {one.severity} {one.id}: {one.what}" for one in main[:FIRST])]
    first = next((one for one in options(found) if one.patch and one.severity != "note"), None)
    if first is not None:
        lines.append(f"   try first: {first.patch}; expect {first.answers[0].predicts}")
    return [*lines, f"   in full: polyhead diagnose {run}"] if main else lines


def _width() -> int:
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def explain_check(
    id: Annotated[str, typer.Argument(help="Id of a check, or `list`.")],
    format: FormatOption = Format.text,
) -> None:
    """Print what a check looks for, why, on what evidence, and when it can be wrong."""
    from polyhead.diagnosis.catalogue import GROUPS, all_checks, chosen

    if id == "list":
        rows = [{"id": one.id, "title": one.page.title, "cost": one.cost} for one in all_checks()]
        if format is Format.json:
            output.emit_json({"checks": rows})
            return
        grouped = {name for ids in GROUPS.values() for name in ids}
        others = tuple(row["id"] for row in rows if row["id"] not in grouped)
        titles = {row["id"]: row["title"] for row in rows}
        for group, ids in (*GROUPS.items(), *((("of installed packages", others),) if others else ())):
            output.emit(f"{group}:")
            for name in ids:
                output.emit(f"   {name:<26} {titles[name]}")
        return
    (check,) = chosen([id])
    if format is Format.json:
        output.emit_json(
            {"id": check.id, "title": check.page.title, "cost": check.cost, "needs": list(check.needs)}
            | {"page": dict(check.page.sections)}
        )
        return
    output.emit(f"{check.id}: {check.page.title}")
    output.emit(f"reads {', '.join(check.needs)} ({check.cost})")
    for heading, text in check.page.sections.items():
        output.emit("")
        output.emit(heading)
        for line in text.splitlines():
            output.emit(f"   {line}" if line else "")
