"""Effective ranks over a run, beside what the tasks learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.rank_collapse import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def with_rank(case: Case, factor: float) -> Case:
    """Ranks times `factor` over the second half of the run."""
    rank = case.steps["effective_rank"].copy()
    rank[102:] *= factor
    return replace(case, steps=columns(case.steps, effective_rank=rank))


def lost(case: Case, skill: float = 0.01) -> Case:
    """The fault is not told from the others: macro-F1 a little above its floor of 1/9."""
    score = case.metrics["test"]["fault"]["macro_f1"]
    value = score.floor + skill * (1 - score.floor)
    low, high = (score.floor + one * (1 - score.floor) for one in (skill - 0.03, skill + 0.03))
    found_ = {"macro_f1": replace(score, value=value, skill=skill, interval=(low, high))}
    return replace(case, metrics={**case.metrics, "test": {**case.metrics["test"], "fault": found_}})


def plant(case: Case) -> Case:
    """The rank falls to a fifth, below the number of tasks, and the fault is lost."""
    return lost(with_rank(case, 0.2))


def alone(case: Case) -> Case:
    return replace(case, tasks={"fault": case.tasks["fault"]})


ROWS: tuple[Row, ...] = (
    ("fell, a task lost", plant, True, "too few directions"),
    ("fell by 55 %, one task, lost", lambda case: alone(lost(with_rank(case, 0.45))), True, "less than half"),
    ("fell to a fifth, all learned", lambda case: with_rank(case, 0.2), False, "neural collapse: a note"),
    ("fell by 55 %, all learned", lambda case: with_rank(case, 0.45), False, "nothing lost"),
    ("fell by a third, a task lost", lambda case: lost(with_rank(case, 0.67)), False, "lost for another reason"),
    ("healthy", lambda case: case, False, "8 to 10 throughout"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_a_fall_to_less_than_half_without_harm_is_not_even_a_note():
    assert found(CHECK, with_rank(healthy(BASE), 0.45)) == []


def test_medians_and_severities_by_hand():
    """15 samples, fifths of three: 10, 9, 11 at the start and 2, 3, 2.5 at the end are 10 and 2.5, a ratio of 0.25."""
    rank = np.r_[10.0, 9, 11, np.full(9, 6.0), 2, 3, 2.5]
    case = lost(healthy(BASE))
    short = replace(case, steps={"step": np.arange(15.0), "effective_rank": rank})
    (one,) = measure(short)
    assert (one.early, one.late, one.tasks) == (10.0, 2.5, 4)
    (finding,) = found(CHECK, short)
    assert finding.severity == "error"
    assert finding.evidence[0].value == 0.25
    assert finding.evidence[-1].interval == pytest.approx((-0.02, 0.04))  # skill 0.01 +- 0.03


def test_a_single_task_may_live_on_one_direction():
    case = lost(with_rank(healthy(BASE), 1.0))
    steps = columns(case.steps, effective_rank=1.2)
    assert fires(CHECK, replace(case, steps=steps))  # four tasks on one direction from the start
    assert not fires(CHECK, replace(case, steps=steps, tasks={"fault": case.tasks["fault"]}))


def test_a_fall_without_harm_is_a_note_that_says_so():
    (finding,) = found(CHECK, with_rank(healthy(BASE), 0.2))
    assert finding.severity == "note"
    assert finding.counter_evidence[-1].value > 0.8


def test_scale_and_order_do_not_matter():
    case = plant(healthy(BASE))
    tenfold = {f"loss__{task}": 10 * case.steps[f"loss.{task}"] for task in case.tasks}
    other = replace(case, steps=columns(case.steps, **tenfold), tasks=dict(reversed(case.tasks.items())))
    (one,), (two,) = found(CHECK, case), found(CHECK, other)
    assert (one.what, one.severity) == (two.what, two.severity)
