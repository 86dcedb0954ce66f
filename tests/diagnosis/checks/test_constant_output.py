"""Heads that say the same to everything, in predictions and in tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.constant_output import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..expansions import reported
from ..tables import long, predicting, scored, table

BASE = "machines"


def narrowed(case: Case, factor: float) -> Case:
    """Predictions of life drawn together about their mean."""
    pred = case.predictions["test"]["life"].pred
    return predicting(case, "test", "life", pred=pred.mean() + factor * (pred - pred.mean()))


def plant(case: Case) -> Case:
    """Life is predicted as its mean, and scored so."""
    own = case.metrics["test"]["life"]["r2"]
    case = narrowed(case, 0.01)
    return replace(
        case,
        metrics={
            **case.metrics,
            "test": {
                **case.metrics["test"],
                "life": {"r2": replace(own, value=0.01, skill=0.01, interval=(-0.02, 0.02))},
            },
        },
    )


def one_class(case: Case, keep: int = 0) -> Case:
    """Every window is called ball, but for `keep` windows."""
    pred = np.full(len(case.predictions["test"]["fault"].pred), "ball", dtype=object)
    pred[:keep] = "outer"
    return predicting(case, "test", "fault", pred=pred)


def never_yes(case: Case) -> Case:
    """No window is called faulty, while the score ranks them well."""
    return predicting(case, "test", "anomaly", pred=np.zeros_like(case.predictions["test"]["anomaly"].pred))


ROWS: tuple[Row, ...] = (
    ("mean throughout", plant, True, "a ten-thousandth of the variance"),
    ("one class", one_class, True, "every window is a ball fault"),
    ("weak", lambda case: narrowed(case, 0.1), False, "a hundredth of the variance still says something"),
    ("nearly one class", lambda case: one_class(case, 1), False, "another class is named at least once"),
    ("never yes, but ranked", never_yes, False, "AUROC .99: the threshold, not the output; a note"),
    ("healthy", lambda case: case, False, "varies as the target does"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity_needs_harm():
    """An error where the interval of the skill is as low as a constant's; else a warning."""
    assert [one.severity for one in found(CHECK, plant(healthy(BASE)))] == ["error"]
    assert [one.severity for one in found(CHECK, narrowed(healthy(BASE), 0.01))] == ["warning"]
    assert [one.severity for one in found(CHECK, never_yes(healthy(BASE)))] == ["note"]


def test_ratio_by_hand():
    """Variance of predictions .01^2 times what it was."""
    whole, tenth = (
        next(one for one in measure(case) if one.task == "life")
        for case in (healthy(BASE), narrowed(healthy(BASE), 0.01))
    )
    truth, pred = (getattr(healthy(BASE).predictions["test"]["life"], name) for name in ("truth", "pred"))
    assert whole.ratio == pytest.approx(np.var(pred) / np.var(truth))
    assert tenth.ratio == pytest.approx(1e-4 * whole.ratio)


@pytest.mark.parametrize("unit", [1e3, 1e-3])
def test_units_do_not_matter(unit):
    case = plant(healthy(BASE))
    own = case.predictions["test"]["life"]
    scaled = predicting(case, "test", "life", truth=unit * own.truth, pred=unit * own.pred + 273)
    assert found(CHECK, scaled)[0].evidence[0].value == pytest.approx(found(CHECK, case)[0].evidence[0].value)


TABLES = (
    ({"MAE": "0.527", "MAPE": "0.998", "R2": "-2641.96"}, True, "|0 - y| / |y| is 1"),
    ({"MAE": "0.527", "MAPE": "0.998", "R2": "0.41"}, False, "it explains something"),
    ({"MAE": "0.527", "MAPE": "0.95", "R2": "-0.2"}, False, "predictions are off, but not 0"),
    ({"F1": "0.0000", "P": "0.0000", "R": "0.0000"}, True, "never yes"),
    ({"F1": "0.004", "P": "0.5", "R": "0.002"}, False, "yes is said"),
    ({"F1": "0.134", "P": "0.072", "R": "1.000", "prevalence": "0.0721"}, True, "always yes"),
    ({"F1": "0.333", "P": "0.200", "R": "1.000", "prevalence": "0.0721"}, False, "precision above chance"),
)


