"""Scores turned round in a run, and AUROC by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.checks.inverted_score import CHECK, judge, measure

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


def test_few_recordings_of_one_label_are_no_error():
    """All windows of 4 of 20 recordings are yes, and rank below the others: by Mann and Whitney the AUROC of such
    recordings has a standard deviation of sqrt(21 / (12 x 4 x 16)) = .165, and .2 lies 1.8 of them below chance."""
    names, truth = np.repeat(np.arange(20), 5), np.repeat([1, 0], [20, 80])
    rank = np.r_[[0, 1, 2, 9.8], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2.1, 2.2, 2.3, 2.4, 0.1, 2.5]]
    score = np.repeat(rank, 5) / 20
    one = Predicted(names.astype(str), truth, truth, np.ones(100, bool), score)
    tasks = {"anomaly": replace(healthy(BASE).tasks["anomaly"])}
    (ranked,) = measure(Case(origin="few", tasks=tasks, predictions={"test": {"anomaly": one}}))
    assert ranked.below == pytest.approx((0.5 - ranked.auroc) / 0.16536, rel=1e-3)
    assert judge(replace(ranked, below=1.8, interval=(0.05, 0.45))).severity == "warning"
    assert judge(replace(ranked, below=2.4, interval=(0.05, 0.45))).severity == "error"


def test_what_was_never_learned_is_no_inversion():
    """Below chance by the bootstrap, 1.8 deviations by recordings: a warning if training was ranked, else a note. By
    2.4 it is an error whatever training says."""
    (ranked,) = [one for one in measure(plant(healthy(BASE))) if one.split == "test"]
    weak = replace(ranked, below=1.8, interval=(0.3, 0.45))
    assert judge(replace(weak, learned=(0.55, 0.7))).severity == "warning"
    assert judge(replace(weak, learned=(0.45, 0.6))).severity == "note"
    assert judge(replace(weak, split="train", training=None, learned=None)).severity == "note"
    assert judge(replace(weak, below=2.4, learned=(0.45, 0.6))).severity == "error"


def test_a_task_without_weight_is_not_asked():
    case = plant(healthy(BASE))
    tasks = {**case.config.tasks, "anomaly": case.config.tasks["anomaly"].model_copy(update={"weight": 0.0})}
    assert fires(CHECK, case)
    assert not fires(CHECK, replace(case, config=case.config.model_copy(update={"tasks": tasks})))


def test_yes_is_1_whatever_the_classes_are_called():
    """Predictions of yes or no are 1 and 0, also where the data call them 1 and 2."""
    tasks = {**healthy(BASE).tasks, "anomaly": replace(healthy(BASE).tasks["anomaly"], classes=("1", "2"))}
    assert not fires(CHECK, replace(healthy(BASE), tasks=tasks))
    assert fires(CHECK, replace(plant(healthy(BASE)), tasks=tasks))
