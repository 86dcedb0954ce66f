"""Runs side by side as a whole: who is ahead, and what a run is told by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import InputError
from polyhead.report.comparison.comparison import described
from polyhead.report.comparison.runs import read_compared
from polyhead.report.comparison.tasks import best_of

from ..conftest import Change
from .compared import alarms, compared, loads, write_compared


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


def test_other_labels_do_not_make_a_winner_of_pairs(good: Path, poor: Path, change: Change) -> None:
    for run, classes in ((good, ["low", "high"]), (poor, ["high", "low"])):
        with change(run, "data") as data:
            data["targets"]["load"]["classes"] = classes
    found = compared(poor, good)
    assert found.tasks["load"]["B"]["difference"]["interval"] is not None
    assert not found.tasks["load"]["B"]["best"]


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
