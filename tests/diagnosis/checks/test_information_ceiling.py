"""Scores by level of noise, and beyond what is possible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.information_ceiling import CHECK, measure
from polyhead.scoring.metric import Score

from ..cases import Row, fires, found, healthy

BASE = "radio"


def score(skill: float, n: int = 400, ceiling: float | None = None, half: float | None = None) -> Score:
    """Macro F1 with floor 0.1."""
    value = 0.1 + 0.9 * skill
    interval = None if half is None else (value - half, value + half)
    return Score(value, 0.1, ceiling, skill, n, interval, None, "majority", "higher", 1.0, "", True)


def by_noise(case: Case, skills: dict[str, float], n: int = 400) -> Case:
    values = {level: {"macro_f1": score(skill, n)} for level, skill in skills.items()}
    return replace(
        case,
        metrics={"test": {"modulation": {"macro_f1": score(0.5)}}},
        slices={"test": {"modulation": {"snr_db": values}}},
    )


def beyond(case: Case, skill: float, half: float | None = 0.01, ceiling: float = 0.82) -> Case:
    return replace(case, metrics={"test": {"modulation": {"macro_f1": score(skill, ceiling=ceiling, half=half)}}})


RISING = {"-20": 0.0, "-10": 0.01, "0": 0.4, "10": 0.8, "20": 0.9}


def plant(case: Case) -> Case:
    """0.91 where 0.82 is all that the data hold."""
    return beyond(case, 0.9)


ROWS: tuple[Row, ...] = (
    ("better than possible", plant, True, "0.91 - 0.01 > 0.82"),
    ("at the ceiling", lambda case: beyond(case, 0.81, 0.03), False, "the interval holds it"),
    ("below the ceiling", lambda case: beyond(case, 0.5), False, "room left"),
    ("noise", lambda case: by_noise(case, RISING), False, "a note"),
    ("no ceiling known", lambda case: case, False, "not checked"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


NOTES = (
    ("two levels at chance", RISING, 400, 1),
    ("named the other way", {"1": 0.9, "2": 0.8, "3": 0.4, "4": 0.01, "5": 0.0}, 400, 1),
    ("above chance everywhere", {**RISING, "-20": 0.2, "-10": 0.3}, 400, 0),
    ("no order", {"-20": 0.0, "-10": 0.8, "0": 0.1, "10": 0.7, "20": 0.4}, 400, 0),
    ("learned nowhere", {"-20": 0.0, "-10": 0.01, "0": 0.02, "10": 0.1, "20": 0.2}, 400, 0),
    ("three levels", {"-20": 0.0, "0": 0.4, "20": 0.9}, 400, None),
    ("few labels", RISING, 40, None),
    ("words", {"quiet": 0.0, "a": 0.1, "b": 0.3, "c": 0.5, "d": 0.9}, 400, None),
)


@pytest.mark.parametrize(("name", "skills", "n", "notes"), NOTES, ids=[row[0] for row in NOTES])
def test_notes(name, skills, n, notes):
    case = by_noise(healthy(BASE), skills, n)
    if notes is None:
        with pytest.raises(NotCheckedError):
            list(measure(case))
    else:
        assert [one.severity for one in found(CHECK, case)] == ["note"] * notes


def test_share_by_hand():
    """Two of five equal levels: 40 % of the labels, rank correlation 1."""
    (along,) = measure(by_noise(healthy(BASE), RISING))
    assert along.chance == ("-20", "-10")
    assert along.share == pytest.approx(0.4)
    assert along.correlation == pytest.approx(1.0)


def test_example_of_the_page():
    """21 of 26 levels right, the others at 1 of 17."""
    assert pytest.approx(0.82, abs=2e-3) == 21 / 26 + 5 / 26 / 17


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_an_error_below_its_bound_in_any_unit(unit):
    """An angle known to 0.8 where Cramer-Rao allows 1.0."""
    case = healthy("detector")
    error = Score(
        0.8 * unit, 3 * unit, unit, 1 - 0.8 / 3, 900, (0.75 * unit, 0.85 * unit), None, "mean", "lower", 0.0, "", True
    )
    good = replace(error, value=1.05 * unit, interval=(unit, 1.1 * unit))
    judged = [replace(case, metrics={"test": {"angle": {"rmse": one}}}) for one in (error, good)]
    assert [[each.severity for each in found(CHECK, one)] for one in judged] == [["warning"], []]


@pytest.mark.parametrize(("floor", "levels"), [(0.5, 1), (0.9, 2)])
def test_chance_above_a_high_floor_is_wider(floor, levels):
    """Skill 0.2 of 400 labels: 1.96 / 20 = 0.098 at a floor of a half, three times that where a constant has 0.9."""
    case = by_noise(healthy(BASE), {"-20": 0.0, "-10": 0.2, "0": 0.5, "10": 0.8, "20": 0.9})
    slices = {
        split: {
            task: {
                column: {
                    value: {m: replace(one, floor=floor) for m, one in scores.items()}
                    for value, scores in values.items()
                }
                for column, values in columns.items()
            }
            for task, columns in tasks.items()
        }
        for split, tasks in case.slices.items()
    }
    (along,) = measure(replace(case, slices=slices))
    assert len(along.chance) == levels
