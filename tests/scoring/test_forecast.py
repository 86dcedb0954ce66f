"""Forecast scores against hand calculation and scikit-learn; persistence as a floor."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels


def test_the_reference_holds_one_constant_per_channel_not_per_step():
    truth = np.array([[[0.0, 1.0, 5.0], [10.0, 10.0, 10.0]], [[0.0, 0.0, 0.0], [10.0, 10.0, 40.0]]])
    reference = fit_reference("forecast", truth)
    assert reference.mean == (1.0, 15.0)
    assert reference.median == (0.0, 10.0)


def test_r2_by_hand_pools_channels_about_their_own_means():
    truth = np.array([[[0.0, 2.0], [10.0, 10.0]], [[2.0, 4.0], [14.0, 14.0]]])  # SST 4+0+0+4 and 4*4
    pred = truth + np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])  # SSE 1 + 4
    r2 = score_task("forecast", given(truth, pred), fit_reference("forecast", truth))["r2"]
    assert r2.value == pytest.approx(1 - 5 / 24)


@pytest.mark.parametrize("seed", range(3))
def test_r2_and_its_floor_are_the_variance_weighted_r2_of_scikit_learn(seed):
    case = drawn("forecast", seed=seed)
    reference = fit_reference("forecast", training_labels("forecast"))
    scores = score_task("forecast", case, reference)

    def by_channel(values):  # (window, channel, horizon) -> (window and step, channel)
        return np.moveaxis(values[case.mask], 1, 2).reshape(-1, 2)

    truth = by_channel(case.truth)
    oracle = r2_score(truth, by_channel(case.pred), multioutput="variance_weighted")
    assert scores["r2"].value == pytest.approx(oracle)
    labels = training_labels("forecast")
    constants = [[of(labels[:, channel]) for channel in range(2)] for of in (np.mean, np.median)]
    trivial = [np.broadcast_to(np.reshape(constant, (1, 2, 1)), case.truth.shape) for constant in constants]
    trivial.append(np.repeat(case.last[:, :, None], 5, axis=2))
    r2s = [r2_score(truth, by_channel(pred), multioutput="variance_weighted") for pred in trivial]
    assert scores["r2"].floor == pytest.approx(max(r2s))
    errors = [mean_squared_error(truth, by_channel(pred)) for pred in trivial]
    assert scores["mse"].floor == pytest.approx(min(errors))


def test_persistence_is_the_floor_of_a_slow_signal_and_absent_without_the_last_sample():
    start = np.linspace(-5, 5, 20)
    truth = start[:, None, None] + np.array([0.1, 0.2])
    case = given(truth, truth + 0.05, last=start[:, None])
    reference = fit_reference("forecast", truth)
    mae = score_task("forecast", case, reference)["mae"]
    assert (mae.floor, mae.floor_predictor) == (pytest.approx(0.15), "persistence")
    assert mae.skill == pytest.approx(1 - 0.05 / 0.15)
    without = score_task("forecast", replace(case, last=None), reference)["mae"]
    assert without.floor_predictor in ("mean", "median")
    assert without.skill > mae.skill


def test_a_last_sample_of_another_shape_is_refused():
    truth = np.ones((4, 2, 3))
    with pytest.raises(ValueError, match=r"\(window, channel\) = \(4, 2\), found \(4, 3\)"):
        score_task("forecast", given(truth, last=np.ones((4, 3))), fit_reference("forecast", truth))


def test_a_last_sample_that_is_not_finite_is_no_floor():
    truth = np.arange(12.0).reshape(4, 1, 3)
    case = given(truth, truth + 1, last=[[0.0], [np.nan], [6.0], [9.0]])
    scores = score_task("forecast", case, fit_reference("forecast", truth))
    assert {score.floor_predictor for score in scores.values()} <= {"mean", "median", None}


def test_a_constant_signal_has_no_r2():
    truth = np.full((3, 2, 4), 0.1)
    r2 = score_task("forecast", given(truth, truth + 1), fit_reference("forecast", truth))["r2"]
    assert (r2.value, r2.reason) == (None, "the known labels are constant")
