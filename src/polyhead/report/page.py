"""The report of a run: one page that needs nothing else, the same in Markdown, and the figures as files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from polyhead.report import data, numbers, tables
from polyhead.report.account.account import give_account
from polyhead.report.course import key_numbers, loss_tables
from polyhead.report.facts import environment_facts, facts, field_line, parameter_table, words
from polyhead.report.figures.canvas import Panel
from polyhead.report.figures.names import apart, renamed
from polyhead.report.figures.shares import share_panels
from polyhead.report.files import artefacts
from polyhead.report.findings.shown import Findings, findings
from polyhead.report.folds import fold_notes, fold_table, fold_tables
from polyhead.report.library import Charts, chart_library
from polyhead.report.plates import Plate, curves, predictions
from polyhead.report.portions import portion_table, portions
from polyhead.report.run import Run, read_run
from polyhead.report.samples import Sample, samples
from polyhead.report.success import criteria, success_line
from polyhead.report.verdict import give_verdict, unfinished_line
from polyhead.trace.folder import write_whole


def write_report(run: Path) -> Path:
    """Write report.html, report.md and figures/*.png into a run folder, finished or not; return the page's path.

    Raises InputError where the folder is no run or one of its files cannot be read.
    """
    content = compose(read_run(run))
    for panel in _panels(content):
        write_whole(run / "figures" / f"{panel.name}.png", panel.png)
    write_whole(run / "report.md", render("page.md.jinja", content))
    page = run / "report.html"
    write_whole(page, render("page.html.jinja", content))
    return page


def compose(run: Run) -> dict[str, Any]:
    """Everything that a template shows, in the order of the page."""
    judged, had, asked = run.judged, portions(run), criteria(run.metrics)
    content: dict[str, Any] = {
        "run": run,
        "verdict": give_verdict(run),
        "unfinished": unfinished_line(run),
        "criteria": asked,
        "success": success_line(asked),
        "facts": facts(run),
        "words": words(run),
        "account": give_account(run, had),
        "tasks": tables.task_rows(run, judged) if judged else [],
        "joint": tables.joint_rows(run, judged) if judged else [],
        "slices": tables.slice_tables(run, judged) if judged else [],
        "slice_notes": tables.slice_notes(run, judged) if judged else [],
        "metrics": {split: tables.metric_rows(run, split) for split in reversed(run.splits)},
        "fold_tables": fold_tables(run, "test") if run.folds else [],
        "fold_notes": fold_notes(run, "test") if run.folds else [],
        "curves": [] if run.folds else [curves(run, task) for task in run.tasks],
        "key_numbers": key_numbers(run),
        "losses": loss_tables(run),
        "portions": portion_table(had),
        "shares": share_panels(run),
        "samples": samples(run),
        "predictions": [predictions(run, judged, task) for task in run.tasks] if judged else [],
        "field": field_line(run),
        "parameters": parameter_table(run),
        "split": run.data.get("split") or {},
        "windows": run.data.get("windows") or {},
        "fingerprints": run.data.get("fingerprint") or {},
        "counted": data.counted_lines(run),
        "split_table": fold_table(run) if run.folds else data.split_table(run),
        "label_tables": data.label_tables(run),
        "input_tables": data.input_tables(run),
        "reweighting": data.reweighting_table(run),
        "recordings": data.recordings(run),
        "files": artefacts(run.path),
        "commands": _commands(run),
        "changed": f"{_train(run)} PATCH" if run.config_text else None,
        "seed": (run.metadata.get("configuration") or run.config).get("seed", "the default"),
        "environment": environment_facts(run),
    }
    content["findings"] = findings(run, _figures(content))
    return content | _figures_apart(content)


def _figures(content: dict[str, Any]) -> dict[tuple[str, str], Panel]:
    """One figure for each section and task: what was reached over epochs, predictions against truth, shares."""
    plates = {part: content[part] for part in ("curves", "predictions")}
    found = {(part, one.task): one.panels for part, each in plates.items() for one in each}
    found[("shares", "")] = content["shares"]
    chosen = {place: panels[-1 if place[0] == "curves" else 0] for place, panels in found.items() if panels}
    return {(part, task): renamed(panel, f"finding-{panel.name}") for (part, task), panel in chosen.items()}


def render(template: str, content: dict[str, Any]) -> str:
    """Fill a template; every value is escaped for the language of the template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    html = template.endswith(".html.jinja")
    environment = Environment(
        loader=PackageLoader("polyhead.report"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    prose = _prose_html if html else _prose_markdown
    environment.filters |= {"widest": tables.widest, "number": numbers.number, "md": _markdown, "prose": prose}
    environment.filters |= {"fenced": _fenced, "sampling": numbers.sampling}
    environment.globals |= {"chart_library": chart_library, "charts": Charts()}
    return environment.get_template(template).render(content)


def _commands(run: Run) -> list[str]:
    """Lines that make the run again and read it again."""
    folder = shlex.quote(str(run.path))
    lines = [str(run.environment["command"])] if run.environment.get("command") else []
    if run.config_text:  # a loop of one's own has none
        lines.append(_train(run))
    if run.config_text and run.state.get("status") in ("training", "interrupted", "failed"):
        lines.append(f"{_train(run)} --resume {folder}")
    return [*lines, f"polyhead report {folder}"]


def _train(run: Run) -> str:
    return f"polyhead train {shlex.quote(str(run.path))}/config.yaml"


def _figures_apart(content: dict[str, Any]) -> dict[str, Any]:
    """What holds figures, with a name of its own for each of them: by these the page and the folder know them."""
    panels = _panels(content)
    own = {
        id(panel): renamed(panel, name) for panel, name in zip(panels, apart(one.name for one in panels), strict=True)
    }
    plates = {
        part: [replace(plate, panels=[own[id(panel)] for panel in plate.panels]) for plate in content[part]]
        for part in ("curves", "predictions")
    }
    seen = [replace(sample, panel=sample.panel and own[id(sample.panel)]) for sample in content["samples"]]
    return plates | {
        "shares": [own[id(panel)] for panel in content["shares"]],
        "samples": seen,
        "findings": _with_panels(content["findings"], own),
    }


def _panels(content: dict[str, Any]) -> list[Panel]:
    plates: list[Plate] = [*content["curves"], *content["predictions"]]
    seen: list[Sample] = content["samples"]
    windows = [sample.panel for sample in seen if sample.panel is not None]
    found: Findings | None = content["findings"]
    proofs = [one.panel for one in found.main if one.panel is not None] if found else []
    return [*proofs, *content["shares"], *windows, *(panel for plate in plates for panel in plate.panels)]


def _with_panels(found: Findings | None, own: Mapping[int, Panel]) -> Findings | None:
    if found is None:
        return None
    return replace(found, main=[replace(one, panel=one.panel and own[id(one.panel)]) for one in found.main])


def _prose_html(sentence: str) -> str:
    """A sentence whose names stand between backticks, as HTML."""
    from markupsafe import Markup, escape

    # A line must not break between a number and its sign.
    parts = [escape(part) for part in sentence.replace(" %", "\u00a0%").split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def _prose_markdown(sentence: str) -> str:
    return "".join(f"`{part}`" if i % 2 else _markdown(part) for i, part in enumerate(sentence.split("`")))


def _markdown(text: object) -> str:
    """Text that Markdown shows as it is, in a table too."""
    marked = "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~" else sign for sign in str(text))
    return marked.replace("\n", " ")


def _fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks within."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
