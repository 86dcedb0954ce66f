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


def overwriting(case: Case, *ratios: float) -> Case:
    """The first sampled steps move the weights by these shares of their size, and nothing is learned."""
    moved = case.steps["update_ratio"].copy()
    moved[np.flatnonzero(np.isfinite(moved))[: len(ratios)]] = ratios
    return lost(replace(case, steps=columns(case.steps, update_ratio=moved)))


def clipped(case: Case, norm: float, optimizer: str = "sgd") -> Case:
    """Gradients of norm 5 that are clipped at `norm`, and nothing learned."""
    train = case.config.train.model_copy(update={"optimizer": optimizer, "clip_norm": norm})
    steps = columns(case.steps, total_grad_norm=5.0)
    return lost(replace(case, steps=steps, config=case.config.model_copy(update={"train": train})))


ROWS: tuple[Row, ...] = (
    ("two first steps", lambda case: overwriting(case, 0.4, 0.2), True, "a fifth of the weights twice"),
    ("one first step", lambda case: overwriting(case, 0.4, 0.05), False, "one sample may be bad luck"),
    ("cannot leave its start", lambda case: lost(moving(case, 0.005)), True, "264 steps of 2.5e-5 are 0.7 %"),
    ("clipped to nothing", lambda case: clipped(case, 1e-4), True, "2e-5 of every gradient is left"),
    ("clipped hard", lambda case: clipped(case, 0.1), False, "a fiftieth is left: hard, but a rate"),
    ("Adam is not slowed by a clip", lambda case: clipped(case, 1e-4, "adamw"), False, "it divides by the norm"),
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


def test_a_clip_by_hand():
    """1e-4 of a norm of 5 is 2e-5; the clip that most steps meet is 5."""
    case = clipped(healthy(BASE), 1e-4)
    (moves,) = measure(case)
    assert moves.clipped == pytest.approx(2e-5)
    (finding,) = found(CHECK, case)
    assert finding.fixes[0].patch == {"train.clip_norm": 5.0}
    assert not fires(CHECK, replace(case, losses=healthy(BASE).losses, metrics=healthy(BASE).metrics))


def test_path_is_all_steps_in_one_direction():
    """60 steps of 5e-5, every third sampled: 0.3 % of the weights."""
    ratio = np.where(np.arange(60) % 3 == 0, 5e-5, np.nan)
    steps = {"step": np.arange(60.0), "update_ratio": ratio, "lr": np.full(60, 1e-5)}
    (moves,) = measure(Case(origin="a log", tasks={}, steps=steps))
    assert moves.path == pytest.approx(0.003)
    (finding,) = found(CHECK, Case(origin="a log", tasks={}, steps=steps))
    assert finding.severity == "warning"
    assert "0.003" in finding.what


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


def test_a_few_long_steps_never_raise_the_rate():
    """Every fifth step near the peak moves half of the weights, the median one 4e-4: less than the ratio aimed at."""
    ratio = np.where(np.arange(264) % 5 == 3, 0.5, 4e-4)
    case = rated(np.full(264, 1e-3))(lost(healthy(BASE)))
    steps = columns(case.steps, update_ratio=ratio)
    (finding,) = found(CHECK, replace(case, steps=steps))
    assert "20% of 264 sampled steps" in finding.what
    assert finding.fixes[0].patch == {}


def test_evidence_names_the_bound_that_harm_was_judged_by():
    """A quarter of the way from the floor is harm after long first steps, and none under steps that are short."""
    case = overwriting(healthy(BASE), 0.4, 0.2)
    quarter = {name: 0.75 * loss if name != "epoch" else loss for name, loss in case.losses["train"].items()}
    (finding,) = found(CHECK, replace(case, losses={"train": quarter}))
    assert finding.severity == "warning"
    assert [fact.threshold for fact in finding.evidence if fact.metric.startswith("progress")] == [0.5]
