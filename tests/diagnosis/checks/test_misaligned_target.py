"""Labels shifted against their windows, and fits that only look so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.misaligned_target import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "detector"
NAMES = np.repeat([f"run {i}" for i in range(12)], 120)


def moving(seed: int, steady: float) -> np.ndarray:
    """Labels of 12 recordings that each wander, `steady` from one window to the next."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(12, 120))
    for t in range(1, 120):
        values[:, t] = steady * values[:, t - 1] + np.sqrt(1 - steady**2) * values[:, t]
    return values


def told(truth: np.ndarray, pred: np.ndarray, split: str = "test", task: str = "energy"):
    """The healthy run with these predictions of one task on one split, and none of others."""

    def edit(case: Case) -> Case:
        known = np.ones(truth.size, bool)
        one = Predicted(NAMES[: truth.size], truth.reshape(-1), pred.reshape(-1), known)
        return replace(case, predictions={split: {task: one}})

    return edit


def taught(case: Case) -> Case:
    """Labels of training alone stand a window late: predictions are right elsewhere."""
    truth = moving(0, 0.7)
    noise = 0.3 * np.random.default_rng(5).normal(size=truth.shape)
    sound, wrong = told(truth, truth + noise)(case), told(np.roll(truth, 1, axis=1), truth + noise, "train")(case)
    return replace(case, predictions={**sound.predictions, **wrong.predictions})


def late(steps: int, steady: float = 0.7, noise: float = 0.4):
    """Predictions of the label some windows later, with noise."""
    truth = moving(0, steady)
    pred = np.roll(truth, -steps, axis=1) + noise * np.random.default_rng(1).normal(size=truth.shape)
    return told(truth, pred)


def levelled(steps: int):
    """The same, each recording about a level of its own."""
    truth, level = moving(0, 0.7), 50.0 * np.arange(12)[:, None]
    return told(truth + level, np.roll(truth, -steps, axis=1) + level)


def plant(case: Case) -> Case:
    """The smallest injury: the labels of each recording moved by one window, in the healthy run itself."""
    one = case.predictions["test"]["energy"]
    truth = one.truth.copy()
    for name in np.unique(one.recording):
        truth[one.recording == name] = np.roll(truth[one.recording == name], 1)
    table = {**case.predictions["test"], "energy": replace(one, truth=truth)}
    return replace(case, predictions={**case.predictions, "test": table})


def ramp(steps: int):
    """A life that falls by the same step in every window, seen `steps` windows late."""
    life = np.tile(np.linspace(1, 0, 120), (12, 1))
    return told(life, np.clip(life + steps / 119, 0, 1) + 0.01 * np.random.default_rng(2).normal(size=life.shape))


def burst(case: Case) -> Case:
    """A life that falls in a straight line, and predictions that know nothing and jump at the end of each recording."""
    life = np.tile(np.linspace(1, 0, 120), (12, 1))
    pred = np.where(np.arange(120) > 100, 5.0, life) + 0.1 * np.random.default_rng(3).normal(size=life.shape)
    return told(life, pred)(case)


ROWS: tuple[Row, ...] = (
    ("one window", plant, True, "independent labels, one row off"),
    ("five windows", late(5), True, "five rows off"),
    ("25 windows", late(25), True, "as far as recordings of 120 windows show"),
    ("levels", levelled(5), True, "recordings that differ in level by far more than they move"),
    ("training alone", taught, True, "the network says what windows tell, not what it was taught"),
    ("healthy", lambda case: case, False, "as it is"),
    ("no shift", late(0), False, "the peak is at 0"),
    ("smooth", late(1, steady=0.995), False, "a shift of one window changes next to nothing"),
    ("straight line", ramp(5), False, "fits at every lag: an offset, no shift"),
    ("hardly known", late(5, noise=4.5), False, "a correlation of 0.2 at the best lag"),
    ("jump at the end", burst, False, "early windows alone fit a line better, whatever the lag"),
    ("noise", told(moving(0, 0.7), moving(9, 0.7)), False, "predictions that know nothing"),
    ("few recordings", lambda c: told(moving(0, 0.7)[:4], np.roll(moving(0, 0.7)[:4], -5, axis=1))(c), False, "four"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


@pytest.mark.parametrize("lag", [-3, 1, 7])
def test_lag_is_that_of_scipy(lag):
    """scipy.signal.correlate of each recording, summed, peaks where it was put."""
    from scipy.signal import correlate, correlation_lags

    (one,) = measure(late(lag, noise=0.1)(healthy(BASE)))
    case = late(lag, noise=0.1)(healthy(BASE)).predictions["test"]["energy"]
    truth, pred = (v.reshape(12, 120) - v.reshape(12, 120).mean(axis=1, keepdims=True) for v in (case.truth, case.pred))
    summed = sum(correlate(t, p) for t, p in zip(truth, pred, strict=True))
    assert one.lag == lag == correlation_lags(120, 120)[np.argmax(summed)]


def test_correlations_by_hand():
    """0 1 0 -1 repeated, and the label one window later: 0 at lag 0, 1 at lag 1, at any lag 1 + 4 k."""
    truth = np.tile([0.0, 1.0, 0.0, -1.0], (12, 30))
    (one,) = measure(told(truth, np.roll(truth, -1, axis=1))(healthy(BASE)))
    assert (one.lag, one.own) == (1, pytest.approx(0.0, abs=1e-12))
    assert one.peak == pytest.approx(1.0, abs=1e-9)


def test_shift_says_which_way():
    (finding,) = found(CHECK, late(5)(healthy(BASE)))
    assert "5 windows later" in finding.what
    (finding,) = found(CHECK, late(-5)(healthy(BASE)))
    assert "5 windows earlier" in finding.what


def test_units_and_order_of_tasks_do_not_matter():
    case = late(5)(healthy(BASE))
    one = case.predictions["test"]["energy"]
    scaled = replace(one, truth=1e3 * one.truth + 7, pred=1e3 * one.pred + 7)
    turned = replace(case, tasks=dict(reversed(list(case.tasks.items()))), predictions={"test": {"energy": scaled}})
    (first,), (second,) = found(CHECK, case), found(CHECK, turned)
    assert first.what == second.what
    assert first.severity == second.severity


def test_no_recordings_of_several_windows_is_not_checked():
    one = late(5)(healthy(BASE)).predictions["test"]["energy"]
    alone = replace(one, recording=np.arange(len(one.truth)).astype(str))
    with pytest.raises(NotCheckedError):
        list(measure(replace(healthy(BASE), predictions={"test": {"energy": alone}})))


def test_a_split_without_windows_is_not_checked():
    empty = Predicted(np.empty(0, str), np.empty((0, 2)), np.empty((0, 2)), np.empty(0, bool))
    case = Case(origin="an empty split", tasks={"a": TaskFacts("a")}, predictions={"test": {"a": empty}})
    with pytest.raises(NotCheckedError):
        list(measure(case))


def test_training_is_named():
    (finding,) = found(CHECK, taught(healthy(BASE)))
    assert finding.scope.split == "train"
    assert "1 window later" in finding.what


def test_few_windows_agree_by_chance():
    """8 recordings of 13 windows: predictions that know nothing reach 4 / sqrt(104) = 0.39 once in a thousand times."""
    rng, fired = np.random.default_rng(7), 0
    for _ in range(200):
        truth, pred = rng.normal(size=(2, 104))
        one = Predicted(np.repeat(np.arange(8), 13).astype(str), truth, pred, np.ones(104, bool))
        fired += fires(CHECK, replace(healthy(BASE), predictions={"test": {"energy": one}}))
    assert fired <= 1
