"""Inputs in raw units, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.unscaled_input import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..profiles import inputs, normal, with_profile

BASE = "machines"
PRESSURE, STRAIN = normal(101325.0, 500.0), normal(0.0, 1e-4)


def raw(skill: float | None, scaling: str = "none", **channels):
    def edit(case: Case) -> Case:
        case = with_profile(case, inputs=inputs(scaling, **{name: {"train": one} for name, one in channels.items()}))
        if skill is None:
            return replace(case, metrics=None, losses=None)
        scores = {
            task: {metric: replace(score, skill=skill) for metric, score in scored.items()}
            for task, scored in case.metrics[case.judged].items()
        }
        return replace(case, metrics={case.judged: scores})

    return edit


def plant(case: Case) -> Case:
    """Pressure in Pa beside strain, and tasks near their floor."""
    return raw(0.1, pressure=PRESSURE, strain=STRAIN)(case)


ROWS: tuple[Row, ...] = (
    ("raw and failing", plant, True, "203 sd from zero, spreads 5e6 apart"),
    ("offset only", raw(0.1, x=normal(200.0, 1.0)), True, "200 sd from zero"),
    ("raw and well", raw(0.9, pressure=PRESSURE, strain=STRAIN), False, "the network copes: a note"),
    ("before training", raw(None, pressure=PRESSURE, strain=STRAIN), False, "no harm known: a note"),
    ("scaled", raw(0.1, "standard", pressure=PRESSURE, strain=STRAIN), False, "that is what scaling is for"),
    ("pixels", raw(0.1, x=normal(0.45, 0.25)), False, "images in [0, 1]"),
    ("bytes", raw(0.1, x=normal(120.0, 60.0)), False, "images in [0, 255]"),
    ("hundredfold", raw(0.1, a=normal(0.0, 1.0), b=normal(0.0, 500.0)), False, "odd, not extreme: a note"),
    ("dead beside", raw(0.1, a=normal(0.0, 1.0), b=normal(5.0, 0.0)), False, "a constant has no scale"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_numbers_by_hand():
    """101325 / 500 = 202.65 standard deviations, 500 / 1e-4 = 5e6."""
    (scales,) = measure(plant(healthy(BASE)))
    assert scales.offset == ("pressure", pytest.approx(202.65))
    assert scales.ratio == pytest.approx(5e6)
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.scaling.signal": "standard"}


def test_pixels_are_not_even_noted():
    assert found(CHECK, raw(0.1, x=normal(0.45, 0.25))(healthy(BASE))) == []
    assert found(CHECK, raw(0.1, x=normal(120.0, 60.0))(healthy(BASE))) == []


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_one_unit_for_all_channels_keeps_ratios(unit):
    scaled = raw(0.1, pressure=normal(unit * 101325.0, unit * 500.0), strain=normal(0.0, unit * 1e-4))
    (one,), (other,) = measure(plant(healthy(BASE))), measure(scaled(healthy(BASE)))
    assert other.ratio == pytest.approx(one.ratio)
    assert other.offset[1] == pytest.approx(one.offset[1])
    assert fires(CHECK, scaled(healthy(BASE)))
