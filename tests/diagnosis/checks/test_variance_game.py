"""Standard deviations that are not those of the errors; a negative likelihood alone never counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.losses import GaussianLoss
from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.checks.variance_game import CHECK, measure

from ..cases import Row, fires, found, healthy, nested

BASE = "detector"


def with_sd(case: Case, factor: float, *, scale: float = 1.0) -> Case:
    """The arrival with an sd of `factor` times its RMSE, spread a little; in units `scale` times as small."""
    splits = {}
    for split, tasks in case.predictions.items():
        one = tasks["arrival"]
        wide = np.random.default_rng(0).uniform(0.9, 1.1, one.pred.shape)
        sd = factor * scale * np.sqrt(np.mean((one.truth - one.pred) ** 2)) * wide
        arrival = replace(one, truth=scale * one.truth, pred=scale * one.pred, sd=sd)
        splits[split] = {**tasks, "arrival": arrival}
    return replace(case, predictions=splits)


def plant(case: Case) -> Case:
    """An sd of a third of the errors."""
    return with_sd(case, 1 / 3)


def negative(case: Case) -> Case:
    """An honest sd and a loss that falls far below zero while the RMSE stalls."""
    case = with_sd(case, 1.0)
    losses = nested(case.losses, "val", arrival=np.linspace(0, -8, 12))
    return replace(case, losses=losses, scores=nested(case.scores, "arrival", rmse=1.0))


def clamped(case: Case, share: float = 0.8) -> Case:
    """Most sds at the least value that a log-variance of -3 or more allows: exp(-1.5) of the training sd; the errors
    are as small."""
    task = case.config.tasks["arrival"]
    task = task.model_copy(update={"loss_fn": GaussianLoss(name="gaussian_nll", logvar_clamp=(-3.0, 3.0))})
    config = case.config.model_copy(update={"tasks": {**case.config.tasks, "arrival": task}})
    spread = case.predictions["train"]["arrival"].truth.std()
    case = replace(with_sd(case, 1.0), config=config)
    one = case.predictions["test"]["arrival"]
    low = np.arange(len(one.pred)) < share * len(one.pred)
    sd = np.where(low, np.exp(-1.5) * spread, 0.5 * spread)
    z = np.random.default_rng(0).standard_normal(len(sd))
    test = {**case.predictions["test"], "arrival": replace(one, sd=sd, truth=one.pred + sd * z)}
    return replace(case, predictions={**case.predictions, "test": test})


ROWS: tuple[Row, ...] = (
    ("too small", plant, True, "errors three times the sd: z^2 near 9"),
    ("too large", lambda case: with_sd(case, 3.0), True, "z^2 near 1/9"),
    ("clamped", clamped, True, "80 % of the sds at the end of the range"),
    ("near miss below", lambda case: with_sd(case, 0.8), False, "z^2 of 1.6"),
    ("near miss above", lambda case: with_sd(case, 1.3), False, "z^2 of .6"),
    ("some at the end", lambda case: clamped(case, 0.3), False, "30 % at the end, honest on the whole"),
    ("negative likelihood", negative, False, "a loss of -8 says nothing"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_worked_example():
    """Residuals 2, -2, 1, -1 with sd .5: z^2 of 16, 16, 4 and 4, mean 10, median 10."""
    residual = np.tile([2.0, -2.0, 1.0, -1.0], 10)
    one = Predicted(
        recording=np.repeat([f"r{i}" for i in range(10)], 4),
        truth=residual,
        pred=np.zeros(40),
        mask=np.ones(40, bool),
        sd=np.full(40, 0.5),
    )
    case = Case(origin="a table", tasks={"x": TaskFacts("x")}, predictions={"test": {"x": one}})
    (spread,) = measure(case)
    assert spread.z2 == pytest.approx(10.0)
    assert spread.interval == pytest.approx((10.0, 10.0))
    assert [one.severity for one in found(CHECK, case)] == ["warning"]


def test_error_where_the_loss_fell_by_the_variance_alone():
    case = plant(healthy(BASE))
    game = replace(
        case,
        losses=nested(case.losses, "val", arrival=np.linspace(0, -8, 12)),
        scores=nested(case.scores, "arrival", rmse=1.0),
    )
    assert [one.severity for one in found(CHECK, game)] == ["error"]


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_units_do_not_matter(scale):
    (one,) = measure(with_sd(healthy(BASE), 1 / 3, scale=scale))
    (known,) = measure(plant(healthy(BASE)))
    assert one.z2 == pytest.approx(known.z2)
