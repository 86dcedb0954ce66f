"""Tables and lines of results for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from polyhead.cli.output import emit, emit_table
from polyhead.scoring.standing import standing


def metrics_table(metrics: Mapping[str, Any], title: str) -> None:
    """The primary metric of each task beside its floor, on the most independent split there is, and under them the
    metrics of several tasks, which tasks beat their floor, and why what is missing is missing."""
    from rich.table import Table

    split = next(name for name in ("test", "val", "train", "data") if name in metrics)
    table = Table(title=f"{title}, {split} split", title_justify="left", box=None, pad_edge=False)
    for heading in ("task", "metric"):
        table.add_column(heading)
    for heading in ("value", "95 %", "floor", "skill", "n"):
        table.add_column(heading, justify="right")
    shown = _shown(metrics, split)
    for task, name, score in shown:
        interval = score["interval"]
        table.add_row(
            task,
            name,
            _number(score["value"], score["unit"]),
            f"{interval[0]:.3g} .. {interval[1]:.3g}" if interval else "–",
            f"{_number(score['floor'], '')} ({score['floor_predictor'] or '–'})",
            _number(score["skill"], ""),
            str(score["n"]),
        )
    emit_table(table)
    for line in (*_verdict(metrics[split]), *_reasons(shown)):
        emit(line)


def _verdict(scores: Mapping[str, Any]) -> Iterator[str]:
    """How many tasks beat their floor, and which do not."""
    found = {task: standing(score) for task, each in scores.items() for score in each.values() if score["primary"]}
    won = sum(one == "beats" for one in found.values())
    parts = [f"{won} of {len(found)} beat{'s its floor' if won == 1 else ' their floor'}"]
    bare = [task for task, one in found.items() if one == "above"]
    if bare:
        parts.append(f"above it without an interval: {', '.join(bare)}")
    others = [task for task, one in found.items() if one not in ("beats", "above")]
    if others and len(others) < len(found):
        parts.append(f"not {', '.join(others)}")
    yield "; ".join(parts)


def _reasons(shown: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Iterator[str]:
    """Each reason once, with the tasks that it is about."""
    found: dict[str, list[str]] = {}
    for task, _, score in shown:
        if score["reason"]:
            found.setdefault(score["reason"], []).append(task)
    for reason, tasks in found.items():
        yield f"{', '.join(tasks)}: {reason}"


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
    emit_table(table)


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


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """What training would see."""
    split, windows = summary["split"], summary["windows"]
    each = ", ".join(
        f"{name} {split['windows'][name]} windows of {len(split['recordings'][name])} recordings"
        for name in split["windows"]
    )
    yield f"nothing stands in the way of training: {each}"
    cut = f"windows of {windows['length']} samples" if windows["length"] else "each row is a window"
    yield f"{cut}, split by {split['by']}, seed {split['seed']}"
    if split["note"]:
        yield f"note: {split['note']}"


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
