"""Ranges that labels leave, ranges a thousand times too wide, and predictions stuck at an end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.head_range import CHECK, judge, measure

from ..cases import Row, fires, found, healthy
from ..labels import with_labels

BASE = "machines"


def bounded(low: float, high: float):
    """The healthy run with other bounds on the life; its labels reach from 0.0018 to 1.0192."""

    def edit(case: Case) -> Case:
        life = case.config.tasks["life"].model_copy(update={"bounds": (low, high)})
        config = case.config.model_copy(update={"tasks": {**case.config.tasks, "life": life}})
        return replace(case, config=config)

    return edit


def predicted(values):
    """The healthy run with other predictions of the life on the test set."""

    def edit(case: Case) -> Case:
        one = case.predictions["test"]["life"]
        table = {**case.predictions["test"], "life": replace(one, pred=np.asarray(values(one.pred), float))}
        return replace(case, predictions={**case.predictions, "test": table})

    return edit


def plant(case: Case) -> Case:
    """The smallest injury: a head that stops at 0.9, below a tenth of the labels."""
    return bounded(0.0, 0.9)(case)


ROWS: tuple[Row, ...] = (
    ("too narrow", plant, True, "a tenth of the labels out of reach"),
    ("ReLU times 2000", bounded(0.0, 2000.0), True, "range 2000 for labels of width 1"),
    ("dead head", predicted(np.zeros_like), True, "all predictions at the lower end, no label there"),
    ("saturated head", predicted(lambda p: np.full_like(p, 1.05)), True, "all at the upper end"),
    ("a few out of reach", bounded(0.0, 1.018), True, "the largest label: a warning"),
    ("healthy", lambda case: case, False, "as it is"),
    ("ten times as wide", bounded(-5.0, 5.0), False, "wide, not another unit"),
    ("a few at the end", predicted(lambda p: np.where(np.arange(len(p)) % 4, p, 0.0)), False, "a quarter only"),
    ("nearly half", predicted(lambda p: np.where(np.arange(len(p)) % 9 < 4, 0.0, p)), False, "44 % at the end"),
    ("labels there too", lambda case: ended(case), False, "60 % of predictions and of labels at 0"),
)


def ended(case: Case) -> Case:
    """A quantity that is truly 0 in most windows, and predicted so."""
    one = case.predictions["test"]["life"]
    at = np.arange(len(one.truth)) % 5 < 3
    table = {"life": replace(one, truth=np.where(at, 0.0, one.truth), pred=np.where(at, 0.0, one.pred))}
    return replace(case, predictions={"test": table})


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity_follows_the_share():
    assert found(CHECK, plant(healthy(BASE)))[0].severity == "error"
    assert found(CHECK, bounded(0.0, 1.018)(healthy(BASE)))[0].severity == "warning"
    assert found(CHECK, bounded(0.0, 2000.0)(healthy(BASE)))[0].severity == "warning"
    assert found(CHECK, predicted(np.zeros_like)(healthy(BASE)))[0].severity == "error"


def test_share_out_of_reach_by_hand():
    """Labels 0.00, 0.01, .. 1.00 and bounds to 0.9: 10 of 101 lie above; the quantiles tell at least 5 %."""
    case = with_labels(bounded(0.0, 0.9)(healthy(BASE)), "life", np.linspace(0, 1, 101))
    (reach,) = measure(case)
    assert reach.outside == pytest.approx(0.05)
    (exact,) = measure(
        replace(case, profile=None, predictions={"test": {"life": _said(np.linspace(0, 1, 101))}}),
    )
    assert exact.outside == pytest.approx(10 / 101)


def _said(truth: np.ndarray) -> Predicted:
    return Predicted(np.arange(len(truth)).astype(str), truth, truth, np.ones(len(truth), bool))


def test_published_dead_head():
    """A log says the range 2000; predictions are 0 for the labels of 8374 files in [0, 1], 15 of which are 0."""
    truth = np.concatenate([np.zeros(15), np.linspace(0.002, 1, 8359)])
    one = replace(_said(truth), pred=np.zeros(8374))
    case = replace(
        healthy(BASE), config=None, profile=None, known={"life": {"range": 2000}}, predictions={"test": {"life": one}}
    )
    (reach,) = measure(case)
    assert (reach.low, reach.high, reach.end, reach.piled) == (0.0, 2000.0, 0.0, 1.0)
    assert reach.there == pytest.approx(15 / 8374)
    finding = judge(reach)
    assert finding.severity == "error"
    assert {fact.metric: fact.value for fact in finding.evidence}["width of the range over that of the labels"] == 2000


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    values = np.random.default_rng(0).uniform(0, 1, 400)
    case = replace(healthy(BASE), predictions=None)
    narrow = with_labels(bounded(0.0, 0.9 * unit)(case), "life", unit * values)
    wide = with_labels(bounded(-0.1 * unit, 1.1 * unit)(case), "life", unit * values)
    assert fires(CHECK, narrow)
    assert not fires(CHECK, wide)


def test_patch_holds_the_labels():
    (finding,) = found(CHECK, plant(healthy(BASE)))
    low, high = finding.fixes[0].patch["tasks.life.bounds"]
    assert low <= 0.0018
    assert high > 1.0192
    assert not fires(CHECK, bounded(low, high)(healthy(BASE)))
    assert finding.fixes[1].patch == {"tasks.life.bounds": None}


def test_no_range_is_not_checked():
    with pytest.raises(NotCheckedError):
        list(measure(healthy("detector")))


def test_labels_that_are_not_numbers_are_left_out():
    """A NaN among labels that count as known, in a log that says what its head can reach."""
    truth = np.r_[np.linspace(0.1, 0.9, 50), np.nan]
    one = Predicted(np.arange(51).astype(str), truth, np.full(51, 0.5), np.ones(51, bool))
    case = Case(
        origin="a log", tasks={"a": TaskFacts("a")}, predictions={"test": {"a": one}}, known={"a": {"range": "0 to 1"}}
    )
    assert not fires(CHECK, case)


@pytest.mark.parametrize(
    ("skill", "bounds", "severity"),
    [(0.9, (0.0, 1.05), "error"), (-0.2, (0.0, 1.05), "note"), (-0.2, (0.0, 0.9), "error")],
)
def test_heads_that_fail_together_are_not_of_one_range(skill, bounds, severity):
    """All predictions at an end: with a range that fits it is this head's fault only where another task has skill."""
    case = bounded(*bounds)(predicted(lambda p: np.full_like(p, bounds[1]))(healthy(BASE)))
    own = case.metrics["test"]
    others = {task: {name: replace(one, skill=skill, interval=None) for name, one in own[task].items()} for task in own}
    (finding,) = found(CHECK, replace(case, metrics={**case.metrics, "test": others}))
    assert finding.severity == severity
