"""How a comparison is worded."""

from __future__ import annotations

from typing import Any

import pytest

from polyhead.report.comparison.text import apart, costs, difference_text, headline, spread_text


def result(best: dict[str, str], runs: str = "AB", invalid: str | None = None) -> dict[str, Any]:
    """Tasks x, y, z, of which some have a best run; `invalid` names the task of a caution, empty for all."""
    tasks = {task: {run: {"best": best.get(task) == run} for run in runs} for task in "xyz"}
    found = [] if invalid is None else [{"weight": "invalid", "text": "", "task": invalid}]
    return {"runs": dict.fromkeys(runs), "tasks": tasks, "cautions": found}


AHEAD_IN_X = "Ahead of the other by more than chance: A in `x`; in the other task no run is; `z` cannot be compared."


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (result({}), "In any of 3 tasks, no run is ahead of the other by more than chance."),
        (result({"x": "B"}), "Ahead of the other by more than chance: B in `x`; in the other 2 tasks no run is."),
        (
            result({"x": "B", "z": "A", "y": "B"}, "ABC"),
            "Ahead of any other by more than chance: A in `z`; B in `x`, `y`.",
        ),
        (result({"x": "B"}, invalid=""), "These runs cannot be held against each other as they stand."),
        (
            result({"x": "B", "y": "B"}, invalid="z"),
            "Ahead of the other by more than chance: B in `x`, `y`; `z` cannot be compared.",
        ),
        (result({"x": "A", "z": "B"}, invalid="z"), AHEAD_IN_X),
        (
            result({"z": "B"}, invalid="z"),
            "In any of 2 tasks, no run is ahead of the other by more than chance; `z` cannot be compared.",
        ),
    ],
)
def test_headline(told: dict[str, Any], expected: str) -> None:
    assert headline(told) == expected


def test_only_tasks_of_two_runs_are_counted() -> None:
    told = result({"z": "A"})
    told["tasks"]["x"]["A"] = told["tasks"]["y"]["B"] = None
    assert headline(told) == "Ahead of the other by more than chance: A in `z`."
    told["tasks"]["z"]["A"] = None
    assert headline(told) == "Nothing could be compared: no task has a score in two runs."


def test_tasks_that_are_all_scored_differently_leave_nothing_to_compare() -> None:
    told = result({"x": "A"})
    told["cautions"] = [{"weight": "invalid", "text": "", "task": task} for task in "xyz"]
    assert headline(told) == ("Nothing could be compared: metric, unit or labels of `x`, `y`, `z` are not the same.")


def score(value: float | None, interval: list[float] | None, direction: str | None = "higher") -> dict[str, Any]:
    return {"direction": direction, "difference": {"value": value, "interval": interval}}


@pytest.mark.parametrize(
    ("told", "text", "stands"),
    [
        (score(0.0601, [0.0112, 0.1119]), "+0.060 [0.011, 0.112]", "better"),
        (score(0.0601, [0.0112, 0.1119], "lower"), "+0.060 [0.011, 0.112]", "worse"),
        (score(-0.5, [-1.0, 0.1]), "−0.50 [−1.00, 0.10]", "even"),
        (score(0.0, [0.0, 0.0]), "0.000 [0.000, 0.000]", "even"),
        (score(0.25, None), "+0.250", None),
        (score(0.5, [0.1, 0.9], None), "+0.50 [0.10, 0.90]", None),
        (score(None, None), "", None),
        ({"direction": "higher", "difference": None}, "", None),
    ],
)
def test_differences(told: dict[str, Any], text: str, stands: str | None) -> None:
    assert difference_text(told) == text
    assert apart(told) == stands


def test_spread() -> None:
    assert spread_text({"mean": 0.61234, "sd": 0.0312}) == "0.612 ± 0.031"
    assert spread_text({"mean": 0.61234, "sd": None}) == "0.612"


def test_costs() -> None:
    run = dict.fromkeys(("status", "seed", "best_epoch", "seconds", "parameters", "epochs", "of_epochs", "stopped_by"))
    told = costs(run | {"folds": 0, "epochs": 12, "of_epochs": 50, "stopped_by": "early_stopping", "seconds": 75.2})
    assert told["epochs"] == "12 of 50"
    assert told["stopped by"] == "stopped early"
    assert told["time"] == "1 min 15 s"
    assert [told[name] for name in ("status", "seed", "folds", "parameters")] == ["–"] * 4
