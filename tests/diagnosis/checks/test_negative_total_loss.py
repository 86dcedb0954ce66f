"""A negative total is no fault by itself; a monitor that rests on one is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.negative_total_loss import CHECK

from ..cases import Row, columns, fires, found, healthy

BASE = "detector"


def plant(case: Case) -> Case:
    """The healthy run, whose total falls from .01 to -2.9, with its best epoch chosen by that total."""
    train = case.config.train.model_copy(update={"monitor": "val/loss"})
    return replace(case, config=case.config.model_copy(update={"train": train}))


def shifted(case: Case, by: float) -> Case:
    losses = {phase: columns(table, total=table["total"] + by) for phase, table in case.losses.items()}
    return replace(plant(case), losses=losses)


def bare(case: Case) -> Case:
    """A log with a total and nothing else."""
    epochs = {"epoch": case.epochs["epoch"], "val_loss": case.epochs["val_loss"]}
    return Case(origin="a log", tasks={}, epochs=epochs)


ROWS: tuple[Row, ...] = (
    ("monitored", plant, True, "the sign changes under the monitor"),
    ("healthy", lambda case: case, False, "negative, and the monitor is val/skill"),
    ("positive", lambda case: shifted(case, 10.0), False, "never below zero"),
    ("always negative", lambda case: shifted(case, -10.0), False, "no change of sign: the least is still the best"),
    ("bare log", bare, False, "nothing is known of the monitor: a note"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_bare_log_is_a_note_that_tells_where_to_look():
    (finding,) = found(CHECK, bare(healthy(BASE)))
    assert finding.severity == "note"
    assert "unweighted" in finding.fixes[0].text


def test_counts_by_hand():
    """+1, 0.5, -1, -2: two of four."""
    case = plant(healthy(BASE))
    losses = {"val": {"epoch": np.arange(1.0, 5.0), "total": np.array([1.0, 0.5, -1.0, -2.0])}}
    (finding,) = found(CHECK, replace(case, losses=losses))
    assert finding.evidence[0].value == pytest.approx(0.5)
    assert finding.evidence[1].interval == (-2.0, 1.0)


@pytest.mark.parametrize("by", [0.1, 10.0])
def test_size_does_not_matter(by):
    case = plant(healthy(BASE))
    losses = {phase: columns(table, total=by * table["total"]) for phase, table in case.losses.items()}
    assert found(CHECK, replace(case, losses=losses))[0].what == found(CHECK, case)[0].what


def test_a_negative_total_that_nothing_rests_on_is_not_even_a_note():
    assert found(CHECK, healthy(BASE)) == []
    assert found(CHECK, shifted(healthy(BASE), -10.0)) == []
