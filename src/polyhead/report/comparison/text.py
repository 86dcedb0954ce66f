"""How a comparison is worded, on its page and in a terminal: what is ahead, differences with their sign, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from polyhead.report import numbers
from polyhead.report.comparison.tasks import common
from polyhead.report.facts import STOPPED
from polyhead.report.numbers import decimals_of, interval_text, number
from polyhead.report.verdict import quoted

Apart = Literal["better", "worse", "even"]


def headline(result: Mapping[str, Any]) -> str:
    """Which run is ahead in which tasks by more than chance; names stand between backticks."""
    shared = common(result["tasks"])
    invalid = {caution["task"] for caution in result["cautions"] if caution["weight"] == "invalid"}
    barred = [quoted(task) for task in shared if task in invalid]
    compared = [task for task in shared if task not in invalid]
    if not shared:
        return "Nothing could be compared: no task has a score in two runs."
    if "" in invalid:
        return "These runs cannot be held against each other as they stand."
    if not compared:
        return f"Nothing could be compared: metric, unit or labels of {', '.join(barred)} are not the same."
    others = "any other" if len(result["runs"]) > 2 else "the other"
    but = f"; {', '.join(barred)} cannot be compared" if barred else ""
    won = _won(result["tasks"], compared)
    if not won:
        of = f"any of {len(compared)} tasks" if len(compared) > 1 else quoted(compared[0])
        return f"In {of}, no run is ahead of {others} by more than chance{but}."
    each = "; ".join(f"{letter} in {', '.join(names)}" for letter, names in sorted(won.items()))
    rest = len(compared) - sum(map(len, won.values()))
    more = f"; in {'the other task' if rest == 1 else f'the other {rest} tasks'} no run is" if rest else ""
    return f"Ahead of {others} by more than chance: {each}{more}{but}."


def _won(tasks: Mapping[str, Any], compared: Sequence[str]) -> dict[str, list[str]]:
    """The tasks in which each run is ahead, by the run's letter."""
    won: dict[str, list[str]] = {}
    for task in compared:
        for letter, score in tasks[task].items():
            if score and score["best"]:
                won.setdefault(letter, []).append(quoted(task))
    return won


def apart(score: Mapping[str, Any]) -> Apart | None:
    """Where a run stands to the first one: `even` where the interval of the difference holds 0; None without one."""
    span = (score.get("difference") or {}).get("interval")
    if span is None or score["direction"] not in ("lower", "higher"):
        return None
    sign = -1 if score["direction"] == "lower" else 1
    low, high = sorted(sign * end for end in span)
    return "better" if low > 0 else "worse" if high < 0 else "even"


def difference_text(score: Mapping[str, Any]) -> str:
    """`+0.060 [0.011, 0.112]`, empty for the first run and where there is none."""
    found = score.get("difference") or {}
    if found.get("value") is None:
        return ""
    decimals = decimals_of(found["value"], interval=found["interval"])
    sign = "+" if found["value"] > 0 else ""
    return f"{sign}{number(found['value'], decimals).text} {interval_text(found['interval'], decimals)}".strip()


def costs(run: Mapping[str, Any]) -> dict[str, str]:
    """What a run was and what it cost, by name; an en dash where it is not known."""
    of = f" of {run['of_epochs']}" if run["of_epochs"] is not None else ""
    texts = {
        "status": run["status"],
        "seed": run["seed"],
        "folds": run["folds"] or None,
        "epochs": None if run["epochs"] is None else f"{run['epochs']}{of}",
        "best epoch": run["best_epoch"],
        "stopped by": STOPPED.get(run["stopped_by"], run["stopped_by"]),
        "time": None if run["seconds"] is None else numbers.duration(run["seconds"]),
        "parameters": None if run["parameters"] is None else number(run["parameters"], 0).text,
    }
    return {name: numbers.UNDEFINED if text is None else str(text) for name, text in texts.items()}


def spread_text(spread: Mapping[str, Any]) -> str:
    """`0.612 ± 0.031`: mean and standard deviation, the latter with two digits."""
    mean, sd = spread["mean"], spread["sd"]
    if sd is None:
        return number(mean).text
    decimals = decimals_of(mean, interval=(mean - sd, mean + sd))
    return f"{number(mean, decimals).text} ± {number(sd, decimals).text}"
