"""Scores turned round in a run, and AUROC by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.checks.inverted_score import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..tables import long, predicting

BASE = "machines"


def flipped(case: Case, *splits: str) -> Case:
    """Labels of some splits with yes and no exchanged."""
    for split in splits:
        case = predicting(case, split, "anomaly", truth=1 - case.predictions[split]["anomaly"].truth)
    return case


def plant(case: Case) -> Case:
    """The map of labels is turned round in the test split only."""
    return flipped(case, "test")


def shuffled(case: Case) -> Case:
    """A score that ranks nothing, and by chance a little the wrong way."""
    own = case.predictions["test"]["anomaly"]
    score = np.random.default_rng(1).random(len(own.score))
    score = score if roc_auc_score(own.truth, score) < 0.5 else -score
    assert 0.4 < roc_auc_score(own.truth, score) < 0.5
    return predicting(case, "test", "anomaly", score=score)


ROWS: tuple[Row, ...] = (
    ("test turned round", plant, True, "AUROC .005 over all windows"),
    ("everywhere", lambda case: flipped(case, "train", "val", "test"), True, "the score is that of the other class"),
    ("no rank", shuffled, False, "AUROC .5 within its interval"),
    ("healthy", lambda case: case, False, "AUROC .99"),
    (
        "few recordings",
        lambda case: predicting(plant(case), "test", "anomaly", recording=np.repeat(["a", "b"], 60)),
        False,
        "two recordings have no interval",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_auroc_by_hand():
    """Positives .2, .4, negatives .3, .6, .8: 1 of 6 pairs in order, in each of twelve recordings."""
    n = 12
    own = Predicted(
        np.repeat(np.arange(n), 5).astype(str),
        np.tile([1, 1, 0, 0, 0], n),
        np.zeros(5 * n, int),
        np.ones(5 * n, bool),
        np.tile([0.2, 0.4, 0.3, 0.6, 0.8], n),
    )
    case = healthy(BASE)
    case = replace(case, predictions={"test": {"anomaly": own}}, tasks={"anomaly": case.tasks["anomaly"]})
    (ranked,) = measure(case)
    assert ranked.auroc == pytest.approx(1 / 6)
    (finding,) = found(CHECK, case)
    assert finding.severity == "error"
    assert finding.evidence[1].value == pytest.approx(5 / 6)


def test_any_scale_of_the_score_gives_the_same():
    case = plant(healthy(BASE))
    score = case.predictions["test"]["anomaly"].score
    values = [
        found(CHECK, predicting(case, "test", "anomaly", score=s))[0].evidence[0].value for s in (score, 40 * score)
    ]
    assert values[0] == values[1]


def test_a_table_is_not_enough():
    assert CHECK.why_not(long(anomaly={"AUROC": "0.02"}))
