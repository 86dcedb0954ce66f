"""Tables on the terminal: tasks, under them metrics of several tasks, whatever else metrics.json holds."""

from __future__ import annotations

from typing import Any

import pytest

from polyhead.cli.tables import metrics_table, seeds_table


def score(value: float, **more: Any) -> dict[str, Any]:
    """A primary score of a metric of which 1 is best."""
    blank = {"interval": None, "unit": "", "reason": None, "floor_predictor": "majority", "primary": True}
    return {"value": value, "floor": 0.2, "skill": (value - 0.2) / 0.8, "n": 40} | blank | more


def metrics(value: float) -> dict[str, Any]:
    """metrics.json of a run with everything in it that is no split."""
    test = {"marks": {"auroc": score(value), "f1": score(0.1, primary=False)}, "wear": {"macro_f1": score(0.6)}}
    other: dict[str, Any] = {"schema_version": 1, "thresholds": {"marks": [0.4, 0.6]}, "summary": {"test": {}}}
    slices = {"test": {"marks": {"load": {"reason": None, "values": {"1": {"auroc": score(0.5)}}}}}}
    return other | {"joint": {"test": {"sound": score(value / 2)}}, "slices": slices, "test": test}


def rows(text: str) -> list[list[str]]:
    """Words of each line behind the headings."""
    return [words for line in text.splitlines()[2:] if not {"beat", "beats"} & set(words := line.split())]


def test_metrics_of_several_tasks_stand_below_the_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    metrics_table(metrics(0.8), "wide")
    text = capsys.readouterr().out
    assert text.startswith("wide, test split")
    assert [row[:3] for row in rows(text)] == [
        ["marks", "auroc", "0.800"],
        ["wear", "macro_f1", "0.600"],
        ["sound", "joint", "0.400"],
    ]


def test_a_run_without_them_has_its_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    metrics_table({"thresholds": {}, "data": {"wear": {"macro_f1": score(0.6)}}}, "wide")
    assert [row[0] for row in rows(capsys.readouterr().out)] == ["wear"]


def test_what_beats_its_floor_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A value above its floor whose interval holds the floor does not beat it."""
    few = "no interval: fewer than 8 recordings"
    scores = {"a": score(0.6, interval=[0.5, 0.7]), "b": score(0.3, interval=[0.1, 0.5]), "c": score(0.1, reason=few)}
    metrics_table({"test": {task: {"r2": one} for task, one in scores.items()}}, "wide")
    assert capsys.readouterr().out.splitlines()[-2:] == ["1 of 3 beats its floor; not b, c", f"c: {few}"]


def test_a_reason_stands_once(capsys: pytest.CaptureFixture[str]) -> None:
    metrics_table({"test": {task: {"r2": score(0.6, reason="too few")} for task in "ab"}}, "wide")
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "0 of 2 beat their floor; above it without an interval: a, b",
        "a, b: too few",
    ]


def test_eighty_columns_hold_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    wide = score(0.12345, interval=[0.11111, 0.22222], floor_predictor="persistence", n=1400)
    metrics_table({"test": {"remaining": {"macro_auroc": wide}}}, "wide")
    assert max(map(len, capsys.readouterr().out.rstrip().splitlines())) <= 80


def test_seeds_have_a_mean_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    seeds_table([metrics(0.8), metrics(0.6)], "wide")
    # Mean and sd of .8 and .6 are .7 and .2 / sqrt 2; of their halves .35 and .1 / sqrt 2.
    assert [row[:4] for row in rows(capsys.readouterr().out)] == [
        ["marks", "auroc", "0.700", "0.141"],
        ["wear", "macro_f1", "0.600", "0.000"],
        ["sound", "joint", "0.350", "0.071"],
    ]
