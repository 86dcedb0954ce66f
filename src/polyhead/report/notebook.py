"""A run as a notebook or a prompt shows it: every task beside its floor, in HTML that keeps to itself, or in text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from polyhead.errors import InputError
from polyhead.report.page import render
from polyhead.report.run import Run, read_run
from polyhead.report.tables import ScoreRow, task_rows
from polyhead.report.verdict import give_verdict, unfinished_line

_HEAD = ("task", "metric", "value", "interval", "floor", "skill", "n", "verdict")
_RIGHT = ("value", "floor", "skill", "n")


def summary_html(folder: Path, metrics: Mapping[str, Any]) -> str:
    """The verdict and the table of tasks of the run in `folder` with these metrics, as a piece of a page.

    It takes colours and letters from the page around it, and its style reaches nothing else. Where the folder is gone,
    the metrics alone are shown.
    """
    run = _run(folder, metrics)
    page = folder / "report.html"
    content = {
        "run": run,
        "verdict": give_verdict(run),
        "unfinished": unfinished_line(run),
        "tasks": task_rows(run, run.judged) if run.judged else [],
        "page": _link(page) if page.is_file() else "",
        "folder": str(folder) if folder.is_dir() else "",
        "note": (run.data.get("split") or {}).get("note"),
    }
    return render("notebook.html.jinja", content)


def summary_text(folder: Path, metrics: Mapping[str, Any]) -> str:
    """The same as lines of text."""
    run = _run(folder, metrics)
    verdict = give_verdict(run)
    headline = (verdict.headline if verdict else unfinished_line(run)).replace("`", "")
    rows = [_cells(row) for row in task_rows(run, run.judged)] if run.judged else []
    return "\n".join([f"Run {folder}: {headline}", *(_aligned([_HEAD, *rows]) if rows else [])])


def _run(folder: Path, metrics: Mapping[str, Any]) -> Run:
    try:
        return replace(read_run(folder), metrics=metrics)
    except InputError:
        return Run(folder, "", {}, {}, {}, {}, metrics)


def _link(page: Path) -> str:
    """Relative to where Python runs, as a notebook's server finds it; a file's address where it lies elsewhere."""
    whole = page.resolve()
    here = Path.cwd().resolve()
    return os.path.relpath(whole, here) if whole.is_relative_to(here) else whole.as_uri()


def _cells(row: ScoreRow) -> Sequence[str]:
    said = f"{row.outcome_text} ({row.reason})" if row.reason else row.outcome_text
    value = f"{row.value.text} {row.unit}".strip()
    return (row.task, row.metric, value, row.interval, row.floor.text, row.skill.text, row.n, said)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose columns stand under each other, empty ones left out."""
    kept = [column for column in range(len(_HEAD)) if any(row[column] for row in rows[1:])]
    width = {column: max(len(row[column]) for row in rows) for column in kept}

    def cell(row: Sequence[str], column: int) -> str:
        right = _HEAD[column] in _RIGHT
        return row[column].rjust(width[column]) if right else row[column].ljust(width[column])

    return ["  " + "  ".join(cell(row, column) for column in kept).rstrip() for row in rows]
