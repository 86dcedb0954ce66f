"""Recordings, samples and rows on both sides of a split, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.checks.split_leakage import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def with_split(case: Case, **values) -> Case:
    return replace(case, profile=replace(case.profile, split=replace(case.profile.split, **values)))


def plant(case: Case) -> Case:
    """One recording of 64 stands on both sides of a split by recording."""
    return with_split(case, straddling=1)


def taken(one: Predicted, rows) -> Predicted:
    parts = {name: None if part is None else part[rows] for name, part in vars(one).items()}
    return Predicted(**parts)


def as_validation(case: Case, share: float) -> Case:
    """The first `share` of the rows of validation become rows of training."""
    train, val = case.predictions["train"], case.predictions["val"]
    n = len(next(iter(val.values())).recording)
    count = int(share * n)

    def mixed(task: str) -> Predicted:
        first, last = taken(train[task], slice(0, count)), taken(val[task], slice(count, n))
        parts = {
            name: None if part is None else np.concatenate([part, getattr(last, name)])
            for name, part in vars(first).items()
        }
        return Predicted(**parts)

    return replace(case, predictions={**case.predictions, "val": {task: mixed(task) for task in val}})


def unnamed(case: Case, distinct: float = 0.5, apart: float = 0.05, within: float = 0.04) -> Case:
    """Every window is a recording; the life has so many values to a label, windows are `apart` from training ones."""
    life = case.profile.targets["life"]
    train = life.splits["train"]
    life = replace(life, splits={**life.splits, "train": replace(train, distinct=round(distinct * train.known))})
    case = replace(case, profile=replace(case.profile, targets={"life": life}))
    windows = case.profile.split.windows
    return with_split(case, recordings=dict(windows), nearest=apart, nearest_within=within, compared=200)


ROWS: tuple[Row, ...] = (
    ("one recording", plant, True, "promised whole, and cut"),
    ("samples", lambda case: with_split(case, overlapping=3), True, "windows overlap across the split"),
    ("copies", lambda case: with_split(case, duplicates=30), True, "30 of 228 equal a training window"),
    ("one copy", lambda case: with_split(case, duplicates=1), False, "1 of 228 moves nothing: a note"),
    ("by window on purpose", lambda case: with_split(case, by="window", straddling=9), True, "asked for, and said"),
    ("the future of the same", lambda case: with_split(case, by="time", straddling=9), False, "what by: time means"),
    ("near copies", lambda case: with_split(case, nearest=0.1, nearest_within=1.0), True, "a tenth of the distance"),
    ("near", lambda case: with_split(case, nearest=0.14, nearest_within=1.0), False, "above 0.13"),
    ("near, of few", lambda case: with_split(case, nearest=0.1, nearest_within=1.0, compared=40), False, "40 windows"),
    ("measured twice", unnamed, True, "two windows to a label, 0.05 apart, and no recording named"),
    ("measured once", lambda case: unnamed(case, distinct=1.0), False, "near, but each label is its own"),
    ("a scale of few values", lambda case: unnamed(case, distinct=0.02), False, "fifty windows to a label"),
    ("labels recur, windows differ", lambda case: unnamed(case, apart=0.5, within=0.5), False, "rounded labels"),
    (
        "alike, but named",
        lambda case: with_split(unnamed(case), recordings={"train": 45}),
        False,
        "recordings stay whole",
    ),
    ("validation is training", lambda case: as_validation(case, 1.0), True, "every row"),
    ("a twentieth is training", lambda case: as_validation(case, 0.05), True, "5 of 108 rows"),
    ("healthy", lambda case: case, False, "nothing shared"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


@pytest.mark.parametrize(
    ("by", "severity"),
    [("group", "error"), ("bearing", "error"), ("window", "warning"), ("loop", "warning")],
)
def test_a_promise_that_is_broken_is_worse_than_none(by, severity):
    (finding,) = found(CHECK, with_split(healthy(BASE), by=by, straddling=9))
    assert finding.severity == severity
    assert finding.evidence[0].value == pytest.approx(9 / 55)  # of 45 + 9 + 10 recordings, nine are counted twice


def test_a_network_that_says_one_thing_names_no_window():
    """Truths tell windows apart, predictions do not: equal rows on both sides are windows of the same truth."""
    case = as_validation(healthy(BASE), 1.0)

    def constant(tasks):
        return {
            name: replace(
                one,
                **{
                    part: value * 0.0
                    for part in ("pred", "score", "sd")
                    if (value := getattr(one, part)) is not None and value.dtype.kind == "f"
                },
            )
            for name, one in tasks.items()
        }

    alike = {split: constant(tasks) for split, tasks in (case.predictions or {}).items()}
    facts = [one.fact for one in measure(replace(case, predictions=alike))]
    assert "row" in [one.fact for one in measure(case)]
    assert "row" not in facts


def test_foreign_log_that_validates_on_training_windows():
    """No profile, no configuration: rows alone tell."""
    case = replace(as_validation(healthy(BASE), 1.0), profile=None, config=None)
    judged = [CHECK.judge(one) for one in measure(case)]
    rows = [one for one in judged if one is not None and one.scope.parameter == "row"]
    assert [(one.scope.split, one.severity) for one in rows] == [("val", "error")]
    assert "108 of 108 windows of val" in rows[0].what


@pytest.mark.parametrize(("copies", "severity"), [(228, "error"), (115, "error"), (114, "warning"), (2, "note")])
def test_the_more_was_trained_on_the_worse(copies, severity):
    """228 judged windows: half of them is 114, a hundredth 2.28."""
    (finding,) = found(CHECK, with_split(healthy(BASE), duplicates=copies, by="loop"))
    assert finding.severity == severity


def test_row_numbers_are_no_names():
    """A log that counts its rows from 0 in each part shares no recording by that."""
    case = healthy(BASE)

    def counted(one: Predicted) -> Predicted:
        return replace(one, recording=np.arange(len(one.recording)).astype(str))

    predictions = {s: {t: counted(one) for t, one in tasks.items()} for s, tasks in case.predictions.items()}
    foreign = replace(case, profile=None, config=None, predictions=predictions)
    assert [CHECK.judge(one) for one in measure(foreign)] == [None, None]


def test_constant_predictions_tell_no_windows_apart():
    """A head that always says the same makes windows of one recording look equal although they are not."""
    base = healthy(BASE).predictions["train"]["life"]
    dead = Predicted(np.repeat(["a", "b"], 50), np.ones(100), np.ones(100), np.ones(100, bool))
    assert base.pred.dtype.kind == "f"
    case = Case("a log", healthy(BASE).tasks, predictions={"train": {"life": dead}, "val": {"life": dead}})
    assert [one.fact for one in measure(case)] == ["recording"]


def test_order_and_units_of_tasks_do_not_matter():
    case = as_validation(healthy(BASE), 1.0)

    def other(tasks):
        scaled = {name: replace(one, pred=1e3 * one.pred) if name == "life" else one for name, one in tasks.items()}
        return dict(reversed(scaled.items()))

    turned = replace(case, predictions={split: other(tasks) for split, tasks in case.predictions.items()})
    assert [one.what for one in found(CHECK, turned)] == [one.what for one in found(CHECK, case)]


def test_example_of_the_page():
    """A middle window of three has a training neighbour but for 0.3^2 = 9 %."""
    rng = np.random.default_rng(0)
    train = rng.random((20000, 3)) < 0.7
    judged = ~train[:, 1]
    assert np.mean(train[judged, 0] | train[judged, 2]) == pytest.approx(0.91, abs=0.01)
