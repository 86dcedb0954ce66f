"""Losses that lie still or swing at the floor, and those that rest because the task is learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.stalled_training import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "radio"


def with_loss(case: Case, shape: np.ndarray | float, noise: float = 0.03) -> Case:
    """The noise task's loss as `shape` (step,) times its floor, with noise between steps; the run not yet judged."""
    floor = case.tasks["noise"].floor_loss
    scatter = 1 + noise * np.random.default_rng(5).normal(size=264)
    return replace(case, steps={**case.steps, "loss.noise": floor * shape * scatter}, metrics=None, losses=None)


def plant(case: Case) -> Case:
    """The loss stays at 0.98 of what a constant loses."""
    return with_loss(case, 0.98)


SWING = 1 + 0.2 * np.sin(np.arange(264) * np.pi / 10)
ROWS: tuple[Row, ...] = (
    ("still at the floor", plant, True, "a constant answer"),
    ("swings at the floor", lambda case: with_loss(case, SWING), True, "steps undo each other"),
    ("still, learned", lambda case: with_loss(case, 0.05), False, "converged"),
    ("still, half learned", lambda case: with_loss(case, 0.5), False, "a plateau, not a stall"),
    ("falls at last", lambda case: with_loss(case, np.r_[np.ones(200), np.linspace(1, 0.85, 64)]), False, "falls"),
    ("switched off", lambda case: off(plant(case)), False, "a task of weight 0 is not trained"),
    ("healthy", lambda case: case, False, "learned"),
)


def off(case: Case) -> Case:
    return replace(case, tasks={**case.tasks, "noise": replace(case.tasks["noise"], weight=0.0)})


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_kinds_have_opposite_remedies():
    (still,), (swings,) = found(CHECK, plant(healthy(BASE))), found(CHECK, with_loss(healthy(BASE), SWING))
    assert (still.fixes[0].patch, swings.fixes[0].patch) == ({"train.lr": 0.009}, {"train.lr": 0.001})


def test_a_loss_that_was_thrown_up_is_not_answered_by_a_larger_rate():
    case = plant(healthy(BASE))
    case.steps["loss.noise"][1:6] *= 50
    (finding,) = found(CHECK, case)
    assert finding.fixes[0].patch == {"train.lr": 0.001}


@pytest.mark.parametrize(
    ("height", "words"), [(0.98, "no better than a constant answer"), (4.0, "worse than a constant answer")]
)
def test_where_the_loss_stands_in_plain_words(height, words):
    (finding,) = found(CHECK, with_loss(healthy(BASE), height))
    assert finding.what.endswith(words)


def test_slope_by_hand():
    """Losses 1, .., 1, then 1.00, 0.98, 0.96, 0.94, 0.92 in the last 5 of 25 epochs: -0.02 an epoch, -0.5 per run."""
    losses = {"train": {"a": np.r_[np.ones(20), 1 - 0.02 * np.arange(5)]}}
    (stall,) = measure(Case("a log", {"a": TaskFacts("a", floor_loss=1.0)}, losses=losses))
    assert stall.slope == pytest.approx(-0.5)
    assert stall.learned == pytest.approx(0.04)


def test_interval_is_that_of_the_normal_equations():
    case = plant(healthy(BASE))
    stall = next(one for one in measure(case) if one.task == "noise")
    late = case.steps["loss.noise"][-52:] / case.tasks["noise"].floor_loss
    means = np.array([block.mean() for block in np.array_split(late, 10)])
    design = np.stack([np.ones(10), np.arange(10)], axis=1)
    beta, residual, *_ = np.linalg.lstsq(design, means, rcond=None)
    error = np.sqrt(residual[0] / 8 * np.linalg.inv(design.T @ design)[1, 1])
    assert stall.interval[0] == pytest.approx(50 * (beta[1] - 2.306004 * error), rel=1e-5)  # t of 8 degrees, tables


def test_scale_of_the_loss_and_order_do_not_matter():
    case = plant(healthy(BASE))
    facts = case.tasks["noise"]
    tasks = {**dict(reversed(case.tasks.items())), "noise": replace(facts, floor_loss=10 * facts.floor_loss)}
    scaled = replace(case, tasks=tasks, steps={**case.steps, "loss.noise": 10 * case.steps["loss.noise"]})
    (one,), (two,) = found(CHECK, case), found(CHECK, scaled)
    assert (one.what, one.severity) == (two.what, two.severity)
