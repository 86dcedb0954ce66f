"""What went right, and what a diagnosis cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.account import cannot_tell, went_right
from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.scoring.metric import Score

from .cases import healthy

BARE = Case("a log", {"life": TaskFacts("life", primary="r2")})


def score(value: float, interval: tuple[float, float] | None) -> Score:
    return Score(value, 0.1, None, (value - 0.1) / 0.9, 40, interval, None, None, "higher", 1.0, "", True)


@pytest.mark.parametrize(
    ("value", "interval", "line"),
    [
        (0.912, (0.88, 0.94), ["life beats its floor on test: r2 0.912 (0.88 to 0.94) against 0.1"]),
        (0.912, (0.05, 0.99), []),
        (0.912, None, []),
        (0.05, (0.01, 0.09), []),
    ],
)
def test_a_task_beats_its_floor_where_its_interval_does(value, interval, line):
    case = replace(BARE, metrics={"test": {"life": {"r2": score(value, interval)}}})
    assert list(went_right(case, [])) == line


@pytest.mark.parametrize(
    ("losses", "line"),
    [
        ([1.0, 0.6, 0.4], ["the loss of life fell from 1 to 0.4"]),
        ([1.0, 0.6, 0.51], []),
        ([1.0, 0.4], []),
        ([-1.0, -3.0, -9.0], []),
        ([np.nan, 1.0, 0.6, 0.4, np.nan], ["the loss of life fell from 1 to 0.4"]),
        ([np.nan], []),
    ],
)
def test_a_loss_fell_by_half(losses, line):
    table = {"epoch": np.arange(len(losses)), "life": np.array(losses)}
    assert list(went_right(replace(BARE, losses={"val": table}), [])) == line
    assert list(went_right(replace(BARE, losses={"train": table}), [])) == line


def test_silence_says_something_only_of_what_was_recorded():
    silent = ["orphan-head", "non-finite", "overfitting", "head-range"]
    assert went_right(BARE, silent) == ("no task has overfitted",)
    lines = went_right(replace(BARE, steps={"step": np.arange(3)}), silent)
    assert lines == ("every head gets gradient", "every loss and gradient is finite", "no task has overfitted")


def test_limits_of_a_run():
    lines = cannot_tell(healthy("machines"), ["negative-transfer", "label-noise"])
    assert any(line.startswith("one run is one seed") for line in lines)
    assert not any("nothing has been trained" in line for line in lines)
    assert not any("test split" in line for line in lines)
    assert lines[-1] == "2 checks could not look; what is not checked is neither right nor wrong"


def test_limits_of_what_was_never_trained_judged_or_seen():
    lines = " ".join(cannot_tell(BARE, ["label-noise"]))
    assert "nothing has been trained" in lines
    assert "the data were not seen" in lines
    assert "one run is one seed" not in lines
    assert "1 check could not look" in lines
    val = replace(BARE, metrics={"val": {"life": {"r2": score(0.5, None)}}})
    assert "no test split was judged" in " ".join(cannot_tell(val, []))
    assert "could not look" not in " ".join(cannot_tell(val, []))
