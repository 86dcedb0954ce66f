"""Rare classes, with recalls counted by hand and intervals and AUROC by scipy and scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.checks.class_imbalance import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def made(counts: dict[str, int], judged: dict[str, tuple[int, int]], aside: float = 0.0) -> Case:
    """A task of classes: windows of each in training; on test of each (hits, windows), misses said to be the first.

    `aside` is how far scores of the own class lie above the rest, in standard deviations.
    """
    rng = np.random.default_rng(0)
    classes = tuple(counts)
    train = np.repeat(classes, [*counts.values()])
    truth = np.repeat(classes, [n for _, n in judged.values()])
    pred = np.concatenate([np.repeat([name, classes[0]], [hits, n - hits]) for name, (hits, n) in judged.items()])
    score = rng.normal(size=(len(truth), len(classes)))
    score += aside * (truth[:, None] == np.array(classes)[None, :])
    facts = TaskFacts("kind", kind="classification", classes=classes)

    def predicted(labels, said, scores=None) -> Predicted:
        return Predicted(np.arange(len(labels)).astype(str), labels, said, np.ones(len(labels), bool), scores)

    return Case(
        "by hand",
        {"kind": facts},
        predictions={"train": {"kind": predicted(train, train)}, "test": {"kind": predicted(truth, pred, score)}},
    )


RARE = {"a": 980, "b": 15, "c": 5}


def trained(case: Case, hits: int, others: int = 980) -> Case:
    """The same with so many of the rarest class found in training, and so many of the commonest."""
    one = case.predictions["train"]["kind"]
    own, rest = np.flatnonzero(one.truth == "c")[hits:], np.flatnonzero(one.truth == "a")[others:]
    pred = one.pred.copy()
    pred[own], pred[rest] = "a", "b"
    train = {"kind": replace(one, pred=pred)}
    return replace(case, predictions={**case.predictions, "train": train})


def few(hits: int, aside: float = 0.0, others: int = 980) -> Case:
    """None of two found on test; in training so many of five."""
    return trained(made(RARE, {"a": (98, 100), "b": (18, 20), "c": (0, 2)}, aside), hits, others)


def plant(_: Case) -> Case:
    """No frozen run is imbalanced: 5 of 1000 windows, and none of 20 found."""
    return made(RARE, {"a": (98, 100), "b": (18, 20), "c": (0, 20)})


ROWS: tuple[Row, ...] = (
    ("rare and missed", plant, True, "0 of 20"),
    ("rare and found", lambda _: made(RARE, {"a": (98, 100), "b": (18, 20), "c": (18, 20)}), False, "a note"),
    ("rare, missed, ranked", lambda _: made(RARE, {"a": (98, 100), "b": (18, 20), "c": (0, 20)}, 3.0), False,
     "the score tells it apart: a threshold is missing"),
    ("rare and too few", lambda _: made(RARE, {"a": (98, 100), "b": (18, 20), "c": (0, 6)}), False,
     "0 of 6 allows a recall of 0.39"),
    ("ignored in training", lambda _: few(0), True, "0 of 5 in training, and of the others all"),
    ("ignored and ranked", lambda _: few(0, 3.0), True, "among three classes there is no threshold to move"),
    ("learned by heart", lambda _: few(5), False, "all of 5 in training, and of test only 2"),
    ("all are missed", lambda _: few(0, others=200), False, "the others are missed too: 0 of 5 is chance"),
    ("even and missed", lambda _: made({"a": 400, "b": 300, "c": 300}, {"a": (9, 9), "b": (9, 9), "c": (0, 20)}), False,
     "missed, but not for being rare"),
    ("healthy", lambda case: case, False, "classes alike"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_rare_alone_is_a_note():
    assert [one.severity for one in found(CHECK, ROWS[1][1](healthy(BASE)))] == ["note"]


def test_numbers_of_the_page():
    """5 / (1000 / 3) = 0.015; 980 / 5 = 196; Wilson of 0 of 20 by scipy."""
    from scipy.stats import binomtest

    (rare,) = measure(plant(healthy(BASE)))
    assert rare.share == pytest.approx(0.015)
    assert rare.most / rare.count == 196
    expected = binomtest(0, 20).proportion_ci(method="wilson")
    assert rare.interval == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert expected.high == pytest.approx(0.161, abs=5e-4)


def test_fisher_by_hand():
    """Of 13 windows 9 are found; none of three if all three are among the 4 missed: 4 x 3 x 2 / (13 x 12 x 11)."""
    labels = np.repeat(["a", "c"], [10, 3])
    said = np.r_[np.repeat("a", 9), np.repeat("c", 1), np.repeat("a", 3)]
    one = Predicted(np.arange(13).astype(str), labels, said, np.ones(13, bool), None)
    facts = TaskFacts("kind", kind="classification", classes=("a", "c"))
    (rare,) = measure(Case("by hand", {"kind": facts}, predictions={"train": {"kind": one}}))
    assert (rare.trained, rare.hits) == (3, 0)
    assert rare.chance == pytest.approx(24 / 1716)


@pytest.mark.parametrize("base", ["machines", "radio"])
def test_auroc_of_the_rarest_by_scikit_learn(base):
    from sklearn.metrics import roc_auc_score

    case = healthy(base)
    for rare in measure(case):
        one = case.predictions[rare.split][rare.task]
        own = one.truth.astype(str) == rare.label
        score = one.score if one.score.ndim == 1 else one.score[:, case.tasks[rare.task].classes.index(rare.label)]
        assert rare.auroc == pytest.approx(
            roc_auc_score(own, score if rare.label != "0" or one.score.ndim == 2 else -score)
        )


def test_more_of_everything_changes_nothing():
    """Ten times the windows, other names."""
    more = made({"x": 9800, "y": 150, "z": 50}, {"x": (980, 1000), "y": (180, 200), "z": (0, 200)})
    assert [one.severity for one in found(CHECK, more)] == [one.severity for one in found(CHECK, plant(more))]


def test_patch_is_one_that_the_configuration_takes():
    from polyhead.config.data import SamplerOptions

    (finding,) = found(CHECK, plant(healthy(BASE)))
    patch = finding.fixes[0].patch
    assert SamplerOptions(**patch["data.sampler"]).name == "class_balanced"


def test_what_is_found_is_said_of_both_splits():
    (finding,) = found(CHECK, few(0))
    assert finding.what.endswith("; 0% of 2 on test and 0 of 5 in training are found")
