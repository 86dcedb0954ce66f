"""Coverage of classes by split, combination and batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.missing_class import CHECK, Coverage, judge, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def with_counts(case: Case, task: str = "fault", **splits: dict[str, int]) -> Case:
    target = case.profile.targets[task]
    changed = {name: replace(target.splits[name], counts=counts) for name, counts in splits.items()}
    targets = {**case.profile.targets, task: replace(target, splits={**target.splits, **changed})}
    return replace(case, profile=replace(case.profile, targets=targets))


def plant(case: Case) -> Case:
    """Training loses its outer faults; validation and test keep theirs."""
    return with_counts(case, train={"ball": 204, "inner": 180, "outer": 0})


ROWS: tuple[Row, ...] = (
    ("not trained", plant, True, "60 windows of test cannot be right"),
    ("not listed", lambda case: with_counts(case, train={"ball": 204, "inner": 180}), True, "absent is 0"),
    ("not validated", lambda case: with_counts(case, val={"ball": 36, "inner": 36, "outer": 0}), True, "blind choice"),
    ("not tested", lambda case: with_counts(case, test={"ball": 60, "inner": 60, "outer": 0}), False, "a note"),
    ("one of each", lambda case: with_counts(case, val={"ball": 106, "inner": 1, "outer": 1}), False, "but there"),
    ("nowhere judged", lambda case: with_counts(case, "anomaly", train={"0": 540}, val={"0": 9}, test={"0": 9}), False,
     "a class that no part has is not missing"),
    ("healthy", lambda case: case, False, "all classes in all parts"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity_needs_support():
    """60 windows that cannot be right are an error; four may be odd labels."""
    assert [one.severity for one in found(CHECK, plant(healthy(BASE)))] == ["error"]
    few = with_counts(
        healthy(BASE),
        train={"ball": 204, "inner": 180, "outer": 0},
        val={"ball": 36, "inner": 36, "outer": 0},
        test={"ball": 36, "inner": 36, "outer": 4},
    )
    assert [one.severity for one in found(CHECK, few)] == ["warning"]


def test_example_of_the_page():
    """The best that can be reached without outer: 60 of 120, by scikit-learn."""
    from sklearn.metrics import accuracy_score

    truth = np.repeat(["ball", "inner", "outer"], [24, 36, 60])
    best = np.where(truth == "outer", "ball", truth)
    assert accuracy_score(truth, best) == 0.5


def test_classes_that_lack_alike_are_one_finding():
    case = with_counts(healthy(BASE), val={"ball": 108})
    (finding,) = found(CHECK, case)
    assert "inner, outer" in finding.what


def test_renamed_classes_and_tasks():
    """Other names, ten times the windows: the same verdict."""
    case = with_counts(
        healthy(BASE), train={"b": 2040, "i": 1800, "o": 0}, val={"b": 360, "i": 360, "o": 360}, test={"o": 600}
    )
    assert sorted(one.severity for one in found(CHECK, case)) == ["error", "note"]  # o; b and i lack in test


def test_a_batch_that_lacks_what_it_should_hold_is_a_note():
    """16 of each class a batch on average, sorted by class: half of all batches and more lack it."""
    case = healthy(BASE)
    n = len(case.steps["step"])
    sorted_batches = np.where(np.arange(n) < n // 3, 32.0, 0.0)
    notes = found(CHECK, replace(case, steps=columns(case.steps, count__fault__ball=sorted_batches)))
    assert [one.severity for one in notes] == ["note"]
    assert notes[0].evidence[0].value == pytest.approx(2 / 3, abs=0.01)


def test_shuffled_batches_lack_a_class_as_poisson_says():
    """At three expected a shuffled batch lacks a class with probability e^-3 = 0.0498: far below one half."""
    from scipy.stats import poisson

    assert poisson.pmf(0, 3) == pytest.approx(0.0498, abs=1e-4)


def test_unseen_combination():
    """Two tasks of classes whose pair (qpsk, 3) is only ever judged."""
    case = healthy("radio")
    train = {
        name: replace(one, mask=one.mask & ~hidden(case.predictions["train"]))
        for name, one in case.predictions["train"].items()
    }
    cut = replace(case, predictions={**case.predictions, "train": train})
    told = [one for one in measure(cut) if one.fact == "combination" and "test" in one.counts]
    share = float(np.mean(hidden(case.predictions["test"])))
    assert told[0].missing == pytest.approx(share)


def hidden(tasks) -> np.ndarray:
    first, second = (tasks[name].truth.astype(str) for name in ("modulation", "noise"))
    return (first == "qpsk") & (second == "3")


@given(st.dictionaries(st.sampled_from(["train", "val", "test"]), st.integers(1, 1000), min_size=1))
def test_a_class_that_every_part_has_is_never_missing(counts):
    assert judge(Coverage("task", "a", "class", counts)) is None


def test_no_classes_is_not_passed():
    with pytest.raises(NotCheckedError):
        list(measure(healthy("detector")))


def test_batches_without_a_span_are_as_it_comes():
    """Of 20 batches two hold one long span each: 10 marked samples a batch on average, and most batches lack them."""
    count = np.zeros(20)
    count[:2] = 100
    steps = {"step": np.arange(20.0), "count.one.1": count}
    for kind, expected in (("span", False), ("binary", True)):
        tasks = {"one": TaskFacts("one", kind=kind, classes=("0", "1"))}
        predicted = {"one": Predicted(np.arange(4), np.array([0, 1, 0, 1]), np.zeros(4), np.ones(4, bool))}
        case = Case(origin="", tasks=tasks, steps=steps, predictions={"train": predicted, "val": predicted})
        try:
            assert bool([one for one in found(CHECK, case) if "batches" in one.what]) is expected
        except NotCheckedError:
            assert not expected
