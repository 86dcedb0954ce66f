"""Means over batches: by hand, in a table, and planted in a run whose batches are grouped by class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.batch_averaged_metric import CHECK, measure

from ..cases import Row, columns, fires, found, healthy
from ..tables import long, predicting, scored

BASE = "machines"
PUBLISHED = {"acc": "0.929", "AUROC": "0.020", "F1": "0.067", "P": "0.078", "R": "0.063"}


def over_batches(truth: np.ndarray, score: np.ndarray, size: int) -> float:
    """Mean AUROC over batches, 0 where a batch has one class: what a library logs that warns and returns 0."""
    parts = [slice(at, at + size) for at in range(0, len(truth), size)]
    return float(
        np.mean([roc_auc_score(truth[p], score[p]) if 0 < truth[p].sum() < len(truth[p]) else 0 for p in parts])
    )


def grouped(case: Case, split: str = "val") -> Case:
    """The same windows in an order in which batches hold one class."""
    own = case.predictions[split]["anomaly"]
    order = np.argsort(own.truth, kind="stable")
    names = ("recording", "truth", "pred", "mask", "score")
    return predicting(case, split, "anomaly", **{name: getattr(own, name)[order] for name in names})


def plant(case: Case) -> Case:
    """AUROC logged as a mean over batches of 32, of which one is mixed: a quarter of what it is."""
    case = grouped(case)
    own = case.predictions["val"]["anomaly"]
    return scored(case, "val", "anomaly", auroc=over_batches(own.truth, own.score, 32))


ROWS: tuple[Row, ...] = (
    ("grouped batches", plant, True, "the logged value is the mean, not the pooled one"),
    ("grouped, but pooled", grouped, False, "the order of windows does not matter to a pooled metric"),
    ("another checkpoint", lambda case: scored(case, "val", "anomaly", auroc=0.985), False, "near the pooled one"),
    ("inverted", lambda case: scored(case, "val", "anomaly", auroc=0.004), False, "not the mean over batches either"),
    ("healthy", lambda case: case, False, "pooled"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_mean_and_pooled_by_hand():
    """57 negatives, then 51 positives, in batches of 32: of 4 batches one is mixed, so the mean is about a quarter."""
    one = next(one for one in measure(plant(healthy(BASE))) if one.task == "anomaly" and one.split == "val")
    assert one.pooled == pytest.approx(0.9966, abs=5e-5)
    assert one.logged == pytest.approx(one.averaged)
    assert 0.2 < one.averaged <= 0.25


def test_share_of_single_class_batches_is_counted():
    case = plant(healthy(BASE))
    half = np.arange(len(case.steps["step"])) % 2
    counts = columns(case.steps, count__anomaly__0=32.0 * half, count__anomaly__1=32.0 * (1 - half))
    (finding,) = found(CHECK, replace(case, steps=counts))
    assert {fact.metric: fact.value for fact in finding.evidence}["share of training batches with one class"] == 1.0


def test_published_table_is_an_average_not_an_inversion():
    """P, R and accuracy would put AUROC at .0604 to .97; .020 is below, and F1 .067 below that of P and R."""
    (finding,) = found(CHECK, long(anomaly=PUBLISHED))
    assert finding.severity == "error"
    assert "per-batch average over single-class batches" in finding.what
    assert finding.evidence[0].threshold == pytest.approx(0.0604, abs=5e-5)
    assert finding.alternatives[0].id == "inverted-score"
    assert any("do not flip" in fix.text for fix in finding.fixes)


def test_a_truly_inverted_table_is_not_called_an_average():
    """A scorer with AUROC .02 over all windows has metrics that fit each other."""
    rng = np.random.default_rng(0)
    truth = rng.random(2000) < 0.1
    score = rng.normal(-2.9 * truth)
    said = score > np.quantile(score, 0.95)
    values = {"acc": accuracy_score, "F1": f1_score, "P": precision_score, "R": recall_score}
    own = {name: f"{compute(truth, said):.3f}" for name, compute in values.items()}
    auroc = roc_auc_score(truth, score)
    assert auroc < 0.05
    assert not fires(CHECK, long(anomaly=own | {"AUROC": f"{auroc:.3f}"}))


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(5, 300), skill=st.floats(-3, 3), share=st.floats(0.05, 0.95))
def test_pooled_tables_are_never_averages(seed, n, skill, share):
    """Random scorers, inverted ones too, rounded to three digits."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    score = rng.normal(skill * truth)
    said = score >= rng.choice(score)
    if not 0 < truth.sum() < n:
        return
    own = {
        "AUROC": roc_auc_score(truth, score),
        "acc": accuracy_score(truth, said),
        "P": precision_score(truth, said),
        "R": recall_score(truth, said),
        "F1": f1_score(truth, said),
    }
    assert not fires(CHECK, long(task={name: f"{value:.3f}" for name, value in own.items()}))
