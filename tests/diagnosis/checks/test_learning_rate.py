"""How far steps move the weights, and rates of 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.learning_rate import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "radio"


def lost(case: Case) -> Case:
    """Every task at its floor: losses of the best constant, no judged metrics."""
    flat = {name: np.full(12, case.tasks[name].floor_loss) for name in case.tasks}
    losses = {"train": {"epoch": np.arange(1.0, 13), **flat}}
    return replace(case, losses=losses, metrics=None)


def moving(case: Case, factor: float) -> Case:
    return replace(case, steps=columns(case.steps, update_ratio=factor * case.steps["update_ratio"]))


def plant(case: Case) -> Case:
    """Steps ten thousand times too short, and nothing learned."""
    return lost(moving(case, 1e-4))


def rated(rates: np.ndarray) -> object:
    return lambda case: replace(case, steps=columns(case.steps, lr=rates))


def thrown(case: Case, factor: float, ratio: float) -> Case:
    """Steps 1 to 9 lose so many times the first loss, the second sample moves the weights by `ratio`; later all is as
    it was, and nothing learned."""
    loss, moved = case.steps["loss.noise"].copy(), case.steps["update_ratio"].copy()
    loss[1:10], moved[3] = factor * loss[0], ratio
    return lost(replace(case, steps=columns(case.steps, loss__noise=loss, update_ratio=moved)))


def decayed(case: Case) -> Case:
    """Rate and ratio fall by half at step 40 and to a ten-thousandth from step 50 on."""
    fall = np.where(np.arange(264) < 40, 1, np.where(np.arange(264) < 50, 0.5, 1e-4))
    ratio, rate = case.steps["update_ratio"] * fall, 0.003 * fall
    return lost(replace(case, steps=columns(case.steps, update_ratio=ratio, lr=rate)))


ROWS: tuple[Row, ...] = (
    ("too low and lost", plant, True, "5e-7 of the weights in a step"),
    ("too high and lost", lambda case: lost(moving(case, 50)), True, "a quarter of the weights in a step"),
    ("too low, learned", lambda case: moving(case, 1e-4), False, "fine-tuning: a note"),
    ("in the band, lost", lambda case: lost(moving(case, 0.01)), False, "5e-5: something else is wrong"),
    ("end of a schedule", decayed, False, "only rates near their peak count"),
    ("thrown out of the start", lambda case: thrown(case, 20, 0.6), True, "long first steps, small ones later"),
    ("thrown by the data", lambda case: thrown(case, 20, 0.02), False, "steps of the usual length"),
    ("a bad start", lambda case: thrown(case, 2, 0.6), False, "twice the first loss"),
    ("healthy", lambda case: case, False, "5e-3"),
    ("never above 0", rated(np.zeros(264)), True, "nothing can move"),
    ("0 for most of the run", rated(np.where(np.arange(264) < 100, 1e-3, 0)), True, "cut to 0 early"),
    ("warm-up from 0", rated(np.minimum(np.arange(264), 50) / 5e4), False, "one step at 0"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_remedy_by_hand():
    """A ratio of 2e-6 at a rate of 1e-6: 1e-6 x 1e-3 / 2e-6 = 5e-4."""
    case = lost(healthy(BASE))
    train = case.config.train.model_copy(update={"lr": 1e-6})
    steps = columns(case.steps, update_ratio=2e-6, lr=1e-6)
    slow = replace(case, steps=steps, config=case.config.model_copy(update={"train": train}))
    (finding,) = found(CHECK, slow)
    assert finding.fixes[0].patch == {"train.lr": 5e-4}


def test_a_rate_that_threw_the_network_out_is_lowered_by_the_first_steps():
    """Up to 0.6 of the weights at a rate of 0.003: 0.003 x 0.01 / 0.6 = 5e-5."""
    (finding,) = found(CHECK, thrown(healthy(BASE), 20, 0.6))
    assert finding.fixes[0].patch == {"train.lr": 5e-5}
    assert "20 times its first value" in finding.what


def test_rates_over_epochs_alone():
    (moves,) = measure(Case(origin="a log", tasks={}, epochs={"epoch": np.arange(1.0, 5), "lr": np.zeros(4)}))
    assert (moves.zero, moves.samples) == (1.0, 0)
    (finding,) = found(CHECK, Case(origin="a log", tasks={}, epochs={"epoch": np.arange(4.0), "lr": np.zeros(4)}))
    assert finding.severity == "error"


def test_units_of_losses_and_order_of_tasks_do_not_matter():
    case = plant(healthy(BASE))
    tasks = {name: replace(one, floor_loss=10 * one.floor_loss) for name, one in reversed(case.tasks.items())}
    losses = {"train": {name: values * (1 if name == "epoch" else 10) for name, values in case.losses["train"].items()}}
    (one,), (two,) = found(CHECK, case), found(CHECK, replace(case, tasks=tasks, losses=losses))
    assert (one.severity, one.what, one.fixes) == (two.severity, two.what, two.fixes)
