"""NaN and infinity against empty cells, which are neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.non_finite import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "machines"


def with_loss(case: Case, bad: float, rows: slice, task: str = "life") -> Case:
    values = case.steps[f"loss.{task}"].copy()
    values[rows] = bad
    return replace(case, steps={**case.steps, f"loss.{task}": values})


def plant(case: Case) -> Case:
    """The loss of one task turns NaN at step 150 and stays so."""
    return with_loss(case, np.nan, slice(150, None))


def without_labels(case: Case) -> Case:
    """A task that has no labels in the last 54 steps, whose loss is therefore empty."""
    known = case.steps["known.life"].copy()
    known[150:] = 0
    return replace(plant(case), steps={**plant(case).steps, "known.life": known})


def overflow(case: Case, rows: slice) -> Case:
    norm = case.steps["total_grad_norm"].copy()
    norm[rows] = np.inf
    return replace(case, steps={**case.steps, "total_grad_norm": norm})


def every_third_epoch(case: Case) -> Case:
    """Validation that is written every third epoch, last at the tenth of twelve."""
    values = case.losses["val"]["life"].copy()
    values[np.arange(12) % 3 != 0] = np.nan
    return replace(case, losses=nested(case.losses, "val", life=values), steps=None)


def said(**state: object) -> object:
    return lambda case: replace(case, steps=None, state={**case.state, **state})


ROWS: tuple[Row, ...] = (
    ("NaN from a step on", plant, True, "labels were there and the loss was not"),
    ("one infinite loss", lambda case: with_loss(case, np.inf, slice(0, 3)), True, "3 of 204 steps is above 1 %"),
    ("without labels", without_labels, False, "an empty cell, not a broken loss"),
    ("written now and then", every_third_epoch, False, "gaps are no NaN"),
    ("overflow of a gradient", lambda case: overflow(case, slice(100, 102)), False, "a scaler leaves it out: a note"),
    ("overflow in the last step", lambda case: overflow(case, slice(-1, None)), False, "one overflow: a note"),
    ("overflow to the end", lambda case: overflow(case, slice(-20, None)), True, "no step is taken any more"),
    ("healthy", lambda case: case, False, "all finite"),
    ("one step of 1000 left out", said(left_out=1, step=1000), False, "a scaler does so by design: a note"),
    ("a tenth left out", said(left_out=100, step=1000), True, "a tenth of the windows is not learned"),
    ("ended", said(status="failed", reason="the loss of task 'life' is not finite at epoch 1, step 3"), True, "said"),
    ("ended by another cause", said(status="failed", reason="no room on the disk"), False, "not of this"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_first_step_and_task():
    """204 steps, 17 an epoch: step 150 is in the ninth epoch (150 // 17 = 8), and 54 are lost."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert (finding.scope.task, finding.severity, finding.evidence[0].value) == ("life", "error", 54)
    assert finding.evidence[0].window == f"epoch {int(healthy(BASE).steps['epoch'][150])}, step 150"
    assert finding.fixes[0].patch == {"train.lr": 0.0003}


def test_a_run_that_ended_at_once_is_told_of_though_it_has_no_tables():
    case = healthy(BASE)
    state = {"status": "failed", "reason": "the loss of task 'life' is not finite at epoch 1, step 3"}
    (finding,) = found(CHECK, Case(origin="a run", tasks=case.tasks, state=state))
    assert (finding.scope.task, finding.severity) == ("life", "error")


def test_a_foreign_log_whose_loss_ends_in_nan():
    """No known counts: a column that was always written and then is empty for 4 of 10 rows has stopped."""
    loss = np.array([3.0, 2, 9, 80, 900, 9e9, *[np.nan] * 4])
    case = Case("a log", {"a": replace(healthy(BASE).tasks["life"], name="a")}, losses={"train": {"a": loss}})
    (broken,) = measure(case)
    assert (broken.count, broken.lasting) == (4, True)
    assert [one.task for one in measure(replace(case, losses={"train": {"a": loss[:8]}}))] == []  # 2 rows may be a gap


@pytest.mark.parametrize(("tail", "stopped"), [(6, False), (7, True)])
def test_a_column_has_stopped_after_more_than_twice_its_longest_gap(tail, stopped):
    """Written in rows 0, 3, 6 and 9, a gap of 3: seven empty rows at the end are more than twice that, six are not."""
    loss = np.full(10 + tail, np.nan)
    loss[:10:3] = 1.0
    case = Case("a log", {"a": replace(healthy(BASE).tasks["life"], name="a")}, losses={"train": {"a": loss}})
    assert bool(list(measure(case))) is stopped


def test_predictions_count_where_the_truth_is_known():
    case = healthy(BASE)
    one = case.predictions["test"]["life"]
    pred, mask = one.pred.copy(), one.mask.copy()
    pred[:3], mask[0] = np.nan, False
    broken = replace(case, predictions={"test": {"life": replace(one, pred=pred, mask=mask)}})
    assert [(each.part, each.task, each.count) for each in measure(broken)] == [("prediction", "life", 2)]


def test_scale_and_names_do_not_matter():
    case = plant(healthy(BASE))
    scaled = replace(case, steps=columns(case.steps, loss__life=1e6 * case.steps["loss.life"]))
    assert [one.fingerprint for one in found(CHECK, scaled)] == [one.fingerprint for one in found(CHECK, case)]
