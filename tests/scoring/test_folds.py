"""Folds: every metric once of all windows, every fold beside what its own training set knew."""

from dataclasses import fields, replace

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.errors import InputError
from polyhead.scoring.board import KINDS, fit_reference, joined, score_parts, score_task

from .cases import drawn, given, training_labels

every_kind = pytest.mark.parametrize("kind", KINDS)


def halves(case):
    """The first and the second half of the windows."""
    values = {field.name: getattr(case, field.name) for field in fields(case)}
    half = len(case.truth) // 2
    return [
        replace(case, **{name: one[part] for name, one in values.items() if one is not None})
        for part in (slice(half), slice(half, None))
    ]


@every_kind
def test_folds_with_one_reference_score_as_one_split_intervals_included(kind):
    case, reference = drawn(kind), fit_reference(kind, training_labels(kind))
    parts = [(half, reference) for half in halves(case)]
    assert score_parts(kind, parts, interval=True, seed=3) == score_task(kind, case, reference, interval=True, seed=3)


def test_r2_by_hand_is_pooled_and_each_fold_stands_beside_its_own_training_mean():
    first = given([0.0, 2.0], [0.0, 1.0]), fit_reference("regression", np.array([10.0, 12.0]))  # mean 11
    second = given([10.0, 12.0], [10.0, 12.0]), fit_reference("regression", np.array([0.0, 2.0]))  # mean 1
    r2 = score_parts("regression", [first, second])["r2"]
    assert r2.value == pytest.approx(1 - 1 / (36 + 16 + 16 + 36))  # about the pooled mean 6; of folds: .5 and 1
    assert r2.floor == pytest.approx(1 - (121 + 81 + 81 + 121) / 104)
    assert r2.n == 4


def test_majorities_of_folds_are_their_own():
    first = given([0, 0, 1], [0, 0, 0]), fit_reference("classification", np.array([1, 1, 0]))
    second = given([1, 1, 0], [1, 1, 1]), fit_reference("classification", np.array([0, 0, 1]))
    accuracy = score_parts("classification", [first, second])["accuracy"]
    assert (accuracy.value, accuracy.floor) == (pytest.approx(4 / 6), pytest.approx(2 / 6))


def test_a_fold_of_one_class_adds_to_the_pooled_auroc():
    reference = fit_reference("binary", np.array([0, 1]))
    folds = [([0, 0, 0], [0.1, 0.6, 0.3]), ([1, 1, 1], [0.7, 0.5, 0.9])]
    parts = [(given(truth, truth, score=score), reference) for truth, score in folds]
    truth, score = (np.concatenate(values) for values in zip(*folds, strict=True))
    assert score_parts("binary", parts)["auroc"].value == pytest.approx(sk.roc_auc_score(truth, score))


def test_equal_indices_of_recordings_are_one_recording_across_folds():
    truth = np.arange(8.0)
    reference = fit_reference("regression", truth)
    for shift, reason in ((0, "no interval: fewer than 8 recordings"), (4, None)):
        parts = [
            (given(truth[part], truth[part] + [1, -1, 1, -1], recording=np.arange(4) + offset), reference)
            for part, offset in ((slice(4), 0), (slice(4, 8), shift))
        ]
        assert score_parts("regression", parts, interval=True)["r2"].reason == reason


def test_a_fold_without_a_known_label_changes_nothing():
    case, reference = drawn("forecast"), fit_reference("forecast", training_labels("forecast"))
    empty = replace(case, mask=np.zeros_like(case.mask), truth=np.full_like(case.truth, np.nan))
    assert score_parts("forecast", [(case, reference), (empty, reference)]) == score_task("forecast", case, reference)
    assert score_parts("forecast", [(empty, reference)] * 2)["r2"].reason == "no known label"


def test_joined_keeps_the_order_of_windows_and_what_is_absent():
    first, second = given([1.0, 2.0], sd=[0.1, 0.2]), given([3.0], sd=[0.3], mask=[False])
    both = joined([first, second])
    assert (both.truth.tolist(), both.sd.tolist(), both.mask.tolist()) == ([1, 2, 3], [0.1, 0.2, 0.3], [1, 1, 0])
    assert both.score is None
    assert joined([first]) is first
    with pytest.raises(ValueError, match="sd is there in 1 of 2 parts"):
        joined([first, replace(second, sd=None)])


def test_folds_that_know_different_classes_are_refused_with_the_remedy():
    parts = [
        (given([0, 1], score=np.full((2, classes), 1 / classes)), fit_reference("classification", np.arange(classes)))
        for classes in (3, 4)
    ]
    with pytest.raises(
        InputError, match=r"the folds differ in the shape of `score` per window: \(3,\), \(4,\); .*stratify"
    ):
        score_parts("classification", parts)
    with pytest.raises(InputError, match="the folds differ"):
        score_parts("classification", [(replace(case, score=None), reference) for case, reference in parts])


def test_a_reference_of_another_kind_is_refused_in_any_fold():
    case, reference = drawn("binary"), fit_reference("binary", training_labels("binary"))
    with pytest.raises(ValueError, match="fitted for ordinal, not for binary"):
        score_parts("binary", [(case, reference), (case, replace(reference, kind="ordinal"))])
