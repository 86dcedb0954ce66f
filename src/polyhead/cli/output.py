"""What commands print: tables for people, one JSON object for programs."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

_results: ContextVar[TextIO] = ContextVar("results")


@contextmanager
def results_apart() -> Iterator[None]:
    """Keep standard output for results: whatever a library prints goes to standard error."""
    token = _results.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.reset(token)


def emit(text: str) -> None:
    """A line of the result."""
    print(text, file=_results.get(sys.stdout), flush=True)


def emit_json(value: Mapping[str, Any]) -> None:
    """One JSON object alone on standard output; what is not finite is null already."""
    emit(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def failed(as_json: bool, what: str, where: str, do: str) -> None:
    """Say in one line what could not be done."""
    if as_json:
        emit_json({"error": {"what": what, "where": where, "do": do}})
    text = f"{where}: {what}" if where else what
    text = f"{text}; {do}" if do else text
    line = re.sub(r"\s+", " ", text).strip()
    sys.stderr.write(f"polyhead: {line}\n")


def interrupted(as_json: bool, run: Path) -> None:
    """Say that a run was interrupted and how to go on."""
    if as_json:
        emit_json({"run": str(run), "interrupted": True})
    again = f"polyhead train --resume {shlex.quote(str(run))}"
    sys.stderr.write(f"polyhead: interrupted, everything is saved; resume with: {again}\n")


def metrics_table(metrics: Mapping[str, Any], title: str) -> None:
    """The primary metric of each task beside its floor, on the most independent split there is, and under them the
    metrics of several tasks."""
    from rich.table import Table

    split = next(name for name in ("test", "val", "train", "data") if name in metrics)
    table = Table(title=f"{title}, {split} split", title_justify="left", box=None, pad_edge=False)
    for heading, justify in (("task", "left"), ("metric", "left"), ("value", "right"), ("95 %", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for heading in ("floor", "skill", "n"):
        table.add_column(heading, justify="right")
    table.add_column("", justify="left")
    for task, name, score in _shown(metrics, split):
        interval = score["interval"]
        table.add_row(
            task,
            name,
            _number(score["value"], score["unit"]),
            f"{interval[0]:.3g} .. {interval[1]:.3g}" if interval else "–",
            f"{_number(score['floor'], '')} ({score['floor_predictor'] or '–'})",
            _number(score["skill"], ""),
            str(score["n"]),
            score["reason"] or "",
        )
    _print(table)


def seeds_table(runs: Sequence[Mapping[str, Any]], title: str) -> None:
    """Mean and standard deviation over runs of each task's primary metric and skill."""
    import statistics

    from rich.table import Table

    split = "test" if all("test" in metrics for metrics in runs) else "val"
    table = Table(title=f"{title}, {split} split, {len(runs)} seeds", title_justify="left", box=None, pad_edge=False)
    for heading in ("task", "metric", "mean", "sd", "floor", "skill", "sd"):
        table.add_column(heading, justify="left" if heading in ("task", "metric") else "right")
    for each in zip(*(_shown(metrics, split) for metrics in runs), strict=True):
        cells = list(each[0][:2])
        for part in ("value", "floor", "skill"):
            values = [score[part] for _, _, score in each]
            known = [value for value in values if value is not None]
            cells.append(_number(statistics.mean(known) if known else None, ""))
            if part != "floor":
                cells.append(_number(statistics.stdev(known) if len(known) > 1 else None, ""))
        table.add_row(*cells)
    _print(table)


def _shown(metrics: Mapping[str, Any], split: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Task, metric and score: the primary ones of a split, then those of several tasks."""
    scores = metrics[split].items()
    tasks = [(task, name, score) for task, each in scores for name, score in each.items() if score["primary"]]
    joint = (metrics.get("joint") or {}).get(split) or {}
    return [*tasks, *((name, "joint", score) for name, score in joint.items())]


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    text = f"{value:.3f}" if abs(value) < 1000 else f"{value:.4g}"
    return f"{'0.000' if text == '-0.000' else text} {unit}".strip()


def _print(table: Any) -> None:
    """Rich honours NO_COLOR and leaves out colour where there is no terminal; piped tables are not cut at 80."""
    from rich.console import Console

    file = _results.get(sys.stdout)
    Console(file=file, highlight=False, markup=False, width=None if file.isatty() else 160).print(table)


def check_lines(result: Mapping[str, Any]) -> None:
    """What `check` found, or what training would see."""
    for finding in result["findings"]:
        where = f"{finding['scope']['where']}: " if finding["scope"]["where"] else ""
        fixes = "; ".join(fix["text"] for fix in finding["fixes"])
        emit(f"error {finding['id']}: {where}{finding['evidence']}{'; ' + fixes if fixes else ''}")
    summary = result["summary"]
    if summary is not None:
        split, windows = summary["split"], summary["windows"]
        each = ", ".join(
            f"{name} {split['windows'][name]} windows of {len(split['recordings'][name])} recordings"
            for name in split["windows"]
        )
        emit(f"nothing stands in the way of training: {each}")
        cut = f"windows of {windows['length']} samples" if windows["length"] else "each row is a window"
        emit(f"{cut}, split by {split['by']}, seed {split['seed']}")
        if split["note"]:
            emit(f"note: {split['note']}")


def studies_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line per study."""
    for row in rows:
        emit(f"{row['name']:<12} {row['title']} ({', '.join(row['configs'])})")


def conversion_lines(result: Mapping[str, Any], empty: str, verb: str, arrays: bool) -> None:
    """One line per entry of the cache, and with `arrays` one for each of its arrays; `empty` where there is none."""
    from polyhead.signals.cache import size_text

    for entry in result["entries"]:
        files = ", ".join(entry["files"][:3]) + (", ..." if len(entry["files"]) > 3 else "")
        emit(f"{verb}{entry['reader']}: {files}, {size_text(entry['bytes'])}, last used {entry['used']}")
        emit(f"  {entry['folder']}")
        for array in entry["arrays"] if arrays else ():
            emit(f"    {array['name']}: {' x '.join(map(str, array['shape']))} {array['type']}")
    if not result["entries"]:
        emit(f"{empty} ({result['cache']})")
        return
    total = size_text(sum(entry["bytes"] for entry in result["entries"]))
    emit(f"{len(result['entries'])} in {result['cache']}, {total}")
