"""All tasks right at once: by hand, beside scikit-learn, and over recordings."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import accuracy_score

from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.joint import all_correct

from .cases import drawn, given, training_labels

MODULATION = fit_reference("classification", np.array([0, 1, 1, 2]))  # majority 1
LEVEL = fit_reference("ordinal", np.array([0, 0, 1]))  # majority 0
ALARM = fit_reference("binary", np.array([0, 0, 1]))  # majority 0
FAULTS = fit_reference("multilabel", np.array([[1, 0], [1, 0], [0, 1]]))  # most frequent set 10


def test_by_hand_over_the_windows_where_all_are_known():
    members = [
        ("classification", given([0, 1, 1, 2, 1], [0, 1, 1, 1, 1]), MODULATION),  # wrong in 3
        ("ordinal", given([0, 0, 1, 0, 1], [0, 0, 1, 0, 1], mask=[True, True, True, True, False]), LEVEL),
        ("binary", given([1, 0, 0, 0, 0], [1, 0, 1, 0, 0]), ALARM),  # wrong in 2
        ("multilabel", given([[1, 0]] * 5, [[1, 0]] + [[1, 0]] * 4), FAULTS),
    ]
    score = all_correct(members)
    assert (score.value, score.n) == (2 / 4, 4)
    # majorities: 1, 0, 0 and 10 are all right in window 1 alone
    assert (score.floor, score.floor_predictor) == (1 / 4, "majority")
    assert score.skill == pytest.approx((1 / 2 - 1 / 4) / (1 - 1 / 4))
    assert (score.direction, score.best, score.primary, score.reason, score.interval) == (
        "higher",
        1.0,
        True,
        None,
        None,
    )


def test_one_task_alone_is_its_accuracy_and_one_wrong_label_of_a_set_is_wrong():
    case = drawn("classification")
    score = all_correct([("classification", case, fit_reference("classification", training_labels("classification")))])
    assert score.value == pytest.approx(accuracy_score(case.truth[case.mask], case.pred[case.mask]))
    assert all_correct([("multilabel", given([[1, 0], [1, 0]], [[1, 0], [1, 1]]), FAULTS)]).value == 0.5


def test_folds_are_pooled_each_beside_its_own_majority():
    one = fit_reference("binary", np.array([1, 1, 0]))
    first = [("binary", given([0, 0, 1], [0, 1, 1]), ALARM)]  # majority 0: right twice
    second = [("binary", given([0], [0]), one)]  # majority 1: wrong
    score = all_correct(first, second)
    assert (score.value, score.floor, score.n) == (3 / 4, 2 / 4, 4)


def test_the_interval_is_that_of_a_share_over_recordings():
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=400)
    pred = np.where(rng.random(400) < 0.3, 1 - truth, truth)
    members = [("binary", given(truth, pred), ALARM)]
    score = all_correct(members, interval=True)
    hits = int((truth == pred).sum())
    # each window its own recording: independent draws, so nearly the binomial interval
    assert score.interval == pytest.approx(beta(hits, 400 - hits).ppf([0.025, 0.975]), abs=0.012)
    assert score.interval == all_correct(members, interval=True).interval
    assert score.interval != all_correct(members, interval=True, seed=1).interval
    together = given(truth, pred, recording=np.arange(400) // 100)
    none = all_correct([("binary", together, ALARM)], interval=True)
    assert (none.interval, none.reason) == (None, "no interval: fewer than 8 recordings")


def test_without_a_window_where_all_are_known_it_is_undefined():
    members = [
        ("binary", given([0, 1], [0, 1], mask=[True, False]), ALARM),
        ("binary", given([0, 1], [0, 1], mask=[False, True]), ALARM),
    ]
    score = all_correct(members, interval=True)
    assert (score.value, score.floor, score.skill, score.n) == (None, None, None, 0)
    assert score.reason == "no window where the label of every task is known"


def test_probabilities_that_are_not_finite_are_no_decision():
    score = all_correct([("binary", given([0, 1], [0, 1], score=[0.1, np.nan]), ALARM)])
    assert (score.value, score.skill, score.floor) == (None, None, 0.5)
    assert score.reason == "1 of 2 scores are not finite"


def test_kinds_that_are_near_or_far_and_tasks_of_other_windows_are_refused():
    truth = np.arange(3.0)
    with pytest.raises(
        InputError, match="right or wrong, not regression; name tasks of classification, ordinal, binary"
    ):
        all_correct([("regression", given(truth), fit_reference("regression", truth))])
    first = given([0, 1])
    for other in (given([0, 1, 1]), replace(first, recording=np.array([0, 2]))):
        with pytest.raises(ValueError, match="on the same windows"):
            all_correct([("binary", first, ALARM), ("binary", other, ALARM)])


def test_the_floor_of_labels_that_exclude_each_other_is_their_most_frequent_set():
    one_of_three = np.eye(3, dtype=int)[[0, 0, 0, 1, 1, 2, 2]]  # no label has a majority, the first set has 3 of 7
    members = [("multilabel", given(one_of_three), fit_reference("multilabel", one_of_three))]
    assert all_correct(members).floor == pytest.approx(3 / 7)
