"""Accuracies about and below the share of the commonest class; Wilson's interval against a published one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.below_majority import CHECK, Accuracy, judge, wilson

from ..cases import Row, fires, found, healthy
from ..tables import long, predicting

BASE = "machines"


def answering(case: Case, right: float, learned: float = 0.0, majority: float = 0.5833) -> Case:
    """Answers of the anomaly on test that are right for a share of windows; AUROC with some skill."""
    own = case.predictions["test"]["anomaly"]
    n = len(own.truth)
    wrong = np.arange(n) >= round(right * n)
    order = np.random.default_rng(0).permutation(n)
    pred = np.where(wrong[order], 1 - own.truth, own.truth)
    scores = case.metrics["test"]["anomaly"]
    accuracy = replace(scores["accuracy"], value=float(np.mean(pred == own.truth)), floor=majority, skill=None)
    auroc = replace(scores["auroc"], value=0.5 + learned / 2, skill=learned)
    test = {**case.metrics["test"], "anomaly": {"accuracy": accuracy, "auroc": auroc}}
    return replace(predicting(case, "test", "anomaly", pred=pred), metrics={**case.metrics, "test": test})


def with_f1(case: Case, skill: float) -> Case:
    """The F1 of the answers, too, with this skill."""
    test = case.metrics["test"]
    auroc = test["anomaly"]["auroc"]
    scores = {**test["anomaly"], "f1": replace(auroc, value=skill, skill=skill)}
    return replace(case, metrics={**case.metrics, "test": {**test, "anomaly": scores}})


def maybe_chance(case: Case) -> Case:
    """An AUROC of .6 that may be .5."""
    case = answering(case, 0.5833, learned=0.2)
    test = case.metrics["test"]
    auroc = replace(test["anomaly"]["auroc"], interval=(0.45, 0.75), floor=0.5)
    return replace(case, metrics={**case.metrics, "test": {**test, "anomaly": {**test["anomaly"], "auroc": auroc}}})


def plant(case: Case) -> Case:
    """Right as often as always saying no, and nothing ranked."""
    return answering(case, 0.5833)


ROWS: tuple[Row, ...] = (
    ("about the majority", plant, True, "58 % right, 58 % are no"),
    ("below it", lambda case: answering(case, 0.3), True, "worse than always no"),
    ("ranked well", lambda case: answering(case, 0.5833, learned=0.6), False, "the threshold gives accuracy away"),
    ("below, but ranked", lambda case: answering(case, 0.3, learned=0.6), False, "a note"),
    (
        "useless answers",
        lambda case: with_f1(answering(case, 0.3, learned=0.6), 0.02),
        True,
        "nor does F1 justify them",
    ),
    ("F1 pays", lambda case: with_f1(answering(case, 0.3, learned=0.6), 0.4), False, "accuracy was given for F1"),
    ("maybe chance", maybe_chance, True, "an AUROC of .6 with .5 in its interval shows nothing learned"),
    ("a fifth of the way", lambda case: answering(case, 0.68), False, "something beyond the majority was learned"),
    ("well above", lambda case: answering(case, 0.8), False, "half of the way to perfect"),
    ("healthy", lambda case: case, False, "95 %"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity():
    """Surely below with no skill elsewhere is an error, about it a warning, below with skill elsewhere a note."""
    said = [
        found(CHECK, answering(healthy(BASE), *args))[0].severity for args in ((0.2, 0.0), (0.5833, 0.0), (0.2, 0.6))
    ]
    assert said == ["error", "warning", "note"]


def test_wilson_against_scipy():
    low, high = wilson(7726 / 8374, 8374)
    known = binomtest(7726, 8374).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((known.low, known.high), abs=1e-9)


def test_published_classifier_called_healthy():
    """7726 of 8374 are normal, .9226; accuracy .923: (.923 - .9226) / .0774 = .005 of the way."""
    (one,) = found(CHECK, long(fault={"acc": "0.923", "majority": 7726 / 8374, "n": 8374}))
    assert one.evidence[0].value == pytest.approx(0.005, abs=1e-3)
    low, high = one.evidence[1].interval
    assert low < 0 < high
    assert not fires(CHECK, long(fault={"acc": "0.971", "majority": "0.9226", "n": 8374}))


def test_majority_from_the_share_of_positives():
    assert fires(CHECK, long(anomaly={"acc": "0.929", "prevalence": "0.077"}))
    assert fires(CHECK, long(anomaly={"acc": "0.929", "prevalence": "0.923"}))
    assert not fires(CHECK, long(anomaly={"acc": "0.929", "prevalence": "0.5"}))
    assert CHECK.why_not(long(anomaly={"acc": "0.929"})) is None


def test_far_above_a_small_majority():
    """.11 right among 50 even classes is five times chance, though .092 of the way to perfect."""
    one = Accuracy("species", "test", 0.11, 0.02, (0.08, 0.1), "", None, "classification")
    assert judge(one) is None
    assert judge(replace(one, interval=None)) is not None
    near = replace(one, accuracy=0.93, majority=0.9226, interval=(0.003, 0.012))
    assert "hardly above" in judge(near).what
