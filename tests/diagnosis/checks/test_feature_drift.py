"""Drift, clipping and death of channels, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.feature_drift import CHECK, Drift, measure

from ..cases import Row, columns, fires, found, healthy
from ..profiles import inputs, normal, with_profile

BASE = "machines"
KEY = ("train", "signal.0")
RNG = np.random.default_rng(9)


def known(case: Case, skill: float | None) -> Case:
    if skill is None:
        return replace(case, metrics=None, losses=None)
    scores = {
        task: {metric: replace(score, skill=skill) for metric, score in scored.items()}
        for task, scored in case.metrics[case.judged].items()
    }
    return replace(case, metrics={case.judged: scores}, losses=None)


def over_epochs(skill=None, epochs=100, **values):
    """A foreign log of one feature, whose statistics stay at mean 0.015, sd 0.634 unless said."""

    def edit(case: Case) -> Case:
        still = {"epoch": np.arange(1.0, epochs + 1), "mean": np.full(epochs, 0.015), "std": np.full(epochs, 0.634)}
        return replace(known(case, skill), features={KEY: columns(still, **values)}, profile=None)

    return edit


def plant(case: Case) -> Case:
    """A mean that ends one of its own standard deviations away."""
    return over_epochs(mean=np.r_[np.full(80, 0.015), np.full(20, 0.7)])(case)


def ranges(skill=None, timed=True, **splits):
    def edit(case: Case) -> Case:
        splits_ = {"train": normal(), "val": normal(), "test": normal()} | splits
        return with_profile(known(case, skill), inputs=inputs(timed=timed, **{"0": splits_}))

    return edit


CLIPPED = normal(at_max=0.03)
LEVELS = normal(at_max=0.3, quantiles={"0.05": 1, "0.25": 1, "0.5": 2, "0.75": 3, "0.95": 3})
WANDER = 0.02 * RNG.normal(size=100)
ROWS: tuple[Row, ...] = (
    ("drift", plant, True, "1.08 of its spread"),
    ("slope", over_epochs(mean=np.linspace(0, 1, 100)), True, "1.26 of its spread"),
    ("died", over_epochs(std=np.r_[np.full(50, 0.634), np.full(50, 0.01)]), True, "1.6 % of its spread is left"),
    ("still", over_epochs(), False, "the published run"),
    ("small drift", over_epochs(mean=np.linspace(0, 0.5, 100) + WANDER), False, "0.64 of its spread"),
    ("noise", over_epochs(mean=RNG.normal(size=100), std=0.1), False, "from epoch to epoch, not over epochs"),
    ("short", over_epochs(epochs=8, mean=np.linspace(0, 5, 8)), False, "eight epochs"),
    ("drift, harmless", over_epochs(skill=0.95, mean=np.linspace(0, 1, 100)), False, "tasks are solved: a note"),
    ("dead in test", ranges(test=normal(0.0, 0.0, still=1.0)), True, "moves in training"),
    (
        "dead everywhere",
        ranges(**dict.fromkeys(("train", "val", "test"), normal(0.0, 0.0, still=1.0))),
        False,
        "constant",
    ),
    ("clipped and failing", ranges(0.2, train=CLIPPED), True, "3 % at the limit"),
    ("clipped and well", ranges(0.9, train=CLIPPED), False, "a note"),
    ("levels", ranges(0.2, train=LEVELS), False, "a setting with three values"),
    ("not timed", ranges(0.2, timed=False, train=CLIPPED), False, "known inputs are settings"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_published_run_does_not_drift():
    (drift,) = measure(over_epochs()(healthy(BASE)))
    assert isinstance(drift, Drift)
    assert (drift.moved, drift.spread) == (0.0, 1.0)


def test_drift_by_hand():
    """(0.7 - 0.015) / 0.634 = 1.0804."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.evidence[0].value == pytest.approx(1.0804, abs=1e-4)
    assert finding.scope.channel == "signal.0"


def test_clipping_is_noted():
    (finding,) = found(CHECK, ranges(0.9, train=CLIPPED)(healthy(BASE)))
    assert finding.severity == "note"


@pytest.mark.parametrize("unit", [1e-6, -1.0, 1e6])
def test_units_do_not_matter(unit):
    case = plant(healthy(BASE))
    table = case.features[KEY]
    scaled = columns(table, mean=unit * table["mean"], std=abs(unit) * table["std"])
    other = replace(case, features={KEY: scaled})
    assert abs(found(CHECK, other)[0].evidence[0].value) == pytest.approx(1.0804, abs=1e-4)
