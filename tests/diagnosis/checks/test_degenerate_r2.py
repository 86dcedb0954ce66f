"""R2 without a denominator: the published one by hand, and labels that hardly vary in a run."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.degenerate_r2 import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..tables import long, predicting, scored

BASE = "machines"
PUBLISHED = {"MAE": "0.527", "MAPE": "0.998", "MSE": "0.358", "R2": "-2641.96"}


def about(case: Case, spread: float, worse: float = 1.0) -> Case:
    """Labels of life on test drawn together about their mean, predictions `worse` times as far off, R2 from that."""
    own = case.predictions["test"]["life"]
    truth = own.truth.mean() + spread * (own.truth - own.truth.mean())
    pred = truth + worse * (own.pred - own.truth)
    value = 1 - float(np.mean((pred - truth) ** 2) / np.var(truth))
    return scored(predicting(case, "test", "life", truth=truth, pred=pred), "test", "life", r2=value)


def plant(case: Case) -> Case:
    """All machines of the test split have nearly the same life."""
    return about(case, 0.05)


def by_recording(case: Case) -> Case:
    """R2 logged as a mean over recordings in which labels hardly vary."""
    return scored(case, "test", "life", r2=-312.0)


def far_off(case: Case) -> Case:
    """Predictions a hundred times too large: R2 is what it says."""
    own = case.predictions["test"]["life"]
    pred = 100 * own.pred
    value = 1 - float(np.mean((pred - own.truth) ** 2) / np.var(own.truth))
    return scored(predicting(case, "test", "life", pred=pred), "test", "life", r2=value)


ROWS: tuple[Row, ...] = (
    ("labels nearly alike", plant, True, "a twentieth of the spread of training"),
    ("mean over recordings", by_recording, True, "all windows together have .95"),
    ("a third of the spread", lambda case: about(case, 0.3), False, "that still varies"),
    ("narrower and bad", lambda case: about(case, 0.3, worse=2.5), False, "R2 about -2 says that it is bad"),
    ("far off", far_off, False, "the predictions are wrong, not the metric"),
    (
        "R2 a little below 0",
        lambda case: scored(case, "test", "life", r2=-0.4),
        False,
        "worse than the mean, no more",
    ),
    ("healthy", lambda case: case, False, "R2 .95"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_published_remaining_life():
    """sqrt(.358 / 2642.96) = .01164; of a head that says 0 sqrt(.358 - .527^2) = .2833 and 1 - .358 / .0803 = -3.5."""
    (denominator,) = measure(long(rul=PUBLISHED))
    assert denominator.implied == pytest.approx((0.01164, 0.01164), abs=2e-5)
    (one,) = found(CHECK, long(rul=PUBLISHED))
    assert [other.id for other in one.alternatives] == ["constant-output", "filled-labels"]
    for number in ("0.527", "0.283", "-3.5", "0.53", "0.0116"):
        assert number in one.what
    assert "sd of all labels" in one.alternatives[0].probe


def test_without_the_sign_of_a_dead_head_there_is_one_hypothesis():
    (one,) = found(CHECK, long(rul=PUBLISHED | {"MAPE": "0.61"}))
    assert [other.id for other in one.alternatives] == ["filled-labels"]


@pytest.mark.parametrize("unit", [1e3, 1e-3])
def test_units_do_not_matter(unit):
    case = plant(healthy(BASE))
    for split in ("train", "test"):
        own = case.predictions[split]["life"]
        case = predicting(case, split, "life", truth=unit * own.truth, pred=unit * own.pred)
    assert fires(CHECK, case)
    table = {"MAE": 0.527 * unit, "MAPE": 0.998, "MSE": 0.358 * unit**2, "R2": -2641.96}
    assert fires(CHECK, long(rul=table))
    assert not fires(CHECK, long(rul=table | {"R2": -8.0}))


@pytest.mark.parametrize("logged", [1.0, 30.0])
def test_several_outputs_that_ran_away_have_their_r2_by_right(logged):
    """Two outputs, predicted 100 times too large: R2 of each by scikit-learn and their mean, which is what was logged;
    thirty times that is no R2 of these predictions."""
    from sklearn.metrics import r2_score

    case = healthy(BASE)
    own = case.predictions["test"]["life"]
    truth = np.stack([own.truth, 5 * own.truth + 1], axis=1)
    value = float(r2_score(truth, 100 * truth))
    case = scored(predicting(case, "test", "life", truth=truth, pred=100 * truth), "test", "life", r2=logged * value)
    assert fires(CHECK, case) is (logged != 1.0)
