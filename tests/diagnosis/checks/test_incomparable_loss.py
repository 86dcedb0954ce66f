"""Totals that hold moving weights, and totals that are fixed sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.incomparable_loss import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "detector"


def monitored(case: Case, monitor: str = "val/loss") -> Case:
    train = case.config.train.model_copy(update={"monitor": monitor})
    return replace(case, config=case.config.model_copy(update={"train": train}))


def plant(case: Case, weights: np.ndarray | None = None) -> Case:
    """Weights that fall tenfold, and losses that rise after epoch 9: the total is least at the end."""
    count = len(case.losses["val"]["epoch"])
    weight = np.geomspace(1.0, 0.1, count) if weights is None else weights
    loss = np.concatenate([np.linspace(1.0, 0.4, 9), np.linspace(0.45, 0.55, count - 9)])
    val = columns(case.losses["val"], angle=loss, energy=loss, arrival=loss, total=3 * weight * loss)
    case = replace(case, losses={**case.losses, "val": val})
    case = replace(
        case, weights=columns(case.weights, weight_angle=weight, weight_energy=weight, weight_arrival=weight)
    )
    return monitored(case)


def plain(case: Case) -> Case:
    case = plant(case)
    val = case.losses["val"]
    return replace(case, losses=nested(case.losses, "val", total=val["angle"] + val["energy"] + val["arrival"]))


ROWS: tuple[Row, ...] = (
    ("moving weights", plant, True, "the last epoch is chosen by its weights"),
    ("metric", lambda case: monitored(plant(case), "val/skill"), False, "nothing rests on the total"),
    ("plain sum", plain, False, "the total is the sum of the losses"),
    ("small move", lambda case: plant(case, np.repeat([1.0, 0.7], [9, 3])), False, "less than half of itself"),
    (
        "same epoch",
        lambda case: plant(case, np.concatenate([np.geomspace(1, 0.1, 9), [0.2, 0.3, 0.4]])),
        False,
        "both sums choose epoch 9",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def worked(scale: float = 1.0) -> Case:
    epochs = np.array([1.0, 2.0, 3.0])
    loss, weight = scale * np.array([1.0, 0.5, 0.6]), np.array([1.0, 1.0, 0.5]) / scale
    return Case(
        origin="a log",
        tasks={"x": TaskFacts("x")},
        losses={"val": {"epoch": epochs, "x": loss, "total": weight * loss}},
        weights={"epoch": epochs, "weight_x": weight},
        state={"best": {"monitor": "val_loss"}},
    )


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_worked_example_in_any_units(scale):
    """Totals 1, .5, .3: epoch 3, of which the loss is .6 / .5 - 1 = 20 % above that of epoch 2."""
    (one,) = measure(worked(scale))
    assert (one.chosen, one.fixed, one.moved) == (3, 2, pytest.approx(2.0))
    assert one.excess == pytest.approx(0.2)
    assert [each.severity for each in found(CHECK, worked(scale))] == ["warning"]


def test_unknown_monitor_is_a_note():
    assert [one.severity for one in found(CHECK, replace(worked(), state=None))] == ["note"]


def test_the_published_total_is_a_plain_sum():
    """1.08 + .025 + .57 + 16.12 = 17.795, printed 17.79; 11.05 at the end."""
    epochs = np.array([1.0, 50.0, 100.0])
    losses = {"type": [1.08, 0.74, 0.68], "ptr": [0.025, 0.011, 0.009], "span": [0.57, 0.29, 0.28]}
    losses |= {"countdown": [16.12, 11.0, 10.08], "total": [17.79, 12.04, 11.05]}
    table = {"epoch": epochs, **{name: np.array(values) for name, values in losses.items()}}
    tasks = {name: TaskFacts(name) for name in losses if name != "total"}
    assert list(measure(Case(origin="a paper", tasks=tasks, losses={"val": table}))) == []
