"""R2 under weights: what rounding must not turn into a number, and what an offset must not cost."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from polyhead.scoring.board import fit_reference, score_task
from polyhead.scoring.residuals import constant_prediction, mae_statistic, r2_statistic

from .cases import given


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("value", [0.1, 0.3, 1.7, 1e6 / 3])
def test_weights_on_equal_truths_leave_r2_undefined(pooled, value):
    truth = np.array([value] * 7 + [2.9, -1.3]).reshape(-1, 1, 1)
    weight = np.array([3.0, 1, 1, 0, 2, 1, 1, 0, 0])
    assert np.isnan(r2_statistic(truth, truth + 1, pooled=pooled)(weight))


def test_a_large_offset_costs_no_digits():
    rng = np.random.default_rng(0)
    truth = 1e9 + rng.normal(size=(50, 1, 1))
    pred = truth + 0.3 * rng.normal(size=truth.shape)
    weight = rng.integers(0, 4, size=50).astype(float)
    oracle = r2_score(truth[:, 0, 0] - 1e9, pred[:, 0, 0] - 1e9, sample_weight=weight)
    assert r2_statistic(truth, pred, pooled=False)(weight) == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2), (3, 2, 4)])
def test_one_constant_per_output_or_channel(shape):
    values = (5.0, 7.0)[: shape[1] if len(shape) > 1 else 1]
    constant = constant_prediction(values, shape)
    assert constant.shape == shape
    groups = [constant] if len(shape) == 1 else [constant[:, group] for group in range(shape[1])]
    assert [set(np.ravel(group)) for group in groups] == [{value} for value in values]


def nasa_score(truth, pred):
    reference = fit_reference("regression", np.array([0.0, 10.0, 26.0]))  # mean 12, median 10
    return score_task("regression", given(truth, pred), reference, metrics=["nasa_score"])["nasa_score"]


def test_the_nasa_score_by_hand_sums_and_charges_more_for_a_failure_foretold_too_late():
    score = nasa_score([100.0, 100.0, 100.0, 50.0], [100.0, 113.0, 87.0, 40.0])  # d = 0, 13, -13, -10
    assert score.value == pytest.approx(0 + (np.exp(1.3) - 1) + (np.e - 1) + (np.exp(10 / 13) - 1))
    # the mean 12 is nearer than the median 10: too early by 88 three times and by 38
    assert score.floor == pytest.approx(3 * np.exp(88 / 13) + np.exp(38 / 13) - 4)
    assert (score.floor_predictor, score.direction, score.best, score.unit) == ("mean", "lower", 0.0, "")
    assert score.skill == pytest.approx(1 - score.value / score.floor)


def test_a_nasa_score_beyond_float64_is_undefined():
    score = nasa_score([0.0, 1.0], [8000.0, 1.0])
    assert (score.value, score.skill) == (None, None)
    assert score.reason == "the result leaves the range of float64"
    assert score.floor == pytest.approx(np.exp(1) + np.exp(0.9) - 2)  # the median 10


def test_tiny_residuals_keep_their_digits_in_the_nasa_score():
    assert nasa_score([0.0, 1.0], [1e-15, 1.0]).value == pytest.approx(1e-16, rel=1e-6, abs=0)


def test_mean_absolute_residuals_under_weights_by_hand():
    """Windows are 1, 3 and 2 off on average; the second counts twice, the third not at all."""
    known = given(np.zeros((3, 2)), np.array([[1.0, -1.0], [0.0, 6.0], [2.0, 2.0]]))
    assert mae_statistic(known)(np.array([1.0, 2.0, 0.0])) == pytest.approx(7 / 3)
