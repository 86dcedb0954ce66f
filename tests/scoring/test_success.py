"""Criteria judged: a table of cases with near misses; numbers are those of the arithmetic beside them."""

from __future__ import annotations

from typing import Any

import pytest

from polyhead.scoring.success import judge_success


def scored(value: float | None, floor: float | None = 0.0, **more: Any) -> dict[str, Any]:
    skill = None if value is None else value
    blank = {"interval": None, "reason": None, "direction": "higher"}
    return {"value": value, "floor": floor, "skill": skill} | blank | more


METRICS: dict[str, Any] = {
    "schema_version": 1,
    "val": {
        "span": {"f1": scored(0.4, interval=[0.3, 0.5]), "mae": scored(8.0, 10.0, skill=0.2, direction="lower")},
        "bias": {"bias": scored(0.1, direction=None)},
    },
    "test": {
        "span": {"f1": scored(0.3, 0.25, interval=[0.2, 0.4]), "mae": scored(9.0, 10.0, skill=0.1, direction="lower")},
        "none": {"auroc": scored(None, 0.5, reason="one class")},
        "few": {"r2": scored(0.01, reason="no interval: fewer than 8 recordings")},
    },
    "summary": {"val": {"skill": 0.35}, "test": {"skill": None}},
    "joint": {"test": {"both": scored(0.6, 0.5)}},
}
EPOCHS = [
    {"epoch": 1.0, "train_loss": 20.0, "val_loss": 17.79, "span_f1": 0.0, "span_mae": 10.0, "val_skill": 0.1},
    {"epoch": 2.0, "train_loss": 15.0, "val_loss": 11.05, "span_f1": 0.4, "span_mae": 8.0, "val_skill": 0.35},
    {"epoch": 3.0, "train_loss": 9.0, "val_loss": 19.0, "span_f1": 0.1, "span_mae": 12.0, "val_skill": 0.2},
]


def judged(key: str, asked: str, metrics: dict[str, Any] = METRICS, epochs: Any = EPOCHS, best: int = 2) -> Any:
    return judge_success({key: asked}, ["both"], metrics, epochs, best)[key]


@pytest.mark.parametrize(
    ("key", "asked", "outcome", "split", "value"),
    [
        ("span.f1", "> 0.10", "pass", "test", 0.3),
        ("span.f1", "> 0.3", "fail", "test", 0.3),
        ("span.f1", ">= 0.3", "pass", "test", 0.3),
        ("span.mae", "< 9", "fail", "test", 9.0),
        ("span.mae", "<= 9", "pass", "test", 9.0),
        ("val.span.f1", "> 0.35", "pass", "val", 0.4),
        ("val.skill", "> 0.3", "pass", "val", 0.35),
        ("both", "> 0.7", "fail", "test", 0.6),
        ("val.span.f1", "beats floor", "pass", "val", 0.4),
        ("val.loss", "< 12", "pass", "val", 11.05),
        ("train.loss", "< 12", "fail", "train", 15.0),
        ("span.f1", "beats floor", "fail", "test", 0.3),  # its interval covers 0.25
    ],
)
def test_a_value_is_judged(key: str, asked: str, outcome: str, split: str, value: float) -> None:
    found = judged(key, asked)
    assert (found["outcome"], found["split"], found["value"]) == (outcome, split, value)
    assert found["asked"] == asked
    assert found["reason"] is None


@pytest.mark.parametrize(
    ("key", "asked", "outcome", "change"),
    [
        ("val.loss", "improves >= 20 %", "pass", (17.79 - 11.05) / 17.79),  # 37.9 %
        ("val.loss", "improves >= 38 %", "fail", (17.79 - 11.05) / 17.79),
        ("train.loss", "improves >= 25 %", "pass", 0.25),
        ("train.loss", "improves > 25 %", "fail", 0.25),
        ("span.mae", "improves >= 20 %", "pass", 0.2),  # 10 -> 8 on validation, whatever test says
        ("val.skill", "improves", "pass", 2.5),
        ("span.f1", "improves", "pass", None),  # from 0, of which nothing is a share
    ],
)
def test_a_change_is_judged(key: str, asked: str, outcome: str, change: float | None) -> None:
    found = judged(key, asked)
    assert found["outcome"] == outcome
    assert found["change"] == (None if change is None else pytest.approx(change))


def test_twenty_percent_is_twenty_percent_in_floating_point_too() -> None:
    epochs = [{"epoch": 1.0, "val_loss": 1.0}, {"epoch": 2.0, "val_loss": 0.8}]
    assert 1.0 - 0.8 < 0.2  # what floating point makes of it
    assert judged("val.loss", "improves >= 20 %", epochs=epochs)["outcome"] == "pass"
    assert judged("val.loss", "improves >= 20.1 %", epochs=epochs)["outcome"] == "fail"


def test_what_never_got_better_than_its_first_epoch_does_not_improve() -> None:
    assert judged("val.loss", "improves", best=1)["outcome"] == "fail"
    assert judged("val.loss", "improves", best=3)["change"] == pytest.approx((17.79 - 19.0) / 17.79)


def test_a_loss_that_falls_below_0_has_no_share() -> None:
    """From 0.01 to -2 is no improvement by 20100 %: a likelihood has no zero."""
    epochs = [{"epoch": 1.0, "val_loss": 0.01}, {"epoch": 2.0, "val_loss": -2.0}]
    found = judged("val.loss", "improves >= 20 %", epochs=epochs)
    assert (found["outcome"], found["change"]) == ("undefined", None)
    assert "falls below 0" in found["reason"]
    assert judged("val.loss", "improves", epochs=epochs)["outcome"] == "pass"


@pytest.mark.parametrize(
    ("key", "asked", "reason"),
    [
        ("none.auroc", "> 0.5", "one class"),
        ("none.auroc", "beats floor", "one class"),
        ("span.mae", "beats floor", "above its floor, but only the primary metric of a task has an interval"),
        ("few.r2", "beats floor", "above its floor, but no interval: fewer than 8 recordings"),
        ("gone.f1", "> 0.5", "there is no score of it on test"),
        ("train.span.f1", "> 0.5", "there are no scores of train"),
        ("test.skill", "> 0", "no task has a skill there"),
        ("val.both", "> 0", "there is no score of it on val"),
        ("span.f1", "improves >= 20 %", "it began at 0"),
        ("bias.bias", "improves", "no way of it is better"),
    ],
)
def test_what_is_undefined_is_not_passed(key: str, asked: str, reason: str) -> None:
    found = judged(key, asked)
    assert found["outcome"] == "undefined"
    assert reason in found["reason"]


@pytest.mark.parametrize(
    ("key", "reason"), [("val.loss", "no record here of the val loss"), ("span.mae", "the first epoch")]
)
def test_without_a_record_of_epochs_no_change_is_known(key: str, reason: str) -> None:
    found = judged(key, "improves", epochs=())
    assert found["outcome"] == "undefined"
    assert reason in found["reason"]


def test_without_a_test_split_validation_is_judged() -> None:
    metrics = {name: part for name, part in METRICS.items() if name != "test"}
    assert judged("span.f1", "> 0.35", metrics)["split"] == "val"


def test_criteria_keep_their_order() -> None:
    asked = {"span.mae": "< 10", "both": "> 0", "span.f1": "> 0"}
    assert list(judge_success(asked, ["both"], METRICS, EPOCHS, 2)) == list(asked)
