"""Metrics that are one number, against scikit-learn's micro averages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.redundant_metrics import CHECK

from ..cases import Row, fires, found, healthy
from ..tables import long, scored

BASE = "machines"


def all_at(value: float):
    """Accuracy, F1, precision and recall of the anomaly at one value."""
    return lambda case: scored(case, "test", "anomaly", accuracy=value, f1=value, precision=value, recall=value)


def plant(case: Case) -> Case:
    """Micro averages reported as four metrics."""
    return all_at(0.923)(case)


ROWS: tuple[Row, ...] = (
    ("four alike", plant, True, "micro averages"),
    ("three alike", lambda case: scored(plant(case), "test", "anomaly", recall=0.9), True, "accuracy among them"),
    ("all perfect", all_at(1.0), False, "1 is 1 in all of them"),
    ("none right", all_at(0.0), False, "0 is 0 in all of them"),
    ("nearly alike", lambda case: scored(plant(case), "test", "anomaly", accuracy=0.924, f1=0.9231), False, "differ"),
    (
        "misses as frequent as false alarms",
        lambda case: scored(case, "test", "anomaly", f1=0.9, precision=0.9, recall=0.9),
        False,
        "without the accuracy it can be chance: a note",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


@pytest.mark.parametrize(("average", "expected"), [("micro", True), ("macro", False), ("weighted", False)])
def test_against_scikit_learn(average, expected):
    """Micro averages of three classes are the accuracy; macro and weighted ones of the same answers are not."""
    rng = np.random.default_rng(3)
    truth = rng.choice(3, 500, p=[0.8, 0.15, 0.05])
    pred = np.where(rng.random(500) < 0.7, truth, rng.integers(3, size=500))
    precision, recall, f1, _ = sk.precision_recall_fscore_support(truth, pred, average=average)
    accuracy = sk.accuracy_score(truth, pred)
    case = long(fault={"acc": repr(float(accuracy)), "P": repr(float(precision)), "R": recall, "F1": f1, "classes": 3})
    assert fires(CHECK, case) is expected


def test_a_macro_average_beside_them_is_enough():
    """With macro F1 in the table the others are only superfluous: a note."""
    four = {"acc": "0.923", "P": "0.923", "R": "0.923", "F1": "0.923"}
    assert [one.severity for one in found(CHECK, long(fault=four))] == ["warning"]
    assert [one.severity for one in found(CHECK, long(fault=four | {"macro F1": "0.41"}))] == ["note"]


def test_an_even_yes_or_no_may_have_them_equal():
    """Of ten yes and ten no, one miss and one false alarm: accuracy, precision, recall and F1 are all .9."""
    truth, said = np.repeat([0, 1], 10), np.repeat([0, 1, 0, 1], [9, 1, 1, 9])
    assert {sk.accuracy_score(truth, said), sk.f1_score(truth, said), sk.precision_score(truth, said)} == {0.9}
    case = all_at(0.9)(healthy(BASE))
    own = case.metrics["test"]["anomaly"]
    assert fires(CHECK, case)
    even = {**own, "accuracy": replace(own["accuracy"], floor=0.5)}
    assert not fires(CHECK, replace(case, metrics={"test": {"anomaly": even}}))
