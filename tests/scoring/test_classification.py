"""Classification against hand calculation, scikit-learn and torchmetrics."""

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.dummy import DummyClassifier

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([0, 0, 0, 1, 1, 2])


def scored(prediction, training=TRAINING, **options):
    return score_task("classification", prediction, fit_reference("classification", training, **options))


def test_by_hand():
    # class 0: TP 2, FP 1, FN 0; class 1: TP 1, FP 1, FN 1; class 2: TP 0, FP 0, FN 1
    scores = scored(given([0, 0, 1, 1, 2], [0, 0, 0, 1, 1]))
    assert scores["macro_f1"].value == pytest.approx((4 / 5 + 2 / 4 + 0) / 3)
    assert scores["accuracy"].value == pytest.approx(3 / 5)
    assert scores["macro_precision"].value == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert scores["macro_precision"].reason == "class 2: never predicted, precision counts as 0"
    assert scores["macro_recall"].value == pytest.approx((1 + 1 / 2 + 0) / 3)
    # majority is class 0: F1 of it 2*2/(2*2+3), the others 0
    assert scores["macro_f1"].floor == pytest.approx(4 / 7 / 3)
    assert scores["accuracy"].floor == pytest.approx(2 / 5)
    assert scores["accuracy"].skill == pytest.approx((3 / 5 - 2 / 5) / (1 - 2 / 5))
    assert {scores[name].floor_predictor for name in ("macro_f1", "accuracy", "macro_recall")} == {"majority"}
    for name in ("macro_auroc", "log_loss"):
        assert (scores[name].value, scores[name].reason) == (None, "no probabilities")


def test_log_loss_by_hand_beside_the_prior():
    score = scored(given([0, 1], score=[[0.5, 0.25, 0.25], [0.2, 0.8, 0.0]]))["log_loss"]
    assert score.value == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert score.floor == pytest.approx(-(np.log(3 / 6) + np.log(2 / 6)) / 2)
    assert score.skill == pytest.approx(1 - score.value / score.floor)
    assert (score.floor_predictor, score.direction, score.best) == ("prior", "lower", 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_values_and_floors_are_those_of_scikit_learn(seed):
    case = drawn("classification", seed=seed)
    training = training_labels("classification")
    scores = scored(case, training)
    truth, pred, score = case.truth[case.mask], case.pred[case.mask], case.score[case.mask]

    def oracle(pred, score):
        return {
            "macro_f1": sk.f1_score(truth, pred, average="macro"),
            "accuracy": sk.accuracy_score(truth, pred),
            "macro_precision": sk.precision_score(truth, pred, average="macro", zero_division=0),
            "macro_recall": sk.recall_score(truth, pred, average="macro"),
            "macro_auroc": sk.roc_auc_score(truth, score, multi_class="ovr"),
            "log_loss": sk.log_loss(truth, score),
        }

    prior = DummyClassifier(strategy="prior").fit(training[:, None], training)
    no_feature = truth[:, None]
    assert {name: item.value for name, item in scores.items()} == pytest.approx(oracle(pred, score))
    floors = oracle(prior.predict(no_feature), prior.predict_proba(no_feature))
    assert {name: item.floor for name, item in scores.items()} == pytest.approx(floors)


def test_torchmetrics_agrees_where_every_class_occurs():
    torch = pytest.importorskip("torch")
    oracle = pytest.importorskip("torchmetrics.functional.classification")
    case = drawn("classification", seed=7)
    truth, score = torch.tensor(case.truth[case.mask]), torch.tensor(case.score[case.mask])
    scores = scored(case, training_labels("classification"))
    assert scores["macro_f1"].value == pytest.approx(float(oracle.multiclass_f1_score(score, truth, 4)), abs=1e-6)
    assert scores["macro_auroc"].value == pytest.approx(float(oracle.multiclass_auroc(score, truth, 4)), abs=1e-6)


def test_macro_averages_leave_out_classes_in_neither_truth_nor_prediction():
    truth, pred = [0, 0, 2, 2], [0, 2, 2, 2]
    assert scored(given(truth, pred))["macro_f1"].value == pytest.approx(sk.f1_score(truth, pred, average="macro"))
    only_predicted = scored(given([2, 2], [2, 1]))["macro_recall"]
    assert only_predicted.value == pytest.approx((1 / 2 + 0) / 2)
    assert only_predicted.reason == "class 1: predicted but absent from this split, recall counts as 0"


def test_macro_auroc_leaves_out_absent_classes_by_name_and_is_never_zero_for_want_of_them():
    score = [[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.5, 0.4, 0.1]]
    two = scored(given([0, 0, 1], score=score))["macro_auroc"]
    assert two.value == 1.0
    assert two.reason == "class 2: absent from this split, left out"
    assert (two.floor, two.skill, two.floor_predictor) == (0.5, 1.0, "chance")
    one = scored(given([1, 1, 1], score=score))["macro_auroc"]
    assert (one.value, one.floor, one.skill) == (None, None, None)
    assert one.reason == "only one class among the known labels"


def test_many_absent_classes_are_counted_rather_than_listed():
    reason = scored(given([0, 1], score=np.full((2, 20), 0.05)), classes=20)["macro_auroc"].reason
    assert reason == "class 2, 3, 4, 5, 6, 7, 8, 9 and 10 more: absent from this split, left out"


def test_where_the_majority_is_always_right_there_is_no_skill():
    accuracy = scored(given([0, 0], [0, 1]))["accuracy"]
    assert (accuracy.value, accuracy.floor, accuracy.skill) == (0.5, 1.0, None)
    assert accuracy.reason == "no skill: a trivial predictor is already perfect on this split"


def test_one_certain_error_costs_a_finite_log_loss():
    assert scored(given([2], [0], score=[[1.0, 0.0, 0.0]]))["log_loss"].value == pytest.approx(36.04, abs=0.01)


def test_probabilities_need_one_column_per_class():
    with pytest.raises(ValueError, match=r"\(window, class\) = \(2, 3\), found \(2, 2\)"):
        scored(given([0, 1], score=np.full((2, 2), 0.5)))
