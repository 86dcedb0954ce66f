"""Bonds between metrics: by hand, against scikit-learn on random predictions, and on a run whose F1 is changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.impossible_metrics import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..tables import long, predicting, scored

BASE = "machines"


def plant(case: Case) -> Case:
    """An F1 that is a little less than that of its precision and recall, as a mean over batches is."""
    return scored(case, "val", "anomaly", f1=case.metrics["val"]["anomaly"]["f1"].value - 0.01)


ROWS: tuple[Row, ...] = (
    ("mean of F1", plant, True, "F1 .97, while P 1 and R .9608 make .98"),
    ("auroc too low", lambda case: scored(case, "val", "anomaly", auroc=0.9), True, "the point of P and R allows .96"),
    (
        "accuracy too high",
        lambda case: scored(case, "val", "anomaly", accuracy=0.999),
        True,
        "other share of yes",
    ),
    ("mae above rmse", lambda case: scored(case, "val", "life", mae=0.07), True, "the rmse is .068"),
    ("mean of rmse", lambda case: scored(case, "val", "life", rmse=0.066), True, "not the root of the mse"),
    ("in per cent", lambda case: scored(case, "val", "anomaly", auroc=99.7), True, "no AUROC"),
    ("healthy", lambda case: case, False, "as measured"),
    (
        "last digit of a float32",
        lambda case: scored(case, "val", "anomaly", f1=0.9800000131),
        False,
        "single precision",
    ),
    ("other auroc", lambda case: scored(case, "val", "anomaly", auroc=0.97), False, "a curve may run so"),
    ("less mae", lambda case: scored(case, "val", "life", mae=0.05), False, "MAE may be anything below"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def rule(case: Case, name: str):
    (bond,) = [one for one in measure(case) if one.rule == name]
    return bond


def test_f1_of_the_published_table():
    """2 x .0775 x .0625 / .14 = .069196 to 2 x .0785 x .0635 / .142 = .070208."""
    bond = rule(long(anomaly={"P": "0.078", "R": "0.063", "F1": "0.067", "acc": "0.929"}), "f1")
    assert bond.allowed == pytest.approx((0.069196, 0.070208), abs=1e-6)
    assert bond.claimed == pytest.approx((0.0665, 0.0675))


def test_nothing_is_derived_from_inconsistent_precision_and_recall():
    """F1 contradicts P and R, so no share of positives and no AUROC is held against them."""
    case = long(anomaly={"P": "0.078", "R": "0.063", "F1": "0.067", "acc": "0.929", "AUROC": "0.020"})
    assert {bond.rule for bond in measure(case)} == {"range", "f1"}
    consistent = long(anomaly={"P": "0.078", "R": "0.063", "F1": "0.070", "acc": "0.929", "AUROC": "0.020"})
    bond = rule(consistent, "roc")
    # p = .071 / (.937 + .063 x .922 / .078) = .04222, FPR = p x .7447 / (1 - p) = .03283; .063 x .96717 = .0609
    assert bond.allowed[0] == pytest.approx(0.0609, abs=5e-4)
    assert [one.severity for one in found(CHECK, consistent)] == ["error"]


def test_spread_of_the_target():
    """MSE .25 and R2 .75 imply sd 1; a target of sd 40, or of range 1.5 (sd <= .75), has another one."""
    numbers = {"MSE": "0.250", "R2": "0.750"}
    assert not fires(CHECK, long(life=numbers | {"target_sd": "1.2"}))
    assert fires(CHECK, long(life=numbers | {"target_sd": "40"}))
    assert fires(CHECK, long(life=numbers | {"target_min": "0.0", "target_max": "1.5"}))
    assert not fires(CHECK, long(life=numbers | {"target_min": "0.0", "target_max": "3.0"}))


def test_all_right_at_once():
    """No more than the worst task, no less than the sum minus K - 1."""
    assert not fires(CHECK, long(combined={"acc": "28.33 %"}, mod={"acc": "49.13 %"}, snr={"acc": "43.69 %"}))
    assert fires(CHECK, long(combined={"acc": "44.10 %"}, mod={"acc": "49.13 %"}, snr={"acc": "43.69 %"}))
    assert not fires(CHECK, long(combined={"acc": "0.85"}, mod={"acc": "0.90"}, snr={"acc": "0.80"}))  # their mean
    assert fires(CHECK, long(combined={"acc": "0.60"}, mod={"acc": "0.90"}, snr={"acc": "0.80"}))


def test_units_do_not_matter():
    """Remaining life in thousandths: every error metric changes, no verdict does."""
    case = healthy(BASE)
    for factor in (1.0, 1e3, 1e-4):
        own = {name: case.metrics["val"]["life"][name].value * factor for name in ("mae", "rmse")}
        mse = case.metrics["val"]["life"]["mse"].value * factor**2
        assert not fires(CHECK, scored(case, "val", "life", mse=mse, **own))
        assert fires(CHECK, scored(case, "val", "life", mse=mse, **own | {"mae": own["rmse"] * 1.02}))


def decided(seed: int, n: int, share: float, skill: float):
    """Labels and scores of a random scorer, and answers at a random threshold."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    score = np.round(rng.normal(skill * truth, 1.0), int(rng.integers(0, 5)))
    return truth, score, score >= rng.choice(score)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(4, 300),
    share=st.floats(0.02, 0.98),
    skill=st.floats(-3, 3),
    digits=st.sampled_from([None, 1, 2, 3]),
)
def test_random_decisions_break_nothing(seed, n, share, skill, digits):
    """All metrics from scikit-learn, exact and rounded: no false alarm."""
    truth, score, said = decided(seed, n, share, skill)
    if not truth.any() or truth.all() or not said.any():
        return
    values = {
        "auroc": sk.roc_auc_score(truth, score),
        "f1": sk.f1_score(truth, said),
        "precision": sk.precision_score(truth, said),
        "recall": sk.recall_score(truth, said),
        "accuracy": sk.accuracy_score(truth, said),
        "prevalence": truth.mean(),
    }
    texts = {name: repr(float(value)) if digits is None else f"{value:.{digits}f}" for name, value in values.items()}
    assert [one.what for one in found(CHECK, long(task=texts | {"kind": "binary"}))] == []


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(3, 200),
    scale=st.floats(1e-3, 1e3),
    digits=st.sampled_from([None, 2, 4]),
)
def test_random_numbers_break_nothing(seed, n, scale, digits):
    rng = np.random.default_rng(seed)
    truth = scale * rng.normal(size=n)
    pred = rng.normal() * truth + scale * rng.normal() * rng.normal(size=n)
    mse = sk.mean_squared_error(truth, pred)
    values = {
        "mae": sk.mean_absolute_error(truth, pred),
        "mse": mse,
        "rmse": np.sqrt(mse),
        "r2": sk.r2_score(truth, pred),
        "target_sd": truth.std(),
        "target_min": truth.min(),
        "target_max": truth.max(),
    }
    texts = {name: repr(float(value)) if digits is None else f"{value:.{digits}f}" for name, value in values.items()}
    assert [one.what for one in found(CHECK, long(task=texts))] == []


