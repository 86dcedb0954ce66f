"""The page of a comparison: one file that needs nothing else, in the look of a run's report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polyhead.errors import InputError
from polyhead.report.comparison.comparison import Comparison
from polyhead.report.comparison.text import Apart, apart, costs, difference_text, headline, spread_text
from polyhead.report.figures.overlay import overlay_panels
from polyhead.report.numbers import metric_label
from polyhead.report.page import render
from polyhead.report.tables import ScoreRow, row_of
from polyhead.trace.folder import write_whole


@dataclass(frozen=True)
class Line:
    """One run's score of one task: as a run's own page has it, and how far it is from the first run."""

    letter: str
    score: ScoreRow
    difference: str
    apart: Apart | None
    why: str
    best: bool


def write_comparison(comparison: Comparison, page: Path) -> None:
    """Write the page of a comparison. Raises InputError unless the file's name ends in .html."""
    if page.suffix != ".html":
        raise InputError("the page of a comparison is one .html file", where=str(page), do="write -o compare.html")
    write_whole(page, render("compare.html.jinja", compose(comparison)))


def compose(comparison: Comparison) -> dict[str, Any]:
    """Everything that the template shows, in the order of the page."""
    told = comparison.as_dict()
    runs = [(run.letter, run.run) for run in comparison.runs]
    spent = {letter: costs(run) for letter, run in told["runs"].items()}
    shown = [name for name in next(iter(spent.values())) if any(spent[letter][name] != "–" for letter in spent)]
    return {
        "runs": told["runs"],
        "headline": headline(told),
        "cautions": comparison.cautions,
        "differences": comparison.differences,
        "tasks": {task: _lines(comparison, task) for task in comparison.tasks},
        "repetitions": [_repetition(group) for group in comparison.repetitions],
        "panels": overlay_panels(runs, list(comparison.tasks)),
        "costs": {name: [spent[letter][name] for letter in spent] for name in shown},
        "purposes": [
            letter for letter, run in told["runs"].items() if run["hypothesis"] or run["notes"] or run["tags"]
        ],
    }


def _lines(comparison: Comparison, task: str) -> list[Line]:
    lines = []
    for run in comparison.runs:
        score = comparison.tasks[task][run.letter]
        if score is None:
            continue
        full = run.run.primary(score["split"], task)[1]
        row = row_of(run.run, task, score["metric"], full, split=score["split"])
        why = str((score["difference"] or {}).get("reason") or "")
        lines.append(Line(run.letter, row, difference_text(score), apart(score), why, score["best"]))
    return lines


def _repetition(group: dict[str, Any]) -> dict[str, Any]:
    rows = [
        (
            task,
            metric_label(made["metric"]),
            spread_text(made["value"]),
            made["unit"],
            spread_text(made["skill"]),
            made["n"],
        )
        for task, made in group["tasks"].items()
    ]
    return {"runs": ", ".join(group["runs"]), "seeds": ", ".join(map(str, group["seeds"])), "rows": rows}
