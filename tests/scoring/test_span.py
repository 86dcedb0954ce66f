"""Span scores against hand calculation and scikit-learn; windows without a span, windows without a predicted one."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.errors import InputError
from polyhead.scoring import span
from polyhead.scoring.board import KINDS, fit_reference, score_parts, score_task

from .cases import drawn, given, training_labels
from .test_constant_span import TRAINING

TRUTH, PRED = np.zeros((2, 3, 10), dtype=int)
TRUTH[0, 2:6] = 1
PRED[0, 3:7] = 1  # tIoU 3/5, both ends off by 1
PRED[1, 0:2] = 1  # nothing is there
TRUTH[2, 0:2] = TRUTH[2, 7:10] = 1
PRED[2, 7:10] = 1  # the one at the edge is found, the other missed
CASE = given(TRUTH, PRED, score=np.where(PRED, 0.7, 0.2))


def scored(prediction, training=TRAINING, **options):
    return score_task("span", prediction, fit_reference("span", training), **options)


def marks(windows, bars, count):
    """`count` of the bars marked, one after the other over the windows."""
    return (np.arange(windows * bars) < count).astype(int).reshape(windows, bars)


def test_by_hand():
    inside, outside = (6 * 0.7 + 3 * 0.2) / 9, (3 * 0.7 + 18 * 0.2) / 21
    values = {name: score.value for name, score in scored(CASE).items()}
    assert values == pytest.approx(
        {
            "f1": 2 * 6 / (9 + 9),
            "precision": 6 / 9,
            "recall": 6 / 9,
            "average_precision": 6 / 9 * 6 / 9 + 3 / 9 * 9 / 30,
            "auroc": (6 * 18 + 0.5 * (6 * 3 + 3 * 18)) / (9 * 21),
            "span_f1_30": 2 * 2 / (3 + 3),
            "span_f1_50": 2 * 2 / (3 + 3),
            "span_f1_70": 2 * 1 / (3 + 3),
            "hit_3": 2 / 3,
            "boundary_mae": (1 + 10 + 0) / 3,  # missed: the window's length
            "separation": inside - outside,
            "log_loss": -(6 * math.log(0.7) + 3 * math.log(0.2) + 3 * math.log(0.3) + 18 * math.log(0.8)) / 30,
        }
    )


def test_the_reference_by_hand():
    reference = fit_reference("span", TRAINING)
    assert (reference.n, reference.positive_share) == (4, 0.2)
    assert reference.bar_mean == (0, 0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0, 0)
    assert reference.spans == (2, 3, 1, 4, 2, 5)  # best bar F1, most matches, median of 2 2 6 and of 3 5 7


def test_a_median_end_between_two_bars_is_the_earlier():
    assert fit_reference("span", np.array([[0, 0, 1, 0], [0, 0, 0, 1]])).spans[4:] == (2, 2)


def test_weights_that_leave_no_marked_bar_leave_no_f1():
    f1 = span.statistic(CASE)
    assert math.isnan(f1(np.array([0.0, 2.0, 0.0])))
    assert f1(np.array([1.0, 2.0, 0.0])) == pytest.approx(2 * 3 / (4 + 4 + 2 * 2))


def test_floors_by_hand():
    scores = scored(CASE)
    floors = {name: (score.floor, score.floor_predictor) for name, score in scores.items()}
    assert floors == {
        "f1": (pytest.approx(18 / 39), "all-positive"),  # [2, 3] 4/15, [1, 4] 6/21, [2, 5] 8/21
        "precision": (pytest.approx(2 / 6), "constant-span"),  # equal to [2, 5], 4 of 12, which is named later
        "recall": (1.0, "all-positive"),
        "average_precision": (pytest.approx(9 / 30), "base-rate"),
        "auroc": (0.5, "base-rate"),  # .484 by each bar's place, see below
        "span_f1_30": (pytest.approx(4 / 6), "all-positive"),  # 4 of 10 in window 0, 3 of 10 in window 2
        "span_f1_50": (pytest.approx(2 / 6), "constant-span"),
        "span_f1_70": (pytest.approx(2 / 6), "median-span"),
        "hit_3": (pytest.approx(2 / 3), "constant-span"),
        "boundary_mae": (pytest.approx((1 + 10 + 2) / 3), "constant-span"),
        "separation": (0.0, "base-rate"),
        "log_loss": (pytest.approx(-(9 * math.log(0.2) + 21 * math.log(0.8)) / 30), "base-rate"),
    }


def test_a_probability_of_each_bar_s_place_is_a_floor_where_spans_have_a_place():
    training = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [0, 0, 1, 0]])  # 5 of 12; by place 0 1 3 1 of 3
    truth = np.array([[0, 0, 1, 0], [0, 1, 1, 0]])
    rate = np.tile((np.array([0, 1, 3, 1]) + 5 / 12) / 4, 2)  # with one more window at the base rate
    scores = scored(given(truth, truth, score=np.full((2, 4), 0.3)), training)
    expected = {
        "average_precision": sk.average_precision_score(truth.ravel(), rate),
        "auroc": sk.roc_auc_score(truth.ravel(), rate),
        "separation": rate[[2, 5, 6]].mean() - rate[[0, 1, 3, 4, 7]].mean(),
        "log_loss": sk.log_loss(truth.ravel(), rate),
    }
    assert {name: scores[name].floor for name in expected} == pytest.approx(expected)
    assert {scores[name].floor_predictor for name in expected} == {"bar-rate"}


def test_the_floor_of_f1_of_the_write_up_is_that_of_marking_every_bar():
    truth = marks(100, 100, 721)  # 7.21 % of the bars
    rules, reference = KINDS["span"], fit_reference("span", truth)
    all_positive = rules.trivial(given(truth), reference)["all-positive"]
    assert round(span.f1(all_positive).value, 4) == 0.1345


@pytest.mark.parametrize(("windows", "count", "nats"), [(150, 1065, 0.247), (42, 318, 0.259)])
def test_the_log_loss_of_the_base_rate_is_the_published_span_loss(windows, count, nats):
    truth = marks(windows, 105, count)
    base_rate = KINDS["span"].trivial(given(truth), fit_reference("span", truth))["base-rate"]
    assert round(span.log_loss(base_rate).value, 3) == nats


@pytest.mark.parametrize("seed", range(2))
def test_bars_are_scored_as_by_scikit_learn(seed):
    case = drawn("span", seed=seed)
    truth, pred, score = (values[case.mask].ravel() for values in (case.truth, case.pred, case.score))
    scores = scored(case, training_labels("span"))
    oracle = {
        "f1": sk.f1_score(truth, pred),
        "precision": sk.precision_score(truth, pred),
        "recall": sk.recall_score(truth, pred),
        "average_precision": sk.average_precision_score(truth, score),
        "auroc": sk.roc_auc_score(truth, score),
        "log_loss": sk.log_loss(truth, score),
    }
    assert {name: scores[name].value for name in oracle} == pytest.approx(oracle)


def test_without_a_span_only_the_probabilities_are_scored():
    scores = scored(given(np.zeros((2, 10), dtype=int), PRED[:2], score=np.full((2, 10), 0.5)))
    assert {name for name, score in scores.items() if score.value is not None} == {"log_loss"}
    assert {score.reason for name, score in scores.items() if name != "log_loss"} == {
        "none of the 2 known windows has a span"
    }
    assert scores["f1"].floor is None


def test_a_window_without_a_span_counts_what_is_predicted_in_it_and_nothing_else():
    quiet = scored(given(np.vstack([TRUTH, TRUTH[1:2]]), np.vstack([PRED, TRUTH[1:2]])))
    loud = scored(given(np.vstack([TRUTH, TRUTH[1:2]]), np.vstack([PRED, PRED[1:2]])))
    for name in ("f1", "precision", "span_f1_50", "hit_3", "boundary_mae", "recall"):
        assert quiet[name].value == scored(CASE)[name].value
    assert loud["f1"].value == pytest.approx(12 / 20)
    assert loud["span_f1_50"].value == pytest.approx(4 / 7)
    assert (loud["hit_3"].value, loud["boundary_mae"].value) == pytest.approx((2 / 3, 11 / 3))


def test_nothing_predicted_is_zero_and_every_end_is_off_by_the_window():
    scores = scored(given(TRUTH, np.zeros_like(TRUTH)), unit="bars")
    zero = ("f1", "recall", "span_f1_30", "span_f1_50", "span_f1_70", "hit_3")
    assert [scores[name].value for name in zero] == [0.0] * 6
    assert (scores["precision"].value, scores["precision"].reason) == (None, "nothing is predicted positive")
    assert (scores["boundary_mae"].value, scores["boundary_mae"].unit) == (10.0, "bars")
    assert (scores["auroc"].value, scores["auroc"].reason) == (None, "no probabilities")


def test_a_hit_is_three_bars_off_at_both_ends_at_most_and_answers_one_span():
    truth, pred = np.zeros((2, 3, 20), dtype=int)
    truth[0, 5:9] = truth[1, 5:9] = 1
    pred[0, 2:12] = 1  # 3 and 3
    pred[1, 1:9] = 1  # 4 and 0
    truth[2, 0] = truth[2, 2] = pred[2, 1] = 1  # near both
    assert scored(given(truth, pred), truth)["hit_3"].value == 2 / 4


def test_two_spans_are_paired_with_two_predicted_ones_in_the_cheapest_way():
    truth, pred = np.zeros((2, 1, 20), dtype=int)
    truth[0, 0:2] = truth[0, 8:10] = 1
    pred[0, 5:7] = pred[0, 16:18] = 1  # 5 and 8, rather than 3 and 16
    assert scored(given(truth, pred), truth)["boundary_mae"].value == (5 + 8) / 2


def test_windows_of_another_length_are_scored_without_what_training_knew_of_places():
    truth = marks(4, 6, 8)
    scores = scored(given(truth, truth, score=truth * 0.5))
    assert (scores["f1"].floor_predictor, scores["log_loss"].floor_predictor) == ("all-positive", "base-rate")
    reason = "floor without what training knew of each bar's place: windows of 10 bars there, 6 here"
    assert {scores[name].reason for name in ("f1", "span_f1_70", "log_loss")} == {reason}


def test_training_without_a_span_leaves_no_constant_span_in_any_fold():
    empty = fit_reference("span", np.zeros((3, 10), dtype=int))
    assert empty.spans == ()
    scores = score_parts("span", [(CASE, fit_reference("span", TRAINING)), (CASE, empty)])
    assert (scores["span_f1_50"].floor, scores["span_f1_50"].floor_predictor) == (0.0, "all-positive")
    assert scores["f1"].reason == "floor without constant spans: no span in training"
    assert scores["log_loss"].reason is None


def test_labels_that_are_no_marks_and_probabilities_of_another_shape_are_refused():
    with pytest.raises(InputError, match="expected class indices from 0 to 1, found 2"):
        fit_reference("span", np.array([[0, 2], [1, 0]]))
    with pytest.raises(ValueError, match=r"\(window, bar\), found \(2,\)"):
        fit_reference("span", np.array([0, 1]))
    with pytest.raises(ValueError, match=r"\(window, bar\) = \(3, 10\), found \(3, 2\)"):
        scored(replace(CASE, score=np.zeros((3, 2))))
