"""Tasks with a loss and no metric, as energy and time of a detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.unmeasured_task import CHECK

from ..cases import Row, columns, fires, found, healthy, nested
from ..tables import long

BASE = "detector"


def without(case: Case, *tasks: str) -> Case:
    """The run with no metric of some tasks."""
    kept = {split: {t: one for t, one in own.items() if t not in tasks} for split, own in case.metrics.items()}
    return replace(case, metrics=kept, scores={t: one for t, one in case.scores.items() if t not in tasks})


def plant(case: Case) -> Case:
    """Energy is trained; what it learned nobody reports."""
    return without(case, "energy")


def undefined(case: Case) -> Case:
    """Every metric of energy is there and has no value."""
    emptied = {
        split: {
            t: {name: replace(s, value=None, reason="the known labels are constant") for name, s in one.items()}
            if t == "energy"
            else one
            for t, one in own.items()
        }
        for split, own in case.metrics.items()
    }
    return replace(without(case, "energy"), metrics=emptied)


def ended(case: Case, phases: tuple[str, ...]) -> Case:
    """The loss of energy is NaN from the second epoch on."""
    for phase in phases:
        loss = case.losses[phase]["energy"].copy()
        loss[1:] = np.nan
        case = replace(case, losses={**case.losses, phase: columns(case.losses[phase], energy=loss)})
    return case


ROWS: tuple[Row, ...] = (
    ("one task", plant, True, "a loss and no metric"),
    ("undefined throughout", undefined, True, "no metric has a value"),
    ("no numbers any more", lambda case: ended(undefined(case), ("train", "val")), False, "non-finite says it"),
    ("a loss of validation is left", lambda case: ended(undefined(case), ("train",)), True, "answers are numbers"),
    ("ended, no metric", lambda case: ended(plant(case), ("train", "val")), True, "nobody measured it before either"),
    ("only over epochs", lambda case: replace(plant(case), scores=case.scores), False, "the epochs have it"),
    ("only at the end", lambda case: replace(case, scores=None), False, "the final metrics have it"),
    ("healthy", lambda case: case, False, "every task has metrics"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_of_three_losses_and_one_metric_two_tasks_are_unmeasured():
    case = long(angle={"loss": 0.2, "mae": 0.1}, energy={"loss": 3.1}, time={"loss": 0.5})
    assert [one.scope.task for one in found(CHECK, case)] == ["energy", "time"]


def test_rescaled_loss_and_other_names_keep_the_verdict():
    case = plant(healthy(BASE))
    ten = replace(case, losses=nested(case.losses, "train", energy=10 * case.losses["train"]["energy"]))
    assert [one.scope.task for one in found(CHECK, ten)] == ["energy"]
    renamed = columns(case.losses["train"], tail=case.losses["train"]["energy"])
    del renamed["energy"]
    assert [one.scope.task for one in found(CHECK, replace(case, losses={"train": renamed}))] == ["tail"]


def test_a_table_without_rows_is_read():
    case = undefined(healthy(BASE))
    empty = {name: np.zeros(0) for name in case.losses["train"]}
    assert fires(CHECK, replace(case, losses={**case.losses, "val": empty}))
