"""Regression scores against hand calculation, scikit-learn and torchmetrics."""

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([0.0, 1.0, 5.0])  # mean 2, median 1


def scored(truth, pred, training=TRAINING):
    return score_task("regression", given(truth, pred), fit_reference("regression", training))


def test_by_hand():
    scores = scored([1.0, 2.0, 4.0, 5.0], [2.0, 2.0, 2.0, 6.0])  # residuals 1, 0, -2, 1
    values = {name: score.value for name, score in scores.items()}
    assert values == pytest.approx(
        {
            "r2": 1 - 6 / 10,  # about the mean 3: 4 + 1 + 1 + 4
            "mae": 1.0,
            "rmse": 1.5**0.5,
            "mse": 1.5,
            "mape": (1 + 0 + 0.5 + 0.2) / 4,
            "bias": 0.0,
            "res_68": 1.04,  # of 0, 1, 1, 2 at position 0.68 * 3 = 2.04
        }
    )


def test_the_floor_is_the_better_of_training_mean_and_median_on_this_split():
    high = scored([4.0, 5.0, 6.0], [4.0, 5.0, 6.0])
    assert (high["mae"].floor, high["mae"].floor_predictor) == (pytest.approx(3.0), "mean")
    assert (high["r2"].floor, high["r2"].floor_predictor) == (pytest.approx(1 - (4 + 9 + 16) / 2), "mean")
    low = scored([0.0, 1.0, 2.0], [0.0, 0.0, 0.0])
    assert (low["mae"].floor, low["mae"].floor_predictor) == (pytest.approx(2 / 3), "median")
    assert (low["rmse"].floor, low["rmse"].floor_predictor) == (pytest.approx((2 / 3) ** 0.5), "median")
    assert low["mae"].skill == pytest.approx(1 - 1 / (2 / 3))
    assert low["r2"].skill == pytest.approx(((1 - 5 / 2) - 0) / (1 - 0))


@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_scikit_learn(seed):
    case = drawn("regression", seed=seed)
    truth, pred = case.truth[case.mask], case.pred[case.mask]
    scores = score_task("regression", case, fit_reference("regression", training_labels("regression")))
    oracle = {
        "r2": sk.r2_score(truth, pred, multioutput="uniform_average"),
        "mae": sk.mean_absolute_error(truth, pred),
        "mse": sk.mean_squared_error(truth, pred),
        "mape": sk.mean_absolute_percentage_error(truth, pred),
    }
    assert {name: scores[name].value for name in oracle} == pytest.approx(oracle)
    labels = training_labels("regression")
    constants = [
        np.broadcast_to(constant, truth.shape) for constant in (labels.mean(axis=0), np.median(labels, axis=0))
    ]
    floor = min(sk.mean_squared_error(truth, constant) ** 0.5 for constant in constants)
    assert scores["rmse"].floor == pytest.approx(floor)


def test_torchmetrics_agrees_on_r2():
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional")
    case = drawn("regression", seed=5)
    truth, pred = torch.tensor(case.truth[case.mask]), torch.tensor(case.pred[case.mask])
    scores = score_task("regression", case, fit_reference("regression", training_labels("regression")))
    assert scores["r2"].value == pytest.approx(float(oracle.r2_score(pred, truth)))


def test_bias_says_which_way_and_has_no_skill():
    bias = scored([1.0, 2.0], [1.5, 2.5])["bias"]
    assert (bias.value, bias.direction, bias.skill) == (0.5, None, None)
    assert bias.reason == "no skill: neither direction of bias is better"
    # the mean 2 is off by .5, the median 1 by -.5: equally far from 0, the first named
    assert (bias.floor, bias.floor_predictor) == (0.5, "mean")


@pytest.mark.parametrize(
    ("truth", "reason"), [([0.1] * 3, "the known labels are constant"), ([2.0], "fewer than 2 known labels")]
)
def test_r2_is_undefined_where_the_truth_does_not_vary(truth, reason):
    scores = scored(truth, [0.2] * len(truth))
    assert (scores["r2"].value, scores["r2"].floor, scores["r2"].skill) == (None, None, None)
    assert scores["r2"].reason == reason
    assert scores["mae"].value is not None


def test_a_constant_output_is_left_out_of_r2_by_name():
    truth = np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0]])
    r2 = scored(truth, truth + np.array([0.5, 1.0]), training=truth)["r2"]
    assert r2.value == pytest.approx(1 - 3 * 0.25 / 2)
    assert r2.reason == "left out, because constant in this split: output 1"


def test_a_split_that_the_median_already_knows_has_no_skill():
    mae = scored([1.0, 1.0], [1.0, 2.0])["mae"]
    assert (mae.floor, mae.floor_predictor, mae.skill) == (0.0, "median", None)


def test_relative_error_is_undefined_with_a_zero_among_the_truths_and_counts_them():
    mape = scored([0.0, 2.0, 0.0], [1.0, 2.0, 3.0])["mape"]
    assert (mape.value, mape.unit) == (None, "")
    assert mape.reason == "2 of 3 true values are 0, so that relative errors are undefined"


def test_single_precision_of_a_network_is_scored_in_double():
    truth = np.float32([1e8, 1e8 + 8, 1e8 + 16])
    assert scored(truth, truth + np.float32(8))["mse"].value == 64.0
