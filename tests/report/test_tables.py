"""Tables: what metrics.json and data.json say, and where a bar is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polyhead.report.data import label_tables, split_table
from polyhead.report.run import read_run
from polyhead.report.tables import metric_rows, skill_bar, task_rows, widest


def test_every_score_is_the_one_of_metrics_json(report: Path) -> None:
    run = read_run(report)
    saved = json.loads((report / "metrics.json").read_text())
    for split in ("train", "val", "test"):
        flat = [score for scores in saved[split].values() for score in scores.values()]
        rows = metric_rows(run, split)
        assert len(rows) == len(flat) == 17
        for row, score in zip(rows, flat, strict=True):
            for column in ("value", "floor", "skill", "ceiling"):
                raw = getattr(row, column).raw
                assert (float(raw) if raw else None) == score[column]
            assert row.reason == (score["reason"] or "")


def test_the_table_of_tasks_holds_the_primary_metrics(report: Path) -> None:
    rows = task_rows(read_run(report), "test")
    assert [(row.task, row.metric, row.value.text, row.floor.text, row.interval, row.outcome) for row in rows] == [
        ("fault", "macro F1", "0.912", "0.174", "[0.881, 0.940]", "beats"),
        ("anomaly", "AUROC", "0.957", "0.500", "[0.921, 0.980]", "beats"),
        ("life", "R²", "−0.04", "0.00", "[−0.21, 0.10]", "even"),
        ("next", "R²", "0.722", "0.084", "", "above"),
    ]
    assert widest(rows, "value") == 4


def test_undefined_is_a_dash_with_its_reason(report: Path) -> None:
    mape = next(row for row in metric_rows(read_run(report), "test") if row.metric == "MAPE")
    assert (mape.value.text, mape.value.raw, mape.skill.text, mape.bar) == ("–", "", "–", None)
    assert mape.reason == "15 truths are 0"


@pytest.mark.parametrize(
    ("score", "start", "length", "whisker", "beyond"),
    [
        # Skill .5 with value .75 between floor .5 and best 1; the interval [.6, .9] is skill [.2, .8].
        ({"skill": 0.5, "floor": 0.5, "best": 1.0, "interval": [0.6, 0.9]}, 50, 25, (60, 90), False),
        # An error of 1 against a floor of 4: skill .75; the interval [.5, 2] is skill [.5, .875], mirrored.
        ({"skill": 0.75, "floor": 4.0, "best": 0.0, "interval": [0.5, 2.0]}, 50, 37.5, (75, 93.75), False),
        ({"skill": -0.5, "floor": 0.5, "best": 1.0, "interval": None}, 25, 25, None, False),
        ({"skill": -7.0, "floor": 0.5, "best": 1.0, "interval": None}, 0, 50, None, True),
        ({"skill": 0.5, "floor": None, "best": None, "interval": [0, 1]}, 50, 25, None, False),
    ],
)
def test_a_bar_begins_at_the_floor(score: Any, start: float, length: float, whisker: Any, beyond: bool) -> None:
    bar = skill_bar(score)
    assert bar is not None
    assert (bar.start, bar.length, bar.beyond) == (start, length, beyond)
    assert bar.whisker == (pytest.approx(whisker) if whisker else None)


def test_labels_are_counted_per_split_with_what_is_missing(report: Path) -> None:
    run = read_run(report)
    fault, _, life, _ = label_tables(run)
    assert [(row.label, [cell.text for cell in row.cells]) for row in fault.rows][:2] == [
        ("normal", ["2544", "848", "742"]),
        ("inner", ["912", "304", "266"]),
    ]
    assert [cell.text for cell in life.rows[-1].cells] == ["900", "240", "280"]
    windows = split_table(run)
    assert windows is not None
    assert [[cell.text for cell in row.cells] for row in windows.rows] == [
        ["4800", "24"],
        ["1600", "8"],
        ["1400", "10"],
    ]
