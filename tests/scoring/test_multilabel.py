"""Multi-label scores against hand calculation, scikit-learn and torchmetrics; labels that are one-sided."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]])  # shares .4 and .4; the sets 10 and 01 twice each
TRUTH = np.array([[1, 0], [1, 1], [0, 0], [0, 0]])
PRED = np.array([[1, 0], [0, 1], [0, 1], [0, 0]])
SCORE = np.array([[0.9, 0.1], [0.3, 0.8], [0.4, 0.6], [0.2, 0.3]])


def scored(prediction, training=TRAINING):
    return score_task("multilabel", prediction, fit_reference("multilabel", training))


def test_by_hand():
    values = {name: score.value for name, score in scored(given(TRUTH, PRED, score=SCORE)).items()}
    assert values == pytest.approx(
        {
            "auroc": (3 / 4 + 1) / 2,  # .9 beats .4 .2, .3 beats .2 only; .8 beats all
            "average_precision": ((0.5 * 1 + 0.5 * 2 / 3) + 1) / 2,
            "f1": (2 / 3 + 2 / 3) / 2,
            "precision": (1 + 1 / 2) / 2,
            "recall": (1 / 2 + 1) / 2,
            "accuracy": (3 / 4 + 3 / 4) / 2,
            "brier": ((0.01 + 0.49 + 0.16 + 0.04) / 4 + (0.01 + 0.04 + 0.36 + 0.09) / 4) / 2,
            "separation": ((0.6 - 0.3) + (0.8 - 1 / 3)) / 2,
            "exact_match": 2 / 4,
        }
    )


def test_floors_by_hand():
    scores = scored(given(TRUTH, PRED, score=SCORE))
    floors = {name: (score.floor, score.floor_predictor) for name, score in scores.items()}
    assert floors == {
        "auroc": (0.5, "chance"),
        "average_precision": (pytest.approx((2 / 4 + 1 / 4) / 2), "chance"),
        "f1": (pytest.approx((4 / 6 + 2 / 5) / 2), "all-positive"),
        "precision": (pytest.approx((2 / 4 + 1 / 4) / 2), "all-positive"),
        "recall": (1.0, "all-positive"),
        "accuracy": (pytest.approx((2 / 4 + 3 / 4) / 2), "majority"),
        "brier": (pytest.approx(((0.36 + 0.16) / 2 + (0.36 + 3 * 0.16) / 4) / 2), "prior"),
        "separation": (0.0, "chance"),
        "exact_match": (2 / 4, "majority"),  # no label at all, right twice
    }


def test_labels_that_exclude_each_other_are_matched_by_the_most_frequent_set_not_by_majorities():
    one_of_three = np.eye(3, dtype=int)[[0, 0, 0, 1, 1, 2, 2]]
    match = scored(given(one_of_three, np.zeros((7, 3), int)), one_of_three)["exact_match"]
    assert (match.floor, match.floor_predictor) == (pytest.approx(3 / 7), "common-set")
    assert match.skill < 0


@pytest.mark.parametrize("seed", range(3))
def test_values_and_floors_are_those_of_scikit_learn(seed):
    case, labels = drawn("multilabel", seed=seed), training_labels("multilabel")
    truth = case.truth[case.mask]

    def oracle(pred, score):
        return {
            "auroc": sk.roc_auc_score(truth, score, average="macro"),
            "average_precision": sk.average_precision_score(truth, score, average="macro"),
            "f1": sk.f1_score(truth, pred, average="macro"),
            "precision": sk.precision_score(truth, pred, average="macro", zero_division=0),
            "recall": sk.recall_score(truth, pred, average="macro"),
            "accuracy": 1 - sk.hamming_loss(truth, pred),
            "brier": np.mean([sk.brier_score_loss(truth[:, i], score[:, i]) for i in range(3)]),
            "exact_match": sk.accuracy_score(truth, pred),
        }

    scores = scored(case, labels)
    expected = oracle(case.pred[case.mask], case.score[case.mask])
    assert {name: scores[name].value for name in expected} == pytest.approx(expected)
    all_positive = oracle(np.ones_like(truth), np.full(truth.shape, 0.5))
    for name in ("auroc", "average_precision", "f1", "precision", "recall"):
        assert scores[name].floor == pytest.approx(all_positive[name])
    prior = oracle(np.zeros_like(truth), np.broadcast_to(labels.mean(axis=0), truth.shape))
    assert scores["brier"].floor == pytest.approx(prior["brier"])
    assert scores["accuracy"].floor == pytest.approx(prior["accuracy"])


def test_torchmetrics_agrees():
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.classification")
    case = drawn("multilabel", seed=7)
    truth, score = torch.tensor(case.truth[case.mask]), torch.tensor(case.score[case.mask])
    scores = scored(case, training_labels("multilabel"))
    assert scores["auroc"].value == pytest.approx(float(oracle.multilabel_auroc(score, truth, 3)), abs=1e-6)
    # above .5 there and from .5 on here: no score of this draw is .5 and decides
    pred = torch.tensor(case.pred[case.mask])
    assert scores["f1"].value == pytest.approx(float(oracle.multilabel_f1_score(pred, truth, 3)), abs=1e-6)
    exact = float(oracle.multilabel_exact_match(pred, truth, 3))
    assert scores["exact_match"].value == pytest.approx(exact, abs=1e-6)


def test_one_sided_labels_are_left_out_by_name_and_are_neither_zero_nor_one():
    truth = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1]])
    score = np.array([[0.9, 0.2, 0.7], [0.3, 0.1, 0.6], [0.8, 0.6, 0.2]])
    scores = scored(given(truth, (score > 0.5).astype(int), score=score), np.eye(3, dtype=int))
    auroc = scores["auroc"]
    assert (auroc.value, auroc.floor, auroc.skill) == (1.0, 0.5, 1.0)
    assert auroc.reason == (
        "label 1: left out, none of the 3 known labels is positive; "
        "label 2: left out, none of the 3 known labels is negative"
    )
    assert scores["recall"].value == pytest.approx((1 + 2 / 3) / 2)
    assert scores["accuracy"].reason is None


def test_without_any_two_sided_label_it_is_undefined():
    truth = np.zeros((3, 2), int)
    auroc = scored(given(truth, score=np.full((3, 2), 0.3)))["auroc"]
    assert (auroc.value, auroc.floor) == (None, None)
    assert auroc.reason == "none of the 3 known labels is positive"
    assert scored(given(truth))["auroc"].reason == "no probabilities"


def test_a_label_never_predicted_counts_as_zero_in_precision_so_that_silence_does_not_pay():
    pred = np.array([[1, 0], [1, 0], [0, 0], [0, 0]])
    precision = scored(given(TRUTH, pred))["precision"]
    assert precision.value == pytest.approx(1 / 2)
    assert precision.reason == "label 1: never predicted, precision counts as 0"
    assert precision.value == sk.precision_score(TRUTH, pred, average="macro", zero_division=0)


def test_shapes_and_labels_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"\(window, label\) = \(4, 3\), found \(4, 2\)"):
        scored(given(TRUTH, PRED), np.eye(3, dtype=int))
    with pytest.raises(ValueError, match=r"probabilities have shape .* found \(4, 1\)"):
        scored(given(TRUTH, PRED, score=SCORE[:, :1]))
    with pytest.raises(ValueError, match=r"labels have shape \(window, label\)"):
        fit_reference("multilabel", np.array([0, 1]))


def test_a_label_that_is_one_sided_here_is_left_out_of_the_interval_too():
    case = drawn("multilabel")
    truth = case.truth.copy()
    truth[:, 1] = 0
    case = replace(case, truth=truth)
    auroc = score_task("multilabel", case, fit_reference("multilabel", training_labels("multilabel")), interval=True)[
        "auroc"
    ]
    assert auroc.interval[0] < auroc.value < auroc.interval[1]
    assert auroc.interval[1] > 0.67  # two of three labels, were the third a 0
