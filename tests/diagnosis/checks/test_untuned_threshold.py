"""Thresholds nobody chose: planted in a run, and the bound of a table against all thresholds of random scorers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_auc_score

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.untuned_threshold import CHECK, measure
from polyhead.diagnosis.identities import least_best_f1

from ..cases import Row, fires, found, healthy
from ..expansions import reported
from ..tables import long, predicting

BASE = "machines"


def timid(case: Case, power: float, at: float = 0.5) -> Case:
    """Probabilities of the anomaly raised to a power, so that most are small, and answers at a threshold."""
    for split in ("val", "test"):
        score = case.predictions[split]["anomaly"].score ** power
        case = predicting(case, split, "anomaly", score=score, pred=(score >= at).astype(np.int64))
    return case


def plant(case: Case) -> Case:
    """Scores rank as before, but few reach one half."""
    return timid(case, 8.0)


ROWS: tuple[Row, ...] = (
    ("few reach one half", plant, True, "ranked well, decided badly"),
    ("chosen", lambda case: timid(case, 8.0, at=0.42**8), False, "the threshold moved with the scores"),
    ("a little off", lambda case: timid(case, 1.0, at=0.5), False, "F1 hardly gains"),
    (
        "nothing ranked",
        lambda case: predicting(
            plant(case), "test", "anomaly", score=np.random.default_rng(2).random(120) ** 8, pred=np.ones(120, int)
        ),
        False,
        "always yes is best, and in use",
    ),
    ("healthy", lambda case: case, False, "chosen on validation"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_any_monotone_score_gives_the_same_gain():
    values = [found(CHECK, timid(healthy(BASE), p, at=0.5 ** (p / 8)))[0].evidence[0].value for p in (8.0, 4.0)]
    assert values[0] == pytest.approx(values[1])


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 200), skill=st.floats(-2, 4), share=st.floats(0.05, 0.95))
def test_some_threshold_reaches_the_bound(seed, n, skill, share):
    """The largest F1 over all thresholds, from scikit-learn's curve, is never below the bound of the AUROC."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    score = np.round(rng.normal(skill * truth), int(rng.integers(0, 4)))
    if not 0 < truth.sum() < n:
        return
    precision, recall, _ = precision_recall_curve(truth, score)
    best = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12))
    assert best >= least_best_f1(roc_auc_score(truth, score), float(truth.mean())) - 1e-9


def test_bound_by_hand():
    """AUROC .5 gives 2p/(1+p) = 2 x .0721 / 1.0721 = .1345, AUROC 1 gives 1."""
    assert least_best_f1(0.5, 0.0721) == pytest.approx(0.13450, abs=1e-5)
    assert least_best_f1(1.0, 0.0721) == pytest.approx(1.0, abs=1e-6)
    # p = 1/2, f = .8: c = .8 / (.5 x 1.2) = 4/3, line 2/3 + 2/3 x reaches 1 at x = .5; area .5 x 5/6 + .5 = 11/12
    assert least_best_f1(11 / 12, 0.5) == pytest.approx(0.8)


def test_tables_get_a_note():
    (one,) = found(CHECK, long(span={"F1": "0.100", "AUROC": "0.990", "prevalence": "0.072"}))
    assert one.severity == "note"
    assert not found(CHECK, long(span={"F1": "0.740", "AUROC": "0.990", "prevalence": "0.072"}))


def test_a_score_below_chance_has_no_bound():
    from polyhead.diagnosis.check import NotCheckedError

    with pytest.raises(NotCheckedError):
        list(measure(long(span={"F1": "0.000", "AUROC": "0.300", "prevalence": "0.072"})))


def test_samples_of_a_span_share_one_threshold():
    """Scores of .3 inside and .1 outside, decided at one half: F1 0, and 1 at a threshold between."""
    case = reported()
    one = case.predictions["val"]["span"]
    ranked = replace(one, score=np.where(one.truth == 1, 0.3, 0.1))
    case = replace(case, predictions={"val": {"span": ranked}, "test": {"span": ranked}})
    (finding,) = found(CHECK, case)
    assert finding.evidence[0].value == pytest.approx(1.0)
    tuned = replace(ranked, pred=one.truth)
    assert not fires(CHECK, replace(case, predictions={"val": {"span": tuned}, "test": {"span": tuned}}))
