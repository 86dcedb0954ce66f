"""Reconstruction scores by hand and beside scikit-learn; its floors are constants of each channel."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels


def test_by_hand():
    truth = np.array([[[0.0, 2.0], [10.0, 10.0]], [[2.0, 4.0], [14.0, 14.0]]])  # SST 4+0+0+4 and 4*4
    pred = truth + np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])  # SSE 1 + 4
    scores = score_task("reconstruction", given(truth, pred), fit_reference("reconstruction", truth), unit="V")
    assert scores["r2"].value == pytest.approx(1 - 5 / 24)
    assert (scores["mae"].value, scores["mae"].unit) == (pytest.approx(3 / 8), "V")
    assert (scores["mae"].floor, scores["mae"].floor_predictor) == (pytest.approx((4 + 8) / 8), "mean")
    assert scores["r2"].floor == 0.0


def test_r2_and_its_floor_are_the_variance_weighted_r2_of_scikit_learn():
    case, labels = drawn("reconstruction", seed=3), training_labels("reconstruction")
    scores = score_task("reconstruction", case, fit_reference("reconstruction", labels))

    def by_channel(values):  # (window, channel, time) -> (window and time, channel)
        return np.moveaxis(values, 1, 2).reshape(-1, 2)

    truth = by_channel(case.truth[case.mask])
    oracle = r2_score(truth, by_channel(case.pred[case.mask]), multioutput="variance_weighted")
    assert scores["r2"].value == pytest.approx(oracle)
    constants = [of(by_channel(labels), axis=0) for of in (np.mean, np.median)]
    floors = [r2_score(truth, np.broadcast_to(one, truth.shape), multioutput="variance_weighted") for one in constants]
    assert scores["r2"].floor == pytest.approx(max(floors))


def test_persistence_is_no_trivial_predictor_of_a_window_that_is_itself_the_input():
    truth = np.repeat(np.linspace(-5, 5, 20), 4).reshape(20, 1, 4)
    case = given(truth, truth + 0.1, last=truth[:, :, 0])
    scores = score_task("reconstruction", case, fit_reference("reconstruction", truth))
    assert {score.floor_predictor for score in scores.values()} <= {"mean", "median"}


def test_numbers_without_channels_are_refused():
    with pytest.raises(ValueError, match=r"\(window, channel, step\), found \(2, 2\)"):
        fit_reference("reconstruction", np.ones((2, 2)))
