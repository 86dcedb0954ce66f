"""Learned weights against sigma^2 = L at rest, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.weight_lag import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "detector"


def with_lag(case: Case, lag: float | np.ndarray) -> Case:
    """sigma^2 = lag x loss for the energy, from the first epoch on."""
    loss = case.losses["train"]["energy"]
    return replace(case, weights=columns(case.weights, sigma_energy=np.sqrt(lag * loss)))


def plant(case: Case) -> Case:
    """The smallest injury: weights at a fifth of where they would rest, as in a published run."""
    return with_lag(case, 0.2)


ROWS: tuple[Row, ...] = (
    ("far below", plant, True, "the published run's 0.21"),
    ("far above", lambda case: with_lag(case, 4.0), True, "a sigma that started too high"),
    ("near miss below", lambda case: with_lag(case, 0.36), False, "within a factor of three"),
    ("near miss above", lambda case: with_lag(case, 2.8), False, "within a factor of three"),
    (
        "on its way",
        lambda case: with_lag(case, np.geomspace(0.01, 0.3, len(case.weights["epoch"]))),
        False,
        "it moves towards rest: a note",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_lag_of_the_published_run():
    """Countdown: loss 10.08, sigma 1.47, so 2.1609 / 10.08 = 0.2144."""
    epochs = np.arange(1.0, 11.0)
    flat = {"epoch": epochs, "countdown": np.full(10, 10.08)}
    task = healthy(BASE).tasks["energy"]
    case = Case(
        origin="a paper",
        tasks={"countdown": replace(task, name="countdown")},
        losses={"val": flat},
        weights={"epoch": epochs, "sigma_countdown": np.full(10, 1.47)},
    )
    (lag,) = measure(case)
    assert lag.last == pytest.approx(0.2144, abs=1e-4)
    (finding,) = found(CHECK, case)
    assert finding.severity == "warning"
    assert finding.scope.task == "countdown"


def test_rescaled_loss_keeps_the_verdict():
    """Ten times the loss with sqrt(10) times the sigma is the same balance in other units."""
    case = plant(healthy(BASE))
    scaled = replace(
        case,
        losses=nested(case.losses, "train", energy=10 * case.losses["train"]["energy"]),
        weights=columns(case.weights, sigma_energy=np.sqrt(10) * case.weights["sigma_energy"]),
    )
    assert found(CHECK, scaled)[0].evidence[0].value == pytest.approx(found(CHECK, case)[0].evidence[0].value)
