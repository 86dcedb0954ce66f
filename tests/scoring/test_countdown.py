"""Countdown scores against hand calculation, scikit-learn, and what is published of the bar's index alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as sk

from polyhead.scoring.board import KINDS, fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([[0.0, -1.0, -2.0], [1.0, 0.0, -1.0], [5.0, 4.0, 3.0]])
TRUTH, PRED = np.array([[2.0, 1.0, 0.0], [0.0, -1.0, -2.0]]), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])


def scored(truth, pred, training=TRAINING, **options):
    return score_task("countdown", given(truth, pred), fit_reference("countdown", training), **options)


def test_by_hand():
    scores = scored(TRUTH, PRED, unit="bars")  # residuals -1 0 1, 0 1 2
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {"mae": 5 / 6, "rmse": (7 / 6) ** 0.5, "r2": 1 - 7 / 10, "bias": 3 / 6}
    )
    assert [scores[name].unit for name in scores] == ["bars", "bars", "", "bars"]


def test_the_reference_and_floors_by_hand():
    reference = fit_reference("countdown", TRAINING)
    assert (reference.mean, reference.median) == ((1.0,), (0.0,))
    assert (reference.bar_mean, reference.bar_median) == ((2.0, 1.0, 0.0), (1.0, 0.0, -1.0))
    assert {name: (score.floor, score.floor_predictor) for name, score in scored(TRUTH, PRED).items()} == {
        "mae": (1.0, "median"),  # 2 1 0, 0 1 2; as good as both of the bar's place
        "rmse": (1.0, "bar-median"),
        "r2": (pytest.approx(1 - 6 / 10), "bar-median"),
        "bias": (0.0, "median"),
    }


@pytest.mark.parametrize("seed", range(2))
def test_values_and_floors_are_those_of_scikit_learn(seed):
    case, labels = drawn("countdown", seed=seed), training_labels("countdown")
    truth, pred = case.truth[case.mask].ravel(), case.pred[case.mask].ravel()
    scores = score_task("countdown", case, fit_reference("countdown", labels))
    oracle = {
        "mae": sk.mean_absolute_error(truth, pred),
        "rmse": sk.root_mean_squared_error(truth, pred),
        "r2": sk.r2_score(truth, pred),
    }
    assert {name: scores[name].value for name in oracle} == pytest.approx(oracle)
    by_place = np.tile(np.median(labels, axis=0), len(truth) // 30)
    assert scores["mae"].floor == pytest.approx(sk.mean_absolute_error(truth, by_place))
    assert (scores["mae"].floor_predictor, scores["rmse"].floor_predictor) == ("bar-median", "bar-mean")


def test_the_published_countdown_loss_is_the_floor_of_the_bar_s_index():
    # Starts from 0 to 101 as published, each once. More of them at the ends, as the published sd of 33.5 has it: 11.
    truth = np.clip(np.arange(102)[:, None] - np.arange(105.0), -20, 20)
    trivial = KINDS["countdown"].trivial(given(truth), fit_reference("countdown", truth))
    assert sk.mean_absolute_error(truth, trivial["median"].pred) == pytest.approx(15.9, abs=0.5)
    assert 9.1 <= sk.mean_absolute_error(truth, trivial["bar-median"].pred) <= 10.3


def test_windows_of_another_length_are_scored_beside_constants_only_and_say_so():
    scores = scored(np.array([[1.0, 0.0], [3.0, 2.0]]), np.array([[1.0, 0.0], [2.0, 1.0]]))
    assert {score.floor_predictor for score in scores.values()} <= {"mean", "median"}
    reason = "floor without what training knew of each bar's place: windows of 3 bars there, 2 here"
    assert scores["mae"].reason == reason
    assert scores["bias"].reason == f"no skill: neither direction of bias is better; {reason}"


def test_a_constant_countdown_has_no_r2_and_another_shape_is_refused():
    r2 = scored(np.full((2, 3), 4.0), PRED)["r2"]
    assert (r2.value, r2.reason) == (None, "the known labels are constant")
    with pytest.raises(ValueError, match=r"\(window, bar\), found \(3,\)"):
        fit_reference("countdown", np.zeros(3))


def test_a_stated_uncertainty_is_scored_beside_that_of_the_bar_s_place():
    """Residuals -1 0 1, 0 1 2; pulls with sd 2 are half of these. The normal density is SciPy's."""
    bounds = {"low": PRED - 1, "high": PRED + 1}
    stated = replace(given(TRUTH, PRED), sd=np.full(TRUTH.shape, 2.0), **bounds)
    scores = score_task("countdown", stated, fit_reference("countdown", TRAINING))
    assert scores["nll"].value == pytest.approx(-norm.logpdf(TRUTH, PRED, 2).mean())
    assert scores["coverage_90"].value == 5 / 6
    assert scores["pull_sd"].value == pytest.approx(np.std([-0.5, 0, 0.5, 0, 0.5, 1]))
    constant = -norm.logpdf(TRUTH, 1.0, TRAINING.std()).mean()
    by_place = -norm.logpdf(TRUTH, TRAINING.mean(axis=0), TRAINING.std(axis=0)).mean()
    assert (scores["nll"].floor, scores["nll"].floor_predictor) == (
        pytest.approx(min(constant, by_place)),
        "mean" if constant < by_place else "bar-mean",
    )
    assert "nll" not in scored(TRUTH, PRED)


def test_a_place_where_all_are_alike_has_the_spread_of_all_bars():
    training = np.array([[5.0, 1, 0], [5, 0, -1]])
    known = KINDS["countdown"].trivial(given(TRUTH), fit_reference("countdown", training))["bar-mean"]
    assert known.sd is not None
    assert known.sd[0].tolist() == pytest.approx([training.std(), 0.5, 0.5])