def test_averages_over_classes_are_no_contradiction():
    """Weighted averages of scikit-learn, as most papers print them for several classes: recall is the accuracy."""
    rng = np.random.default_rng(5)
    truth = rng.choice(4, 600, p=[0.5, 0.3, 0.15, 0.05])
    pred = np.where(rng.random(600) < 0.75, truth, rng.integers(4, size=600))
    precision, recall, f1, _ = sk.precision_recall_fscore_support(truth, pred, average="weighted")
    own = {"acc": sk.accuracy_score(truth, pred), "P": precision, "R": recall, "F1": f1}
    assert not fires(CHECK, long(fault={name: f"{value:.3f}" for name, value in own.items()}))


def test_mae_above_rmse_without_mse():
    assert fires(CHECK, long(life={"mae": 0.52, "rmse": 0.31, "r2": 0.5}))
    assert not fires(CHECK, long(life={"mae": 0.31, "rmse": 0.31, "r2": 0.5}))


def test_micro_averages_have_no_share_of_positives():
    """Precision, recall and accuracy of three classes are one number; no AUROC contradicts it."""
    same = dict.fromkeys(("accuracy", "precision", "recall", "f1"), 0.9231)
    assert not fires(CHECK, long(anomaly={**same, "auroc": 0.6123}))


@pytest.mark.parametrize("names", [("no", "yes"), ("1", "2"), ("0", "1")])
def test_labels_are_words(names):
    """Words as labels are read by the names of the classes, not as numbers."""
    case = healthy(BASE)
    own = case.predictions["test"]["anomaly"]
    facts = replace(case.tasks["anomaly"], classes=names)
    words = np.where(own.truth == 1, names[1], names[0]).astype(object)
    case = replace(case, tasks={**case.tasks, "anomaly": facts})
    assert not fires(CHECK, case)
    case = predicting(case, "test", "anomaly", truth=words)
    assert not fires(CHECK, case)
    assert fires(CHECK, scored(case, "test", "anomaly", accuracy=0.6))
