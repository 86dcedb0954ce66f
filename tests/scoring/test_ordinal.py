"""Ordinal scores by hand and beside scikit-learn; the median class as a floor."""

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([0, 0, 0, 1, 2, 2, 3])  # majority 0, median class 1


def scored(prediction, training=TRAINING):
    return score_task("ordinal", prediction, fit_reference("ordinal", training))


def test_steps_between_classes_by_hand():
    scores = scored(given([0, 1, 2, 3, 3], [0, 2, 0, 2, 3]))  # off by 0, 1, 2, 1, 0
    assert scores["mae"].value == pytest.approx(4 / 5)
    assert scores["within_1"].value == pytest.approx(4 / 5)
    # always 0 is off by 0 1 2 3 3, always 1 by 1 0 1 2 2
    assert (scores["mae"].floor, scores["mae"].floor_predictor) == (pytest.approx(6 / 5), "median")
    assert (scores["within_1"].floor, scores["within_1"].floor_predictor) == (pytest.approx(3 / 5), "median")
    assert scores["mae"].skill == pytest.approx(1 - 4 / 6)
    assert (scores["mae"].direction, scores["mae"].best, scores["within_1"].best) == ("lower", 0.0, 1.0)
    assert (scores["accuracy"].floor, scores["accuracy"].floor_predictor) == (pytest.approx(1 / 5), "majority")


def test_the_majority_is_the_floor_where_it_is_the_better_constant_of_this_split():
    mae = scored(given([0, 0, 0, 1], [0, 0, 0, 0]))["mae"]
    assert (mae.floor, mae.floor_predictor, mae.skill) == (pytest.approx(1 / 4), "majority", 0.0)


def test_the_median_class_has_the_least_mae_in_training_of_all_constants():
    labels = np.random.default_rng(4).choice(6, size=101, p=[0.3, 0.02, 0.1, 0.08, 0.2, 0.3])
    errors = [sk.mean_absolute_error(labels, np.full(101, index)) for index in range(6)]
    assert fit_reference("ordinal", labels).median == (float(np.argmin(errors)),)


@pytest.mark.parametrize("seed", range(3))
def test_the_rest_is_as_in_classification(seed):
    case, labels = drawn("ordinal", seed=seed), training_labels("ordinal")
    scores = scored(case, labels)
    classes = score_task("classification", case, fit_reference("classification", labels))
    assert {name: scores[name] for name in classes} == classes
    truth, pred = case.truth[case.mask], case.pred[case.mask]
    assert scores["mae"].value == pytest.approx(sk.mean_absolute_error(truth, pred))
