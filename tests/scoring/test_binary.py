"""Binary scores against hand calculation and scikit-learn; what one class alone leaves undefined."""

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([0, 0, 0, 1])


def scored(prediction, training=TRAINING):
    return score_task("binary", prediction, fit_reference("binary", training))


def test_by_hand():
    # pairs (positive, negative): .9 beats .6 .4 .1; .4 loses to .6, ties .4, beats .1 -> (3 + 1.5) / 6
    scores = scored(given([1, 0, 1, 0, 0], [1, 1, 0, 0, 0], score=[0.9, 0.6, 0.4, 0.4, 0.1]))
    values = {name: score.value for name, score in scores.items()}
    assert values == pytest.approx(
        {
            "auroc": 4.5 / 6,
            "average_precision": 0.5 * 1 + 0.5 * 2 / 4,
            "f1": 0.5,
            "precision": 0.5,
            "recall": 0.5,
            "accuracy": 3 / 5,
            "brier": (0.01 + 0.36 + 0.36 + 0.16 + 0.01) / 5,
            "separation": 0.65 - 1.1 / 3,
        }
    )


def test_floors_by_hand_on_a_split_with_another_prevalence():
    # 2 of 5 positive here, 1 of 4 in training
    scores = scored(given([1, 0, 1, 0, 0], [1, 1, 0, 0, 0], score=[0.9, 0.6, 0.4, 0.4, 0.1]))
    floors = {name: (score.floor, score.floor_predictor) for name, score in scores.items()}
    assert floors == {
        "auroc": (0.5, "chance"),
        "average_precision": (pytest.approx(2 / 5), "chance"),
        "f1": (pytest.approx(2 * 2 / (2 + 5)), "all-positive"),
        "precision": (pytest.approx(2 / 5), "all-positive"),
        "recall": (1.0, "all-positive"),
        "accuracy": (pytest.approx(3 / 5), "majority"),
        "brier": (pytest.approx((2 * 0.75**2 + 3 * 0.25**2) / 5), "prior"),
        "separation": (0.0, "chance"),
    }
    assert scores["auroc"].skill == pytest.approx((0.75 - 0.5) / 0.5)
    assert scores["brier"].skill == pytest.approx(1 - 0.18 / 0.2625)
    assert scores["recall"].skill is None


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_scikit_learn(seed):
    case = drawn("binary", seed=seed)
    truth, pred, score = case.truth[case.mask], case.pred[case.mask], case.score[case.mask]
    oracle = {
        "auroc": sk.roc_auc_score(truth, score),
        "average_precision": sk.average_precision_score(truth, score),
        "f1": sk.f1_score(truth, pred),
        "precision": sk.precision_score(truth, pred),
        "recall": sk.recall_score(truth, pred),
        "accuracy": sk.accuracy_score(truth, pred),
        "brier": sk.brier_score_loss(truth, score),
        "separation": score[truth == 1].mean() - score[truth == 0].mean(),
    }
    scores = scored(case, training_labels("binary"))
    assert {name: item.value for name, item in scores.items()} == pytest.approx(oracle)


@pytest.mark.parametrize(
    ("truth", "sign", "undefined"),
    [
        (0, "positive", {"auroc", "average_precision", "f1", "precision", "recall", "separation"}),
        (1, "negative", {"auroc", "separation"}),
    ],
)
def test_with_one_class_only_what_needs_both_is_none_and_not_zero(truth, sign, undefined):
    scores = scored(given([truth] * 3, [1, 0, 1], score=[0.9, 0.2, 0.8]))
    assert {name for name, score in scores.items() if score.value is None} == undefined
    for name in undefined:
        assert (scores[name].floor, scores[name].skill) == (None, None)
        assert scores[name].reason == f"none of the 3 known labels is {sign}"


def test_pooled_auroc_is_not_the_mean_over_batches_of_one_class():
    # Two batches of one class each: pooled, every positive outranks every negative.
    batches = [([0, 0, 0], [0.1, 0.2, 0.3]), ([1, 1, 1], [0.7, 0.8, 0.9])]
    of_batches = [scored(given(truth, truth, score=score))["auroc"].value for truth, score in batches]
    truth, score = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert of_batches == [None, None]
    assert scored(given(truth, score=score))["auroc"].value == 1.0


def test_precision_without_a_positive_prediction_is_undefined_while_f1_is_zero():
    scores = scored(given([0, 1], [0, 0], score=[0.1, 0.2]))
    assert (scores["precision"].value, scores["precision"].reason) == (None, "nothing is predicted positive")
    assert (scores["f1"].value, scores["recall"].value) == (0.0, 0.0)
    assert scores["f1"].skill < 0


def test_without_probabilities_only_decisions_are_scored():
    scores = scored(given([0, 1, 1], [0, 1, 0]))
    for name in ("auroc", "average_precision", "brier", "separation"):
        assert (scores[name].value, scores[name].reason) == (None, "no probabilities")
    assert scores["recall"].value == 0.5


def test_probabilities_of_two_columns_are_refused():
    with pytest.raises(ValueError, match="the probability of 1 has shape"):
        scored(given([0, 1], score=[[0.5, 0.5], [0.5, 0.5]]))
