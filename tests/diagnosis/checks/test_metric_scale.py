"""Errors in units of the scaled target: planted in a run, and by hand in tables."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.preprocessing import StandardScaler

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.metric_scale import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..tables import long, predicting, scored

BASE = "detector"


def rescaled(case: Case, factor: float, split: str = "test") -> Case:
    """The logged errors of the energy times a factor; R2 does not change with the unit."""
    own = case.metrics[split]["energy"]
    values = {name: own[name].value * factor**power for name, power in (("mae", 1), ("rmse", 1), ("mse", 2))}
    return scored(case, split, "energy", **values)


def plant(case: Case) -> Case:
    """Energy errors in units of the training set's standard deviation."""
    return rescaled(case, 1 / float(np.std(case.predictions["train"]["energy"].truth)))


ROWS: tuple[Row, ...] = (
    ("standardised", plant, True, "1 / sd of training"),
    ("other unit", lambda case: rescaled(case, 1e-3), True, "GeV beside predictions in MeV"),
    ("another checkpoint", lambda case: rescaled(case, 1.03), False, "3 % is no unit"),
    (
        "only one of them",
        lambda case: scored(case, "test", "energy", mae=0.5 * case.metrics["test"]["energy"]["mae"].value),
        False,
        "a unit changes all of them alike",
    ),
    (
        "not all alike",
        lambda case: scored(
            rescaled(case, 0.5), "test", "energy", mae=0.8 * case.metrics["test"]["energy"]["mae"].value
        ),
        False,
        "no unit leaves one and halves the others",
    ),
    ("healthy", lambda case: case, False, "as recomputed"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_says_which_scale():
    sd = float(np.std(healthy(BASE).predictions["train"]["energy"].truth))
    (one,) = found(CHECK, plant(healthy(BASE)))
    assert one.evidence[0].value == pytest.approx(1 / sd)
    assert "units of the sd of training" in one.what
    (other,) = found(CHECK, rescaled(healthy(BASE), 1e-3))
    assert "another unit" in other.what


@pytest.mark.parametrize("unit", [1e3, 1e-3])
def test_units_do_not_matter(unit):
    """Energy in another unit throughout is silent, and with the fault it speaks as before."""
    for fault in (lambda case: case, plant):
        case = healthy(BASE)
        for split in ("train", "test"):
            own = case.predictions[split]["energy"]
            case = predicting(case, split, "energy", truth=unit * own.truth, pred=unit * own.pred)
            case = rescaled(case, unit, split)
        assert fires(CHECK, fault(case)) is (fault is plant)


def test_standardised_by_scikit_learn():
    """MSE and R2 of a standardised pressure of 40 bar imply an sd of about 1."""
    rng = np.random.default_rng(0)
    truth = 100 + 40 * rng.normal(size=400)
    pred = truth + 20 * rng.normal(size=400)
    scaler = StandardScaler().fit(truth[:, None])
    inner = [scaler.transform(values[:, None])[:, 0] for values in (truth, pred)]
    scaled = {"MSE": mean_squared_error(*inner), "R2": r2_score(*inner), "target_sd": truth.std()}
    physical = {"MSE": mean_squared_error(truth, pred), "R2": r2_score(truth, pred), "target_sd": truth.std()}
    (one,) = measure(long(pressure=scaled))
    assert one.implied == pytest.approx((1.0, 1.0), abs=1e-4)
    assert fires(CHECK, long(pressure=scaled))
    assert not fires(CHECK, long(pressure=physical))
    assert not fires(CHECK, long(pressure=scaled | {"target_sd": 1.1}))


def test_another_epoch_is_no_unit():
    """Errors logged at another epoch are all 1.4 times as large: no unit differs so little, unless it is the sd."""
    assert not fires(CHECK, rescaled(healthy(BASE), 1.4))
    assert fires(CHECK, rescaled(healthy(BASE), 4.0))
