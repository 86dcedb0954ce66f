"""Numbers of runs that others wrote up, typed as tables: what their own arithmetic says, and what it does not.

The tables are typed here; no check knows them.
"""

from __future__ import annotations

from functools import cache

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import check_module
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.diagnose import Diagnosis, diagnose

from .tables import table

OUTPUTS = (
    *("constant-output", "below-floor", "below-majority", "inverted-score", "batch-averaged-metric"),
    *("impossible-metrics", "redundant-metrics", "metric-scale", "degenerate-r2", "untuned-threshold"),
    "unmeasured-task",
)
BEARINGS = """
    task,metric,value
    classification,acc,≈ 0.923
    classification,F1,≈ 0.923
    classification,precision,≈ 0.923
    classification,recall,≈ 0.923
    classification,majority,0.9226
    anomaly,acc,≈0.929
    anomaly,AUROC,≈0.020
    anomaly,F1,≈0.067
    anomaly,precision,≈0.078
    anomaly,recall,≈0.063
    anomaly,majority,0.9226
    rul,MAE,≈0.527
    rul,MAPE,≈0.998
    rul,MSE,≈0.358
    rul,R2,≈−2641.96
    signal,MAE,≈0.953
    signal,MSE,≈1.452
    signal,R2,≈−0.45
"""
SPANS = """
    task,split,epoch,loss,sigma,F1,P,R,prevalence
    type,val,100,0.68,0.83,,,,
    pointers,val,100,0.009,0.41,,,,
    span,val,100,0.28,0.60,0.0000,0.0000,0.0000,0.0721
    countdown,val,100,10.08,1.47,,,,
    total,val,100,11.05,,,,,
"""
MODULATION = """
    task,split,epoch,metric,value
    combined,val,1,accuracy,21.52 %
    modulation,val,1,accuracy,45.45 %
    snr,val,1,accuracy,37.17 %
    combined,val,33,accuracy,28.33 %
    modulation,val,33,accuracy,49.13 %
    snr,val,33,accuracy,43.69 %
    combined,train,33,accuracy,40.56 %
    modulation,train,33,accuracy,56.02 %
    snr,train,33,accuracy,57.77 %
"""


@cache
def said(text: str) -> Diagnosis:
    return diagnose(table(text), [check_module(id).CHECK for id in OUTPUTS])


def of(text: str, task: str, id: str):
    return [one for one in said(text).findings if (one.scope.task, one.id) == (task, id)]


def test_auroc_is_an_average_not_an_inversion():
    """.020 is below the .060 that P, R and accuracy would allow, pooled: nothing is inverted."""
    (one,) = of(BEARINGS, "anomaly", "batch-averaged-metric")
    assert one.severity == "error"
    assert "per-batch average over single-class batches" in one.what
    assert not of(BEARINGS, "anomaly", "inverted-score")
    assert said(BEARINGS).checks["inverted-score"].startswith("skipped")
    assert all("flip the" not in fix.text.replace("do not flip", "") for fix in one.fixes)


def test_f1_contradicts_precision_and_recall_and_nothing_is_derived_from_them():
    (one,) = of(BEARINGS, "anomaly", "impossible-metrics")
    assert "f1" in one.evidence[0].metric
    assert one.evidence[0].threshold == pytest.approx(0.0692, abs=5e-5)
    facts = [fact.metric for finding in said(BEARINGS).findings for fact in finding.evidence]
    assert not [name for name in facts if "prevalence" in name or "share of positives" in name]


def test_accuracy_of_the_anomaly_is_about_that_of_always_no():
    (one,) = of(BEARINGS, "anomaly", "below-majority")
    assert one.severity == "warning"
    assert "about what always naming the commonest class scores, 0.9226" in one.what
    assert "batch-averaged-metric" in one.follows


def test_classification_has_no_evidence_on_minority_classes():
    (one,) = of(BEARINGS, "classification", "redundant-metrics")
    assert "no evidence on minority classes" in one.what
    assert "macro F1" in one.what
    assert of(BEARINGS, "classification", "below-majority")


def test_remaining_life_has_two_ranked_hypotheses_and_a_test():
    (one,) = of(BEARINGS, "rul", "degenerate-r2")
    assert one.what.index("predictions near 0") < one.what.index("near-constant labels about 0.53 of sd 0.0116")
    assert [other.id for other in one.alternatives] == ["constant-output", "filled-labels"]
    assert "sd of all labels" in one.alternatives[0].probe
    assert of(BEARINGS, "rul", "constant-output")
    assert not of(BEARINGS, "rul", "metric-scale")
    assert of(BEARINGS, "rul", "below-floor")[0].follows


def test_signal_is_worse_than_its_mean():
    (one,) = of(BEARINGS, "signal", "below-floor")
    assert one.severity == "warning"
    assert [other.id for other in said(BEARINGS).findings if other.scope.task == "signal"] == ["below-floor"]


def test_span_never_says_yes_and_three_tasks_have_no_metric():
    assert of(SPANS, "span", "constant-output")
    assert of(SPANS, "span", "below-floor")[0].evidence[1].threshold == pytest.approx(0.1345, abs=5e-5)
    assert [one.scope.task for one in said(SPANS).findings if one.id == "unmeasured-task"] == [
        "type",
        "pointers",
        "countdown",
    ]


def everything(id: str, case: Case):
    check = check_module(id).CHECK
    if check.why_not(case) is not None:
        pytest.skip(str(check.why_not(case)))
    try:
        return [one for evidence in check.measure(case) if (one := check.judge(evidence)) is not None]
    except NotCheckedError as error:
        pytest.skip(str(error))


def test_weights_of_the_spans_lag():
    """1.47^2 / 10.08 = .214 of rest for the countdown, .41^2 / .009 = 18.7 for the pointers."""
    lags = {one.scope.task: one.evidence[0].value for one in everything("weight-lag", table(SPANS))}
    assert lags["countdown"] == pytest.approx(0.214, abs=1e-3)
    assert lags["pointers"] == pytest.approx(18.7, abs=0.1)


def test_countdown_holds_72_per_cent_of_the_weighted_sum():
    """10.08 / (2 x 1.47^2) = 2.332 of 3.242 in all; 91.2 % is its share without weights."""
    try:
        found = everything("loss-dominance", table(SPANS))
    except ModuleNotFoundError:
        pytest.skip("no such check yet")
    numbers = [fact.value for one in found for fact in (*one.evidence, *one.counter_evidence)]
    assert any(isinstance(one, float) and abs(one - 0.72) < 0.005 for one in numbers)
    assert any(isinstance(one, float) and abs(one - 0.912) < 0.005 for one in numbers)


def test_joint_accuracy_is_possible():
    """28.33 % lies between 0 and 43.69 %; more than .4913 x .4369 = 21.5 %, so errors go together: no fault."""
    assert not [one for one in said(MODULATION).findings if one.id == "impossible-metrics"]
    bonds = [one for one in check_module("impossible-metrics").measure(table(MODULATION)) if one.rule == "joint"]
    assert {one.split: one.allowed for one in bonds} == {
        "val": pytest.approx((0.0, 0.43695)),
        "train": pytest.approx((0.1378, 0.56025)),
    }


def test_joint_accuracy_above_the_worst_task_is_not():
    wrong = MODULATION.replace("combined,val,33,accuracy,28.33 %", "combined,val,33,accuracy,54.87 %")
    assert [one.severity for one in said(wrong).findings if one.id == "impossible-metrics"] == ["error"]
