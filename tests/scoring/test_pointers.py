"""Pointer scores against hand calculation and scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([[2.0, 5.0], [2.0, 3.0], [6.0, 7.0]])
TRUTH, PRED = np.array([[2.0, 5.0], [0.0, 9.0]]), np.array([[3.0, 6.0], [4.0, 9.5]])


def scored(truth, pred, training=TRAINING, **options):
    return score_task("pointers", given(truth, pred), fit_reference("pointers", training), **options)


def test_by_hand():
    scores = scored(TRUTH, PRED, unit="bars")
    assert [name for name, score in scores.items() if score.unit == "bars"] == ["boundary_mae", "start_mae", "end_mae"]
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {
            "boundary_mae": (1 + 1 + 4 + 0.5) / 4,
            "iou": (3 / 5 + 6 / 10.5) / 2,  # bars 4 to 9 of 0 to 9.5
            "hit_3": 1 / 2,
            "start_mae": (1 + 4) / 2,
            "end_mae": (1 + 0.5) / 2,
            "span_f1_50": 1.0,
        }
    )


def test_the_reference_and_floors_by_hand():
    # F1 of bars 2 to 7: 16 of 26, of 2 to 5 12 of 20; tIoU .5 with the first two, as many as any: 1 to 4
    reference = fit_reference("pointers", TRAINING)
    assert (reference.median, reference.spans) == ((2.0, 5.0), (2, 7, 1, 4))
    scores = scored(TRUTH, PRED)
    assert {name: (score.floor, score.floor_predictor) for name, score in scores.items()} == {
        "boundary_mae": (1.5, "median"),  # 0 0 2 4; constant-span 0 2 2 2, as good but named later
        "iou": (pytest.approx((4 / 4 + 4 / 10) / 2), "median"),
        "hit_3": (1.0, "constant-span"),
        "start_mae": (1.0, "median"),
        "end_mae": (2.0, "median"),
        "span_f1_50": (1.0, "constant-span"),
    }
    assert scores["boundary_mae"].skill == pytest.approx(1 - 1.625 / 1.5)


@pytest.mark.parametrize("seed", range(2))
def test_values_are_those_of_scikit_learn(seed):
    case = drawn("pointers", seed=seed)
    pred = np.rint(case.pred)
    pred[:, 1] = np.maximum(pred[:, 1], pred[:, 0])
    scores = score_task("pointers", given(case.truth, pred), fit_reference("pointers", training_labels("pointers")))
    bar = np.arange(-20, 60)
    true, found = (((ends[:, :1] <= bar) & (bar <= ends[:, 1:])).astype(int) for ends in (case.truth, pred))
    assert scores["iou"].value == pytest.approx(sk.jaccard_score(true, found, average="samples"))
    assert scores["boundary_mae"].value == pytest.approx(sk.mean_absolute_error(case.truth, pred))
    assert (scores["start_mae"].value, scores["end_mae"].value) == pytest.approx(
        tuple(sk.mean_absolute_error(case.truth, pred, multioutput="raw_values"))
    )


def test_ends_the_wrong_way_round_overlap_nothing_and_hits_are_not_rounded():
    scores = scored([[2.0, 5.0], [2.0, 5.0]], [[6.0, 1.0], [5.2, 5.0]])
    assert scores["iou"].value == pytest.approx((0 + 0.8 / 4) / 2)
    assert scores["hit_3"].value == 0
    assert scored([[2.0, 5.0]], [[5.0, 8.0]])["hit_3"].value == 1


def test_truths_that_are_no_spans_are_refused_but_masked_ones_are_not():
    with pytest.raises(InputError, match="1 of 2 spans end before they start, or start before bar 0; mask"):
        scored([[2.0, 5.0], [-1.0, -1.0]], PRED)
    masked = given([[2.0, 5.0], [-1.0, -1.0]], PRED, mask=[True, False])
    assert score_task("pointers", masked, fit_reference("pointers", TRAINING))["boundary_mae"].n == 1
    with pytest.raises(ValueError, match=r"\(window, 2\), found \(2, 3\)"):
        fit_reference("pointers", np.zeros((2, 3)))
