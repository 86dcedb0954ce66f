"""What "best" means: values that are undefined, errors, ties."""

from __future__ import annotations

import json

import pytest

from polyhead.scoring.metric import Score
from polyhead.training.selection import Selection, mean_skill, monitored, primary, towards


def score(value, direction="higher", *, skill=None, main=False) -> Score:
    return Score(value, None, None, skill, 10, None, None, None, direction, None, "", main)


SCORES = {
    "fault": {"macro_f1": score(0.8, skill=0.6, main=True), "log_loss": score(0.5, "lower", skill=0.3)},
    "rul": {"r2": score(0.9, skill=-7.0, main=True), "mae": score(12.0, "lower", skill=0.5)},
    "gone": {"r2": score(None, skill=None, main=True), "mae": score(None, "lower")},
}


@pytest.mark.parametrize(
    ("monitor", "value"),
    [
        ("val/skill", (0.6 - 1.0) / 2),  # clipped to [-1, 1]; without the undefined one
        ("val/loss", -3.5),
        ("train/loss", -2.5),
        ("val/fault/macro_f1", 0.8),
        ("val/fault/log_loss", -0.5),
        ("val/rul/mae", -12.0),
        ("val/gone/mae", None),
        ("train/rul/r2", 0.1),
    ],
)
def test_the_monitor_is_a_number_that_is_better_when_higher(monitor, value):
    scores = {"val": SCORES, "train": {"rul": {"r2": score(0.1, main=True)}}}
    found = monitored(monitor, scores, {"train": 2.5, "val": 3.5})
    assert found == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("skills", "mean"),
    [([0.5, 0.7], 0.6), ([0.5, None], 0.5), ([None, None], None), ([-30.0, 0.5], -0.25), ([2.0, 0.0], 0.5)],
)
def test_mean_skill(skills, mean):
    found = mean_skill({str(i): {"m": score(1.0, skill=skill, main=True)} for i, skill in enumerate(skills)})
    assert found == (None if mean is None else pytest.approx(mean))


def test_the_primary_score_is_the_one_marked_so():
    assert primary({"mae": score(1.0, "lower"), "r2": score(0.5, main=True)}).value == 0.5


@pytest.mark.parametrize(
    ("value", "direction", "expected"), [(3, "lower", -3), (3, "higher", 3), (None, "lower", None)]
)
def test_towards(value, direction, expected):
    assert towards(score(value, direction)) == expected


@pytest.mark.parametrize(
    ("monitor", "lower"),
    [
        ("val/skill", False),
        ("val/loss", True),
        ("train/loss", True),
        ("val/rul/mae", True),
        ("val/rul/r2", False),
        ("val/fault/log_loss", True),
        ("val/anomaly/brier", True),
        ("val/anomaly/auroc", False),
        ("val/loss/r2", False),
    ],
)
def test_which_monitors_are_better_when_lower(monitor, lower):
    assert Selection(monitor).lower_is_better is lower


HISTORIES = [  # monitor per epoch, which epochs were the best so far, epochs waited at the end
    ([0.1, 0.2, 0.15, 0.3], [1, 1, 0, 1], 0),
    ([0.3, 0.3, 0.3], [1, 0, 0], 2),  # a tie is not better
    ([None, None, None], [1, 0, 0], 2),  # there always is one
    ([None, -5.0, None, -6.0], [1, 1, 0, 0], 2),
    ([0.0, None, 0.1], [1, 0, 1], 0),
    ([-3.0, -2.0, -2.5], [1, 1, 0], 1),
]


@pytest.mark.parametrize(("values", "best", "waited"), HISTORIES)
def test_the_best_epoch_so_far(values, best, waited):
    selection = Selection("val/skill")
    assert [selection.update(epoch, value) for epoch, value in enumerate(values)] == list(map(bool, best))
    last = max(epoch for epoch, yes in enumerate(best) if yes)
    assert (selection.epoch, selection.value, selection.waited) == (last, values[last], waited)


def test_below_every_clip_the_loss_tells_epochs_apart():
    """A forecast beside a strong floor may have a skill of -126 and get better for long before it counts."""
    selection = Selection("val/skill")
    seen = [selection.update(*each) for each in [(1, -1.0, 9.0), (2, -1.0, 5.0), (3, -1.0, 6.0), (4, -0.9, 8.0)]]
    assert seen == [True, True, False, True]
    assert not selection.update(5, -0.9, 1.0)  # elsewhere a tie is no better, whatever the loss


def test_each_task_has_its_own_best():
    selection = Selection("val/skill")
    seen = [selection.update_task("a", value) for value in (None, -2.0, -2.0, None, -1.0, -1.5)]
    assert seen == [False, True, False, False, True, False]
    assert selection.update_task("b", -7.0)
    assert selection.tasks == {"a": -1.0, "b": -7.0}


@pytest.mark.parametrize("values", [history for history, _, _ in HISTORIES])
def test_selection_goes_on_where_it_stopped(values):
    whole, first = Selection("val/skill"), Selection("val/skill")
    for epoch, value in enumerate(values):
        whole.update(epoch, value)
        whole.update_task("a", value)
        second = Selection("val/skill")
        second.load_state_dict(json.loads(json.dumps(first.state_dict())))
        second.update(epoch, value)
        second.update_task("a", value)
        first = second
    assert first == whole
