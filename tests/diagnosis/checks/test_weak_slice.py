"""Slices, with intervals by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.weak_slice import CHECK, measure
from polyhead.scoring.metric import Score

from ..cases import Row, fires, found, healthy

BASE = "machines"


def score(value: float, n: int, floor: float = 0.3, higher: bool = True, primary: bool = True) -> Score:
    direction, best = ("higher", 1.0) if higher else ("lower", 0.0)
    skill = (value - floor) / (1 - floor) if higher else 1 - value / floor
    return Score(value, floor, None, skill, n, None, None, "majority", direction, best, "", primary)


def sliced(case: Case, bad: float, n: int = 100, unit: float = 1.0, higher: bool = True) -> Case:
    """The fault at 0.90 on 600 windows and on most loads, `bad` at load 3; or the error of a life of 1 unit."""
    if higher:
        scores = {load: {"macro_f1": score(0.92, 200)} for load in ("0", "1", "2")}
        scores["3"] = {"macro_f1": score(bad, n)}
        return replace(
            case,
            metrics={"test": {"fault": {"macro_f1": score(0.90, 600)}}},
            slices={"test": {"fault": {"load": scores}}},
        )
    errors = {
        load: {"r2": score(0.1, 200), "mae": score(unit, 200, 3 * unit, False, False)} for load in ("0", "1", "2")
    }
    errors["3"] = {"r2": score(0.9, n), "mae": score(bad * unit, n, 3 * unit, False, False)}
    whole = {"r2": score(0.9, 600), "mae": score(1.1 * unit, 600, 3 * unit, False, False)}
    return replace(case, metrics={"test": {"life": whole}}, slices={"test": {"life": {"load": errors}}})


def plant(case: Case) -> Case:
    """On one load of four the network is below the majority class."""
    return sliced(case, 0.10)


def of_a_whole(case: Case, value: float) -> Case:
    """The same slices, with another score of the whole."""
    return replace(case, metrics={"test": {"fault": {"macro_f1": score(value, 600)}}})


ROWS: tuple[Row, ...] = (
    ("below the floor", plant, True, "0.10 +- 0.06, floor 0.30"),
    ("error above that of a constant", lambda case: sliced(case, 5.0, higher=False), True, "5 / 1.22 > 3"),
    ("a third worse", lambda case: sliced(case, 0.60), False, "a note: above the floor"),
    ("at the floor", lambda case: sliced(case, 0.28), True, "0.28 +- 0.09 holds 0.30, and 0.90 is far beyond"),
    ("hardly told", lambda case: of_a_whole(sliced(case, 0.42, 50), 0.60), False, "0.42 + 3.3 x 0.07 = 0.65: a note"),
    ("surely less", lambda case: of_a_whole(sliced(case, 0.42, 50), 0.70), True, "0.65 < 0.70, and 0.42 - 0.14 < 0.30"),
    ("few windows", lambda case: sliced(case, 0.10, 40), False, "40 labels say little"),
    ("r2 of narrow slices", lambda case: sliced(case, 1.1, higher=False), False, "r2 0.1 there, and the same error"),
    ("healthy", lambda case: sliced(case, 0.88), False, "2 % worse"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_example_of_the_page():
    """0.6 +- 1.96 sqrt(0.24 / 100) = [0.504, 0.696], a gap of 0.3 / 0.9."""
    (worst,) = measure(sliced(healthy(BASE), 0.60))
    assert worst.interval == pytest.approx((0.504, 0.696), abs=1e-3)
    assert worst.gap == pytest.approx(1 / 3)
    assert [one.severity for one in found(CHECK, sliced(healthy(BASE), 0.60))] == ["note"]


def test_interval_of_an_error_is_no_narrower_than_that_of_normal_residuals():
    """A root mean square of 100 normal residuals, by simulation."""
    import numpy as np

    rng = np.random.default_rng(0)
    draws = np.sqrt(np.mean(rng.normal(size=(4000, 100)) ** 2, axis=1))
    mae = np.mean(np.abs(rng.normal(size=(4000, 100))), axis=1) / np.sqrt(2 / np.pi)
    for relative in (draws, mae):
        assert np.mean((relative > np.exp(-0.196)) & (relative < np.exp(0.196))) > 0.95


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    one = found(CHECK, sliced(healthy(BASE), 5.0, higher=False))
    other = found(CHECK, sliced(healthy(BASE), 5.0, higher=False, unit=unit))
    assert [(each.severity, each.evidence[1].value) for each in one] == [
        (each.severity, pytest.approx(each.evidence[1].value)) for each in other
    ]


def test_order_of_tasks_does_not_matter():
    case = plant(healthy(BASE))
    more = replace(case, tasks={"other": TaskFacts("other"), **dict(reversed(case.tasks.items()))})
    assert [one.fingerprint for one in found(CHECK, more)] == [one.fingerprint for one in found(CHECK, case)]


def test_one_slice_is_not_passed():
    case = plant(healthy(BASE))
    with pytest.raises(NotCheckedError, match="50 known labels"):
        list(measure(replace(case, slices={"test": {"fault": {"load": {"3": {"macro_f1": score(0.1, 100)}}}}})))
