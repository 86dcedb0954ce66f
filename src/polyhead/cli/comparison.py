"""What `compare` prints: differences of configuration first, then scores and costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polyhead.cli.output import emit, emit_table

if TYPE_CHECKING:
    from rich.table import Table

STAR = "*: ahead of all others by more than chance"
KEY = 28  # characters; leaves room in 80 columns for the values of three runs
WORDS = {"invalid": "not comparable", "weak": "with care"}


def comparison_lines(result: Mapping[str, Any]) -> None:
    """Print the result of `compare`, readable in 80 columns with two or three runs."""
    from polyhead.report.comparison.text import headline

    for letter, run in result["runs"].items():
        emit(f"{letter}  {run['name']} {run['stamp']}  {run['run']}")
    emit(f"\n{_plain(headline(result))}")
    for caution in result["cautions"]:
        emit(f"{WORDS[caution['weight']]}: {_plain(caution['text'])}")
    for table in (*_differences(result), *_tasks(result), *_repetitions(result), _costs(result)):
        emit("")
        emit_table(table)
        if table.title == "Tasks":
            emit(STAR)
            for reason, letters in _unpaired(result).items():
                emit(f"no pairs or no interval in {', '.join(letters)}: {reason}")
    for letter, run in result["runs"].items():
        for part in ("hypothesis", "notes"):
            if run[part]:
                emit(f"{letter}  {part}: {' '.join(run[part].split())}")
        if run["tags"]:
            emit(f"{letter}  tags: {', '.join(run['tags'])}")


def _differences(result: Mapping[str, Any]) -> Iterator[Table]:
    from polyhead.report.comparison.config import value_text
    from polyhead.report.numbers import UNDEFINED

    if not result["differences"]:
        emit("\nThe configurations are the same, defaults filled in.")
        return
    table = _table("What differs", ["key", *result["runs"]])
    keys = {key: _broken(key) for key in result["differences"]}
    table.columns[0].width = max(len(line) for key in keys.values() for line in key.splitlines())
    for key, values in result["differences"].items():
        table.add_row(keys[key], *(value_text(values[run]) if run in values else UNDEFINED for run in result["runs"]))
    yield table


def _broken(key: str) -> str:
    """A key in lines of at most KEY characters, broken after dots; a longer part has a line of its own."""
    lines = [""]
    for part in re.findall(r"[^.]*\.|[^.]+$", key):
        if lines[-1] and len(lines[-1] + part) > KEY:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _tasks(result: Mapping[str, Any]) -> Iterator[Table]:
    """One line for each run of each task; a star marks a run that is ahead of all others."""
    if not result["tasks"]:
        return
    first = next(iter(result["runs"]))
    table = _table("Tasks", ["task", "", "value", "95 %", "floor", "skill", f"from {first}, paired"])
    for task, scores in result["tasks"].items():
        known = [(letter, score) for letter, score in scores.items() if score]
        for (letter, score), name in zip(known, _names(task, known), strict=True):
            table.add_row(name, f"{letter}*" if score["best"] else letter, *_cells(score))
    yield table


def _unpaired(result: Mapping[str, Any]) -> dict[str, list[str]]:
    """Why a difference is missing or has no interval, with the runs it is so in."""
    found: dict[str, list[str]] = {}
    for letter, score in (pair for scores in result["tasks"].values() for pair in scores.items()):
        reason = ((score or {}).get("difference") or {}).get("reason")
        if reason and letter not in found.setdefault(reason, []):
            found[reason].append(letter)
    return found


def _names(task: str, known: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """The task beside its first run, its metric beside the second, nothing beside the others."""
    from polyhead.report.numbers import metric_label

    score = known[0][1] if known else {}
    label = f" {metric_label(score['metric'])}{', ' + score['unit'] if score['unit'] else ''}" if score else ""
    return [task, label, *[""] * len(known)][: len(known)]


def _cells(score: Mapping[str, Any]) -> list[str]:
    from polyhead.report.comparison.text import difference_text
    from polyhead.report.numbers import decimals_of, interval_text, number

    decimals = decimals_of(score["value"], score["floor"], interval=score["interval"])
    difference = difference_text(score) or ("no pairs" if score["difference"] else "")
    return [
        number(score["value"], decimals).text,
        interval_text(score["interval"], decimals),
        number(score["floor"], decimals).text,
        number(score["skill"], 2).text,
        difference,
    ]


def _repetitions(result: Mapping[str, Any]) -> Iterator[Table]:
    from polyhead.report.comparison.text import spread_text
    from polyhead.report.numbers import metric_label

    for group in result["repetitions"]:
        seeds = ", ".join(map(str, group["seeds"]))
        title = f"{', '.join(group['runs'])}: one configuration, seeds {seeds}"
        table = _table(title, ["task", "metric", "mean ± sd", "skill", "runs"])
        for task, made in group["tasks"].items():
            value, skill = (spread_text(made[part]) for part in ("value", "skill"))
            table.add_row(task, metric_label(made["metric"]), f"{value} {made['unit']}".strip(), skill, str(made["n"]))
        yield table


def _costs(result: Mapping[str, Any]) -> Table:
    from polyhead.report.comparison.text import costs
    from polyhead.report.numbers import UNDEFINED

    table = _table("Cost", ["", *result["runs"]])
    spent = [costs(run) for run in result["runs"].values()]
    for name in spent[0]:
        if any(each[name] != UNDEFINED for each in spent):
            table.add_row(name, *(each[name] for each in spent))
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _plain(sentence: str) -> str:
    """A sentence without the marks of its names."""
    return re.sub("`", "", sentence)
