"""Runs side by side as a whole: cautions, who is ahead, repetitions, and what a run is told by."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import InputError
from polyhead.report.comparison.comparison import Comparison, compare_runs, described
from polyhead.report.comparison.runs import read_compared
from polyhead.report.comparison.tasks import best_of

from ..conftest import Change
from .compared import alarms, changed, loads, write_compared


def compared(*folders: Path) -> Comparison:
    return compare_runs(folders, lambda file: {})


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_compared(tmp_path / "good", load=loads(1.0), bad=alarms(2.0))


@pytest.fixture
def poor(tmp_path: Path) -> Path:
    config = changed("train.lr", 0.5)
    return write_compared(tmp_path / "poor", load=loads(2.5), bad=alarms(1.9, seed=8), config=config)


def texts(found: Comparison, weight: str) -> list[str]:
    return [caution.text for caution in found.cautions if caution.weight == weight]


def test_two_like_runs_need_no_caution(good: Path, poor: Path) -> None:
    found = compared(poor, good)
    assert not found.cautions
    assert [one.key for one in found.differences] == ["train.lr"]
    assert not found.repetitions


def test_ahead_only_beyond_chance(good: Path, poor: Path) -> None:
    """`load` is worse by far; of `bad` the draws of noise alone are different."""
    tasks = compared(poor, good).tasks
    assert [tasks["load"][run]["best"] for run in "AB"] == [False, True]
    assert [tasks["bad"][run]["best"] for run in "AB"] == [False, False]
    apart = tasks["bad"]["B"]["difference"]
    assert apart["from"] == "A"
    assert apart["interval"][0] < 0 < apart["interval"][1]
    assert tasks["load"]["A"]["difference"] is None
    json.dumps(compared(poor, good).as_dict(), allow_nan=False)


def row(value: float, interval: list[float] | None, **more: Any) -> dict[str, Any]:
    fixed = {"split": "test", "metric": "mae", "unit": "h", "direction": "lower"}
    return {"value": value, "interval": interval} | fixed | more


@pytest.mark.parametrize(
    ("one", "two", "same", "ahead"),
    [
        (row(1.0, [0.8, 1.2]), row(2.0, [1.5, 2.4]), True, "A"),
        (row(1.0, [0.8, 1.6]), row(2.0, [1.5, 2.4]), True, None),
        (row(1.0, [0.8, 1.2]), row(2.0, [1.5, 2.4]), False, None),
        (row(1.0, None), row(2.0, [1.5, 2.4]), True, None),
        (row(1.0, [0.8, 1.2]), row(2.0, [1.5, 2.4], unit="s"), True, None),
        (row(1.0, [0.8, 1.2]), row(2.0, [1.5, 2.4], metric="rmse"), True, None),
        (row(1.0, [0.8, 1.2]), row(2.0, [1.5, 2.4], split="val"), True, None),
        (row(1.0, [0.8, 1.2], direction="higher"), row(2.0, [1.5, 2.4], direction="higher"), True, "B"),
        (row(1.0, [0.8, 1.2], direction=None), row(2.0, [1.5, 2.4], direction=None), True, None),
    ],
)
def test_unpaired_runs_are_told_apart_by_their_intervals(
    one: dict[str, Any], two: dict[str, Any], same: bool, ahead: str | None
) -> None:
    drawn = dict.fromkeys("AB", "predictions/test.parquet is missing")
    assert best_of({"A": one, "B": two}, drawn, {"A": "x", "B": "x" if same else "y"}) == ahead


def test_data_that_nobody_knows_do_not_make_a_winner() -> None:
    scores = {"A": row(1.0, [0.8, 1.2]), "B": row(2.0, [1.5, 2.4])}
    assert best_of(scores, dict.fromkeys("AB", "missing"), {"A": None, "B": None}) is None


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
        "The data are not the same (A: aaaa; B: zzzz), nor are the windows on which `load`, `bad` are"
        in texts(found, "invalid")[0]
    )
    assert not any(score["best"] for scores in found.tasks.values() for score in scores.values())


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


def test_other_labels_do_not_make_a_winner(good: Path, poor: Path, change: Change) -> None:
    """Without pairs the intervals are looked at: they part the two runs, but only of the same labels."""
    for run, value in ((good, 0.9), (poor, 0.6)):
        (run / "predictions" / "test.parquet").unlink()
        with change(run, "metrics") as metrics:
            metrics["test"]["bad"]["auroc"] |= {"value": value, "interval": [value - 0.1, value + 0.05]}
    assert compared(poor, good).tasks["bad"]["B"]["best"]
    with change(good, "data") as data:
        data["targets"]["bad"]["classes"] = ["no", "yes"]
    assert not compared(poor, good).tasks["bad"]["B"]["best"]


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


def test_repetitions_are_grouped_by_configuration(tmp_path: Path, good: Path, poor: Path, change: Change) -> None:
    """Three seeds of one configuration and one of another; mean and sd as the statistics module has them."""
    folders = [good, poor]
    for seed in (2, 3):
        config = changed("seed", seed)
        folders.append(write_compared(tmp_path / str(seed), load=loads(1.0, seed), bad=alarms(1, seed), config=config))
    with change(folders[2], "metadata") as metadata:
        metadata["configuration"] |= {"track": {"tensorboard": True}, "notes": "again"}
    found = compared(*folders)
    (group,) = found.repetitions
    assert (group["runs"], group["seeds"]) == (["A", "C", "D"], [1, 2, 3])
    values = [found.tasks["load"][run]["value"] for run in "ACD"]
    assert group["tasks"]["load"]["value"] == {
        "mean": pytest.approx(statistics.mean(values)),
        "sd": pytest.approx(statistics.stdev(values)),
    }
    assert (group["tasks"]["load"]["n"], group["tasks"]["load"]["metric"]) == (3, "r2")


def test_equal_runs_of_one_seed_are_no_repetition(tmp_path: Path, good: Path) -> None:
    again = write_compared(tmp_path / "again", load=loads(1.0), bad=alarms(2.0))
    found = compared(good, again)
    assert not found.repetitions
    assert not found.differences
    assert found.tasks["load"]["B"]["difference"]["interval"] == [0.0, 0.0]


def test_what_is_told_of_a_run(good: Path, change: Change) -> None:
    (good / "config.yaml").write_text("{name: bench, hypothesis: it works, tags: [first, 2], notes: none}")
    write_compared(good.parent / "b", load=loads(1.0), bad=alarms(2.0))
    told = described(read_compared([good, good.parent / "b"], lambda file: {})[0])
    assert told | {"run": ""} == {
        "run": "",
        "name": "bench",
        "stamp": "good",
        "status": "finished",
        "split": "test",
        "seed": 1,
        "epochs": 9,
        "of_epochs": 9,
        "best_epoch": 7,
        "stopped_by": "epochs",
        "seconds": 61.0,
        "parameters": 1234,
        "folds": 0,
        "hypothesis": "it works",
        "notes": "none",
        "tags": ["first", "2"],
    }


@pytest.mark.parametrize("number", [0, 1])
def test_one_run_is_not_compared(good: Path, number: int) -> None:
    with pytest.raises(InputError, match=f"{number} run given, two or more"):
        compared(*[good][:number])


def test_a_run_named_twice_is_refused(good: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(good)
    with pytest.raises(InputError, match="named twice"):
        compared(good, tmp_path / "link")


def test_what_is_no_run_is_refused(good: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected a run folder"):
        compared(good, tmp_path / "empty")
