"""Windows that do not count, and predictions that cannot be scored."""

from dataclasses import replace

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.scoring.board import KINDS, fit_reference, score_task

from .cases import drawn, given, training_labels

every_kind = pytest.mark.parametrize("kind", KINDS)


def scored(kind, prediction, **options):
    return score_task(kind, prediction, fit_reference(kind, training_labels(kind)), **options)


@every_kind
def test_unknown_windows_change_nothing_whatever_they_hold(kind):
    case = drawn(kind)
    unknown = ~case.mask
    truth, pred = case.truth.copy(), case.pred.copy()
    truth[unknown], pred[unknown] = -7, 3
    assert scored(kind, replace(case, truth=truth, pred=pred)) == scored(kind, case)
    assert {score.n for score in scored(kind, case).values()} == {int(case.mask.sum())}


@every_kind
def test_without_a_known_label_everything_is_undefined_with_the_reason(kind):
    case = drawn(kind)
    for score in scored(kind, replace(case, mask=np.zeros_like(case.mask)), interval=True).values():
        assert (score.value, score.floor, score.skill, score.interval, score.n) == (None, None, None, None, 0)
        assert score.reason == "no known label"


@every_kind
def test_a_prediction_that_is_not_finite_has_a_floor_and_no_value(kind):
    case = drawn(kind)
    if case.score is None:
        pred = case.pred.copy()
        pred[np.flatnonzero(case.mask)[:3]] = np.nan
        broken, noun = replace(case, pred=pred), "predictions"
    else:
        score = case.score.copy()
        score[np.flatnonzero(case.mask)[:3]] = np.inf
        broken, noun = replace(case, score=score), "scores"
    for name, score in scored(kind, broken, interval=True).items():
        assert (score.value, score.skill, score.interval) == (None, None, None)
        assert score.reason == f"3 of {case.mask.sum()} {noun} are not finite"
        assert score.floor == scored(kind, case)[name].floor is not None


def test_shapes_that_would_broadcast_are_refused():
    truth = np.arange(3.0)
    reference = fit_reference("regression", truth)
    with pytest.raises(ValueError, match="truth and pred have one shape"):
        score_task("regression", given(truth, truth[:, None]), reference)
    with pytest.raises(ValueError, match="one row per window"):
        score_task("regression", given(truth, mask=[True]), reference)
    with pytest.raises(ValueError, match="holds 1 outputs, the prediction 2"):
        score_task("regression", given(np.ones((3, 2))), reference)
    with pytest.raises(ValueError, match=r"pred and low have one shape, found \(3,\) and \(3, 1\)"):
        score_task("regression", given(truth, low=truth[:, None], high=truth), reference)
    with pytest.raises(ValueError, match="fitted for regression, not for forecast"):
        score_task("forecast", given(np.ones((3, 1, 2))), reference)


def test_labels_that_cannot_be_are_refused_and_named():
    with pytest.raises(InputError, match="no known label in the training split"):
        fit_reference("binary", np.array([], dtype=int))
    with pytest.raises(InputError, match="1 of 2 training labels are not finite"):
        fit_reference("regression", np.array([1.0, np.nan]))
    with pytest.raises(InputError, match="expected class indices from 0 to 1, found 2"):
        fit_reference("binary", np.array([0, 1, 2]))
    with pytest.raises(InputError, match="expected class indices from 0 to 2, found -1, 3"):
        fit_reference("classification", np.array([-1, 0, 3]), classes=3)
    with pytest.raises(InputError, match="expected class indices from 0 to 1, found 2"):
        score_task("classification", given([0, 2]), fit_reference("classification", np.array([0, 1])))