@pytest.mark.parametrize(("metrics", "expected", "why"), TABLES)
def test_tables(metrics, expected, why):
    assert fires(CHECK, long(task=metrics)) is expected, why


def test_units_of_a_table_do_not_matter():
    """MAPE has none; a table in per cent says the same."""
    assert fires(CHECK, table("task,MAPE,R2\nlife,99.8 %,-3.5"))


def test_other_splits_are_not_judged():
    case = healthy(BASE)
    pred = case.predictions["val"]["life"].pred
    assert not fires(CHECK, predicting(case, "val", "life", pred=np.full_like(pred, pred.mean())))
    assert not fires(CHECK, scored(case, "val", "life", mape=1.0))


def test_labels_of_many_each_on_their_own():
    """One label of two is never said; the other one is."""
    case = healthy("radio")
    own = case.predictions["test"]["marks"]
    silent = predicting(case, "test", "marks", pred=own.pred * [1, 0], score=own.score * [1, 0])
    assert [one.scope.channel for one in found(CHECK, silent)] == ["offset"]
    assert found(CHECK, case) == []


def test_unknown_numbers_are_left_out():
    own = healthy(BASE).predictions["test"]["life"]
    pred = np.where(np.arange(len(own.pred)) == 3, np.nan, own.pred)
    assert not fires(CHECK, predicting(healthy(BASE), "test", "life", pred=pred))
    assert fires(CHECK, predicting(healthy(BASE), "test", "life", pred=np.where(np.isnan(pred), np.nan, 0.5)))


def test_a_dead_output_beside_one_of_another_unit():
    """Outputs of which nobody said what they are: the variance between them would hide that one is constant."""
    case = healthy("detector")
    own = case.predictions["test"]["angle"]
    scale, shift = np.array([1.0, 1e3]), np.array([0.0, 1e5])
    alive = {"truth": own.truth * scale + shift, "pred": own.pred * scale + shift}
    tasks = {**case.tasks, "angle": replace(case.tasks["angle"], kind=None)}
    assert not fires(CHECK, predicting(replace(case, tasks=tasks), "test", "angle", **alive))
    dead = {**alive, "pred": np.stack([np.zeros(len(own.pred)), alive["pred"][:, 1]], axis=1)}
    (finding,) = found(CHECK, predicting(replace(case, tasks=tasks), "test", "angle", **dead))
    assert finding.scope.channel == "0"


def of_kind(task: str, pred) -> list:
    """What is found of a task of the write-up's run on price bars with other predictions."""
    case = reported()
    one = case.predictions["val"][task]
    changed = {"val": case.predictions["val"] | {task: replace(one, pred=pred(one))}}
    return [one for one in found(CHECK, replace(case, predictions=changed)) if one.scope.task == task]


def test_a_span_is_judged_by_its_samples():
    """Constant where no bar is marked; one marked bar of 4410 is another answer."""
    (finding,) = of_kind("span", lambda one: np.zeros_like(one.truth))
    assert "every sample is called '0'" in finding.what
    some = np.zeros_like(reported().predictions["val"]["span"].truth)
    some[0, 0] = 1
    assert of_kind("span", lambda one: some) == []


def test_pointers_by_output_and_a_countdown_as_a_whole():
    """A constant last bar beside a first one that is right; a countdown that differs from bar to bar is no constant."""
    (finding,) = of_kind("ptr", lambda one: np.stack([one.truth[:, 0], np.full(len(one.truth), 50.0)], axis=1))
    assert "output 1" in finding.what
    assert of_kind("countdown", lambda one: np.broadcast_to(one.truth.mean(axis=0), one.truth.shape)) == []
    (finding,) = of_kind("countdown", lambda one: np.full_like(one.truth, 3.0))
    assert finding.scope.channel is None
