"""The report of a run: one page that needs nothing else, the same in Markdown, and the figures as files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.report import data, numbers, tables
from polyhead.report.figures.canvas import Panel
from polyhead.report.figures.classes import binary_panels, classification_panels
from polyhead.report.figures.curves import loss_curve, metric_curve
from polyhead.report.figures.shares import share_panels
from polyhead.report.figures.values import forecast_panels, regression_panels
from polyhead.report.run import Record, Run, read_run
from polyhead.report.verdict import give_verdict, numbers_of, unfinished_line
from polyhead.trace.folder import write_whole

if TYPE_CHECKING:
    import polars

PAINTERS: dict[str, Callable[[Run, str, polars.DataFrame], list[Panel]]] = {
    "classification": classification_panels,
    "binary": binary_panels,
    "regression": regression_panels,
    "forecast": forecast_panels,
}


@dataclass(frozen=True)
class Plate:
    """The figures of one task, or the reason why there are none, with what has to be said beside them."""

    task: str
    notes: list[str]
    panels: list[Panel]


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
    judged = run.judged
    return {
        "run": run,
        "verdict": give_verdict(run),
        "unfinished": unfinished_line(run),
        "facts": _facts(run),
        "tasks": tables.task_rows(run, judged) if judged else [],
        "metrics": {split: tables.metric_rows(run, split) for split in reversed(run.splits)},
        "curves": [_curves(run, task) for task in run.tasks],
        "shares": share_panels(run),
        "predictions": [_predictions(run, judged, task) for task in run.tasks] if judged else [],
        "split": run.data.get("split") or {},
        "windows": run.data.get("windows") or {},
        "fingerprints": run.data.get("fingerprint") or {},
        "split_table": data.split_table(run),
        "label_tables": data.label_tables(run),
        "input_tables": data.input_tables(run),
        "recordings": data.recordings(run),
        "commands": _commands(run),
    }


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
    environment.filters["fenced"] = _fenced
    return environment.get_template(template).render(content)


def _facts(run: Run) -> list[tuple[str, str]]:
    """What a reader wants to know before the numbers, as far as the folder says it."""
    state, parameters = run.state, run.metadata.get("parameters") or {}
    best, backbone = state.get("best") or {}, run.metadata.get("backbone") or {}
    epochs = f"{state['epoch']} of {state['epochs']}" if state.get("epochs") is not None else ""
    stopped = {"early_stopping": "stopped early", "max_minutes": "stopped by the time limit"}
    field = backbone.get("receptive_field")
    facts = {
        "status": state.get("status") or "",
        "epochs": ", ".join(part for part in (epochs, stopped.get(state.get("stopped_by") or "")) if part),
        "reason": state.get("reason") or "",
        "checkpoint": _kept(best) if best.get("epoch") is not None else "",
        "backbone": f"{backbone.get('name', '')}{f', sees {field} samples' if field else ''}",
        "parameters": numbers.number(parameters.get("total"), 0).text if parameters else "",
        "time": numbers.duration(state["seconds"]) if state.get("seconds") is not None else "",
        "started": state.get("started") or "",
    }
    return [(name, text) for name, text in facts.items() if text]


def _kept(best: Record) -> str:
    return f"epoch {best['epoch']}, {best.get('monitor')} {numbers.number(best.get('value')).text}"


def _curves(run: Run, task: str) -> Plate:
    panels = [panel for panel in (loss_curve(run, task), metric_curve(run, task)) if panel is not None]
    known, floor = run.task(task), run.task(task).get("floor_loss")
    notes = [str(known["kind"])] if known.get("kind") else []
    if floor is not None:
        notes.append(f"Best constant output: loss {numbers.number(floor).text}")
    if known.get("weight") not in (None, 1, 1.0):
        notes.append(f"Weight {numbers.number(known['weight']).text}")
    return Plate(task, notes if panels else [*notes, "The trace holds no curve of it."], panels)


def _predictions(run: Run, split: str | None, task: str) -> Plate:
    rows, paint = run.predictions(split), PAINTERS.get(str(run.task(task).get("kind") or run.target(task).get("kind")))
    if rows is None:
        return Plate(task, [f"predictions/{split}.parquet is not in the folder."], [])
    if paint is None or f"{task}.mask" not in rows.columns:
        return Plate(task, [f"predictions/{split}.parquet holds nothing of it that can be drawn."], [])
    known = rows.filter(rows[f"{task}.mask"].cast(bool))
    if not known.height:
        return Plate(task, [f"Its truth is not known for any window of {split}."], [])
    notes = [f"{numbers.number(known.height, 0).text} windows of {split}"]
    metric, score = run.primary(split, task)
    return Plate(task, [numbers_of(metric, score), *notes] if score else notes, paint(run, task, known))


def _commands(run: Run) -> list[str]:
    """Lines that make the run again and read it again."""
    folder = shlex.quote(str(run.path))
    lines = [str(run.environment["command"])] if run.environment.get("command") else []
    lines.append(f"polyhead train {folder}/config.yaml")
    if run.state.get("status") in ("training", "interrupted", "failed"):
        lines.append(f"polyhead train {folder}/config.yaml --resume {folder}")
    return [*lines, f"polyhead report {folder}"]


def _panels(content: dict[str, Any]) -> list[Panel]:
    plates: list[Plate] = [*content["curves"], *content["predictions"]]
    return [*content["shares"], *(panel for plate in plates for panel in plate.panels)]


def _prose_html(sentence: str) -> str:
    """A sentence whose names stand between backticks, as HTML."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in sentence.split("`")]
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
