"""What is said before two runs are held against each other, and what of it forbids to."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from polyhead.report.comparison.text import headline

from ..conftest import Change
from .compared import alarms, compared, loads, texts, write_compared

PRINTS = {"data": "aaaa", "split": "bbbb", "labels": "cccc"}


def test_other_data_are_refused_unless_the_judged_windows_are_the_same(good: Path, poor: Path, change: Change) -> None:
    with change(good, "data") as data:
        data["fingerprint"] = PRINTS | {"data": "zzzz"}
    found = compared(poor, good)
    assert texts(found, "invalid") == []
    assert (
        "The data are not the same (A: aaaa; B: zzzz), but the judged windows and their truth are"
        in texts(found, "weak")[0]
    )
    (good / "predictions" / "test.parquet").unlink()
    found = compared(poor, good)
    assert (
        "The data are not the same (A: aaaa; B: zzzz), and nothing says whether the windows are on which `load`, `bad`"
        in texts(found, "invalid")[0]
    )
    assert not any(score["best"] for scores in found.tasks.values() for score in scores.values())


def test_only_windows_that_were_compared_are_said_to_differ(good: Path, poor: Path, change: Change) -> None:
    """Other windows of `load`; the score of `bad` is not that of its predictions, so nothing is known of its own."""
    with change(good, "data") as data:
        data["fingerprint"] = PRINTS | {"data": "zzzz"}
    with change(good, "metrics") as metrics:
        metrics["test"]["bad"]["auroc"]["value"] = 0.123
    file = good / "predictions" / "test.parquet"
    pl.read_parquet(file).with_columns(pl.col("load.truth") + 1, pl.col("load.pred") + 1).write_parquet(file)
    assert texts(compared(poor, good), "invalid")[0] == (
        "The data are not the same (A: aaaa; B: zzzz), nor are the windows on which `load` is judged, and nothing says"
        " whether the windows are on which `bad` is judged: scores say as much of the data as of the runs."
    )


def test_runs_that_share_no_task_are_not_compared(good: Path, poor: Path, change: Change) -> None:
    with change(good, "data") as data:
        data["fingerprint"] = PRINTS | {"data": "zzzz"}
    for run, task in ((good, "load"), (poor, "bad")):
        with change(run, "metrics") as metrics:
            del metrics["test"][task]
    found = compared(poor, good)
    assert [(one.weight, one.text) for one in found.cautions] == [("invalid", "no task in common")]
    assert headline(found.as_dict()).startswith("Nothing could be compared")


def test_data_of_a_run_that_shares_no_task_are_not_held_against_the_others(
    tmp_path: Path, good: Path, poor: Path, change: Change
) -> None:
    other = write_compared(tmp_path / "other", load=loads(1.0), bad=alarms(2.0), fingerprint=PRINTS | {"data": "zzzz"})
    with change(other, "metrics") as metrics:
        metrics["test"] = {"life": metrics["test"]["load"]}
    found = compared(poor, good, other)
    assert not any("data are not the same" in one.text for one in found.cautions)
    assert not texts(found, "invalid")
    assert {"`load` has no score in C.", "`life` has no score in A, B."} <= set(texts(found, "weak"))


def test_another_split_another_version_another_device(good: Path, poor: Path, change: Change) -> None:
    with change(good, "data") as data:
        data["fingerprint"] = PRINTS | {"split": "dddd"}
    with change(good, "environment") as made:
        made |= {"device": "cuda", "packages": {"polyhead": "0.1.0", "torch": "2.12.0"}}
    found = texts(compared(poor, good), "weak")
    assert "The splits differ (A: bbbb; B: dddd)" in found[0]
    assert "Different versions of torch (A: 2.13.0; B: 2.12.0)." in found
    assert any("different devices (A: cpu; B: cuda)" in text for text in found)
    assert not any("polyhead" in text for text in found)


def test_what_makes_one_task_incomparable(good: Path, poor: Path, change: Change) -> None:
    with change(good, "metrics") as metrics:
        metrics["test"]["load"] = {"mae": metrics["test"]["load"]["r2"] | {"unit": "kN", "n": 7}}
    with change(good, "data") as data:
        data["targets"]["bad"]["classes"] = ["no", "yes"]
    with change(poor, "data") as data:
        data["targets"]["bad"]["classes"] = ["yes", "no"]
    found = compared(poor, good)
    assert texts(found, "invalid") == [
        "`load` is judged by different metrics (A: R²; B: MAE).",
        "`load` is scored in different units (A: no unit; B: kN).",
        "The labels of `bad` are not the same in all runs.",
    ]
    assert "Judged on different numbers of windows: `load` (A: 96; B: 7)." in texts(found, "weak")


def test_an_unfinished_run_has_no_scores(good: Path, poor: Path, change: Change) -> None:
    (good / "metrics.json").unlink()
    with change(good, "state") as state:
        state["status"] = "training"
    with change(poor, "state") as state:
        state["status"] = "interrupted"
    found = compared(poor, good)
    assert texts(found, "invalid") == ["B has no scores yet (status training)."]
    assert "A is not finished (status interrupted): its scores may be of an older state." in texts(found, "weak")
    assert found.tasks["load"]["B"] is None


def test_a_task_that_one_run_does_not_train(good: Path, poor: Path, change: Change) -> None:
    with change(good, "metrics") as metrics:
        del metrics["test"]["bad"]
    found = compared(poor, good)
    assert found.tasks["bad"]["B"] is None
    assert "`bad` has no score in B." in texts(found, "weak")


def test_folds_and_one_split_are_two_tests(good: Path, folded: Path) -> None:
    assert any("A: one split; B: 3 folds" in text for text in texts(compared(good, folded), "invalid"))


def test_a_split_by_a_column_and_judging_on_validation_are_said(good: Path, poor: Path, change: Change) -> None:
    for run in (good, poor):
        with change(run, "metadata") as metadata:
            metadata["configuration"]["data"]["split"] = {"by": "bearing"}
        with change(run, "metrics") as metrics:
            metrics["val"] = metrics.pop("test")
    found = texts(compared(good, poor), "weak")
    assert any("A, B: judged on validation, which also chose" in text for text in found)
    assert any("keeps each `bearing` whole" in text for text in found)
