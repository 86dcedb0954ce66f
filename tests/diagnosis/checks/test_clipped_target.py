"""Labels cut off at a limit, with and without harm, and quantities that end there by nature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.tasks import CountdownOptions
from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.clipped_target import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..labels import target_of, with_labels, with_profile

BASE = "machines"
RECORDING = np.repeat(np.arange(40), 12)
COUNTDOWN = np.random.default_rng(1).uniform(0, 30, 480)
CUT = np.minimum(COUNTDOWN, 20.0)


def cut(truth: np.ndarray, pred: np.ndarray | None = None, unit: float = 1.0):
    """Labels of training, and predictions of a test set of the same labels."""

    def edit(case: Case) -> Case:
        case = with_labels(case, "life", truth * unit, RECORDING)
        one = (
            Predicted(np.array([f"unit {i}" for i in RECORDING]), truth * unit, pred * unit, np.ones(len(truth), bool))
            if pred is not None
            else None
        )
        return replace(case, predictions={"test": {"life": one}} if one else None)

    return edit


NOISE = np.random.default_rng(2).normal(size=480)
ONLY_WHETHER = np.where(CUT == 20, 20.0, 10.0) + NOISE
WELL = CUT + NOISE


def plant(case: Case) -> Case:
    """The smallest injury: labels limited to 20, and a network that only tells which windows are."""
    return cut(CUT, ONLY_WHETHER)(case)


BOTH = np.clip(COUNTDOWN, 9.0, 21.0)


def bounded(low: float, high: float):
    """Labels with 30 % at either end, and a task with these bounds."""

    def edit(case: Case) -> Case:
        case = cut(BOTH, BOTH + NOISE)(case)
        life = case.config.tasks["life"].model_copy(update={"bounds": (low, high)})
        return replace(case, config=case.config.model_copy(update={"tasks": {**case.config.tasks, "life": life}}))

    return edit


def counted(clip: float):
    """Labels of which nearly a third are exactly 20, of a countdown that is cut at `clip`."""

    def edit(case: Case) -> Case:
        case, life = plant(case), CountdownOptions(kind="countdown", target="life", clip=clip)
        return replace(case, config=case.config.model_copy(update={"tasks": {**case.config.tasks, "life": life}}))

    return edit


CUT_LATE = np.minimum(COUNTDOWN, 27.0)
LATE = np.where(CUT_LATE == 27, 27.0, 13.0) + NOISE
GRADES = np.where(COUNTDOWN > 12, 18.0, np.arange(480) % 19.0)
ROWS: tuple[Row, ...] = (
    ("limit with harm", plant, True, "a third at the limit, nothing known below it"),
    ("limit at the bottom", cut(-CUT, -ONLY_WHETHER), True, "the same, the other way round"),
    ("limit without harm", cut(CUT, WELL), False, "the open range is learned: a note"),
    ("no predictions", cut(CUT), False, "harm is not known: a note"),
    ("one in ten", cut(CUT_LATE, LATE), False, "too few to spoil a score: a note"),
    ("both ends", cut(BOTH, BOTH + NOISE), True, "30 % at either end: most labels are limits, learned or not"),
    ("both ends, fewer", cut(np.clip(COUNTDOWN, 7.2, 22.8), WELL), False, "24 % at either end, 48 % in all"),
    ("one end, most", cut(np.minimum(COUNTDOWN, 12.0), WELL), False, "60 % at one end, as of a quantity that rests"),
    ("a countdown's own clip", counted(20), False, "it is the task that cuts them"),
    ("a countdown cut elsewhere", counted(30), True, "the labels end before"),
    ("both ends, declared", bounded(9.0, 21.0), False, "the bounds end where the labels do: a range that is meant"),
    ("both ends, wider bounds", bounded(8.0, 22.0), True, "the bounds do not say where labels end"),
    ("grades", cut(np.minimum(COUNTDOWN, 20).round(-1), ONLY_WHETHER), False, "three values"),
    ("many grades", cut(GRADES, np.where(GRADES == 18, 18.0, 9.0) + NOISE), False, "19 values, most of them the last"),
    ("healthy", lambda case: case, False, "as it is"),
    ("continuous", cut(COUNTDOWN, ONLY_WHETHER), False, "no limit, whatever the predictions"),
    ("default far off", cut(np.where(COUNTDOWN > 20, 1e4, COUNTDOWN), ONLY_WHETHER), False, "filled-labels"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_limit_alone_is_a_note():
    (finding,) = found(CHECK, cut(CUT, WELL)(healthy(BASE)))
    assert finding.severity == "note"
    assert finding.counter_evidence[0].value > 0.9
    (finding,) = found(CHECK, cut(CUT)(healthy(BASE)))
    assert finding.severity == "note"


def test_score_of_the_open_range_is_that_of_scikit_learn():
    from sklearn.metrics import r2_score

    top = next(one for one in measure(plant(healthy(BASE))) if one.side == "max")
    open_ = CUT < 20
    assert top.open_r2 == pytest.approx(r2_score(CUT[open_], ONLY_WHETHER[open_]))
    assert top.open_windows == open_.sum()
    assert r2_score(CUT, ONLY_WHETHER) > 0.4


def test_ratio_by_hand():
    """300 of 1000 at the limit and 700 all different: 0.3 x 701 = 210.3."""
    values = np.concatenate([np.linspace(0, 19.9, 700), np.full(300, 20.0)])
    case = with_labels(healthy(BASE), "life", values)
    top = next(one for one in measure(replace(case, predictions=None)) if one.side == "max")
    assert top.share == pytest.approx(0.3)
    assert top.ratio == pytest.approx(210.3)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    (one,) = found(CHECK, cut(CUT, ONLY_WHETHER, unit)(healthy(BASE)))
    assert one.severity == "warning"
    assert one.evidence[-1].value == pytest.approx(found(CHECK, plant(healthy(BASE)))[0].evidence[-1].value)


def test_classes_alone_are_not_checked():
    case = with_profile(healthy(BASE), targets={"fault": replace(target_of(CUT, RECORDING), splits={})})
    with pytest.raises(NotCheckedError):
        list(measure(case))


def test_both_ends_are_said_once_and_masked_together():
    """Of 480 labels those up to 9 and from 21 on, counted."""
    low, high = (COUNTDOWN <= 9).mean(), (COUNTDOWN >= 21).mean()
    (finding,) = (one for one in found(CHECK, cut(BOTH)(healthy(BASE))) if one.severity == "warning")
    assert finding.evidence[-1].value == pytest.approx(low + high)
    (masked,) = finding.fixes[0].patch.values()
    assert sorted(masked["missing"]) == [9.0, 21.0]
