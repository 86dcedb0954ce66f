"""Conflict between two tasks in most sampled steps, against scipy's interval and a gradient pair by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.gradient_conflict import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def with_conflict(case: Case, share: float, *, samples: int = 60, cosine: float = -0.5, harmed: bool = True) -> Case:
    """Life against the forecast in this share of `samples` steps; the forecast stays at its floor where `harmed`."""
    cosines = np.full(len(case.steps["step"]), np.nan)
    at = np.linspace(0, len(cosines) - 1, samples).astype(int)
    cosines[at] = np.where(np.arange(samples) < round(share * samples), cosine, 0.2)
    case = replace(case, steps={**case.steps, "cosine.life~next": cosines})
    if not harmed:
        return case
    r2 = replace(case.metrics["test"]["next"]["r2"], value=0.0, skill=0.0)
    return replace(case, metrics={**case.metrics, "test": {**case.metrics["test"], "next": {"r2": r2}}})


def plant(case: Case) -> Case:
    """Three of four steps, and a forecast that learns nothing."""
    return with_conflict(case, 0.75)


ROWS: tuple[Row, ...] = (
    ("conflict", plant, True, "75 % of 60 steps"),
    ("near miss in share", lambda case: with_conflict(case, 0.45), False, "less than half of the steps"),
    ("near miss in angle", lambda case: with_conflict(case, 0.9, cosine=-0.05), False, "hardly more than orthogonal"),
    ("harmless", lambda case: with_conflict(case, 0.9, harmed=False), False, "both tasks are learned: a note"),
    ("too few", lambda case: with_conflict(case, 0.9, samples=15), False, "fifteen steps are no support"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def the_pair(case: Case):
    """What is measured of life and next; the other pairs are the healthy run's own."""
    return next(one for one in measure(case) if {"life", "next"} <= {one.first, one.second})


def test_interval_is_that_of_wilson():
    one = the_pair(plant(healthy(BASE)))
    known = binomtest(45, 60).proportion_ci(0.95, method="wilson")
    assert one.interval == pytest.approx((known.low, known.high), abs=1e-6)


def test_likeness_of_the_worked_example():
    """Norms 3 and sqrt 2: 2 x 3 x 1.4142 / 11 = .7714."""
    case = plant(healthy(BASE))
    sampled = np.where(np.isfinite(case.steps["grad_norm.life"]), 1.0, np.nan)
    norms = {"life": 3.0, "next": np.sqrt(2.0)}
    steps = {f"grad_norm.{t}": sampled * norm / case.steps[f"weight.{t}"] for t, norm in norms.items()}
    one = the_pair(replace(case, steps={**case.steps, **steps}))
    assert one.alike == pytest.approx(0.7714, abs=1e-4)


def test_harmless_conflict_is_a_note():
    assert [one.severity for one in found(CHECK, with_conflict(healthy(BASE), 0.9, harmed=False))] == ["note"]


def test_order_of_tasks_does_not_matter():
    case = plant(healthy(BASE))
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    assert found(CHECK, turned) == found(CHECK, case)
