"""What is logged under which name; what is undefined is left out."""

from __future__ import annotations

import math

import pytest

from polyhead.errors import InputError
from polyhead.tracking.names import check_names, finite, of_epoch, of_final, renamed

from .cases import experiment, metrics, report, score


def test_an_epoch_by_name():
    assert of_epoch(report(2)) == {
        "epoch": 2.0,
        "train/loss": 0.5,
        "val/loss": 1.0,
        "val/skill": 0.5,
        "lr": 0.01,
        "seconds": 6.0,
        "train/state/loss": 0.5,
        "val/state/loss": 0.75,
        "val/wear/loss": 0.125,
        "weight/state": 0.25,
        "weight/wear": 4.0,
        "val/state/macro_f1": 0.2,
        "val/state/skill": 0.1,
        "val/wear/r2": 0.02,
        "val/wear/mae": 4.0,
    }


def test_the_final_evaluation_does_not_overwrite_the_epochs():
    values = of_final(metrics(), experiment())
    assert values == {
        "best/val/skill": 0.5,
        "best/val/state/loss": 1.5,
        "best/val/state/macro_f1": 0.75,
        "best/val/state/floor": 0.25,
        "best/val/state/skill": 0.5,
        "best/val/wear/r2": -0.75,
        "best/val/wear/floor": 0.25,
        "test/skill": 0.5,
        "test/state/loss": 1.5,
        "test/state/macro_f1": 0.5,
        "test/state/floor": 0.25,
        "test/state/skill": 0.5,
        "test/wear/r2": -0.5,
        "test/wear/floor": 0.25,
    }
    assert not values.keys() & of_epoch(report(1)).keys()


def test_a_metric_across_tasks():
    tasks = {"state": {"kind": "classification"}, "wear": {"kind": "binary"}}
    both = experiment(tasks=tasks, joint={"both": {"tasks": ["state", "wear"]}})
    values = of_final(metrics() | {"joint": {"test": {"both": score(0.125).as_dict()}}}, both)
    assert values["test/both/all_correct"] == 0.125


@pytest.mark.parametrize(("value", "kept"), [(0.0, True), (math.nan, False), (math.inf, False), (None, False)])
def test_undefined_is_left_out_and_zero_is_not(value, kept):
    assert ("x" in finite({"x": value})) is kept


def test_other_names():
    assert renamed({"val/wear/mae": 1.0, "lr": 2.0}, {"val/wear/mae": "wear_mae", "val/x/y": "z"}) == {
        "wear_mae": 1.0,
        "lr": 2.0,
    }


def test_names_of_nothing_are_said_once_and_one_that_is_used_is_enough(capsys):
    check_names({"val/angle/angle_68": "angle_resolution_68pct", "val/wear/nothing": "n"}, experiment())
    line = capsys.readouterr().err
    assert line.startswith("track.names: none of its 2 names (val/angle/angle_68, ..) is a metric of this run")
    assert line.count("\n") == 1
    check_names({"val/angle/angle_68": "a", "best/train/wear/floor": "b"}, experiment())
    check_names({}, experiment())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"val/wear/mae": "val/wear/rmse"}, "val/wear/rmse is the name of another metric"),
        ({"epoch": "e"}, "epoch is what every tracker counts by"),
    ],
)
def test_names_that_would_hide_another_metric(names, says):
    with pytest.raises(InputError, match=f"^track.names: {says}"):
        check_names(names, experiment())


def test_two_metrics_may_change_names():
    check_names({"val/wear/mae": "val/wear/rmse", "val/wear/rmse": "val/wear/mae"}, experiment())
