"""Dead channels, with and without anything lost by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.dead_units import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def with_dead(case: Case, share: float, since: int = 0, rank: float | None = None) -> Case:
    """A dead share at sampled steps from `since` on, and the effective rank there."""
    steps = {name: values.copy() for name, values in case.steps.items()}
    later = np.isfinite(steps["dead_share"]) & (np.arange(len(steps["step"])) >= since)
    steps["dead_share"][later] = share
    if rank is not None:
        steps["effective_rank"][later] = rank
    return replace(case, steps=steps)


def plant(case: Case) -> Case:
    """From step 60 on 15 of 24 channels are dead and the rank is down to 3."""
    return with_dead(case, 15 / 24, since=60, rank=3.0)


def forgot(case: Case) -> Case:
    """Dead channels, and the fault's loss as it was in the beginning over the last fifth."""
    dead = with_dead(case, 0.625, since=60)
    loss = dead.steps["loss.fault"].copy()
    loss[-41:] = np.linspace(1.0, 1.2, 41)
    return replace(dead, steps=columns(dead.steps, loss__fault=loss))


def now_and_then(case: Case) -> Case:
    """Two sampled batches in three are of one class, for which most channels are silent."""
    dead = with_dead(case, 0.9, since=60, rank=3.0)
    values = dead.steps["dead_share"].copy()
    values[np.flatnonzero(np.isfinite(values))[::3]] = 0.2
    return replace(dead, steps=columns(dead.steps, dead_share=values))


ROWS: tuple[Row, ...] = (
    ("dead and of low rank", plant, True, "sustained and harmful"),
    ("dead and forgetting", forgot, True, "a task lost what it had"),
    ("dead, nothing lost", lambda case: with_dead(case, 0.9), False, "a note: the heads have what they need"),
    ("less than half", lambda case: with_dead(case, 0.45, since=60, rank=3.0), False, "below the share"),
    ("now and then", now_and_then, False, "a third of the batches uses them: sparse, not dead"),
    ("healthy", lambda case: case, False, "no dead channel"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_numbers_by_hand():
    """15 / 24 = 0.625 dead; rank 10 in the first fifth (of 10 samples: 2) and 4 in the last: 0.4."""
    steps = {"step": np.arange(10.0), "dead_share": np.array([0.0, 0, *[0.625] * 8])}
    steps["effective_rank"] = np.array([10.0, 10, *[7.0] * 6, 4, 4])
    (dead,) = measure(Case(origin="a log", tasks={}, steps=steps))
    assert (dead.late, dead.early, dead.above) == (0.625, 0.0, 1.0)
    assert dead.rank == pytest.approx(0.4)
    assert fires(CHECK, Case(origin="a log", tasks={}, steps=steps))


def test_what_was_not_lost_is_counter_evidence():
    (finding,) = found(CHECK, with_dead(healthy(BASE), 0.9))
    assert finding.severity == "note"
    assert {fact.metric for fact in finding.counter_evidence} >= {"effective rank, late over early"}


def test_scale_and_order_do_not_matter():
    case = forgot(healthy(BASE))
    scaled = replace(
        case,
        steps=columns(case.steps, loss__fault=10 * case.steps["loss.fault"]),
        tasks=dict(reversed(case.tasks.items())),
    )
    (one,), (two,) = found(CHECK, case), found(CHECK, scaled)
    assert (one.severity, one.what) == (two.severity, two.what)
    assert [fact.value for fact in one.evidence] == pytest.approx([fact.value for fact in two.evidence])
