"""First losses against those of a constant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.initial_loss import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "radio"


def begun(case: Case, first: float, steps: int = 30) -> Case:
    """The modulation's loss begins at `first` times its floor and falls to where it was over so many steps."""
    loss = case.steps["loss.modulation"].copy()
    loss[:steps] = case.tasks["modulation"].floor_loss * np.geomspace(first, 1.05, steps)
    return replace(case, steps={**case.steps, "loss.modulation": loss})


def plant(case: Case) -> Case:
    """Logits that are sure and wrong: twelve times the constant's loss, gone after 30 of 264 steps."""
    return begun(case, 12)


def unknown(case: Case) -> Case:
    """The same log with nothing but the name of the loss and the classes."""
    tasks = {name: replace(one, floor_loss=None) for name, one in case.tasks.items()}
    return replace(case, tasks=tasks, config=None, document=None)


ROWS: tuple[Row, ...] = (
    ("twelvefold", plant, True, "a ninth of the run to unlearn it"),
    ("twelvefold, ln 4", lambda case: unknown(plant(case)), True, "even classes lose ln 4"),
    ("twelvefold for 5 steps", lambda case: begun(case, 12, 5), False, "gone at once: a note"),
    ("twofold", lambda case: begun(case, 2), False, "a batch may be so"),
    ("a fifth", lambda case: begun(case, 0.2), False, "trained before, or told: a note"),
    ("healthy", lambda case: case, False, "heads start at the constant"),
    ("healthy, nothing known", unknown, False, "1.3868 against ln 4 = 1.3863"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_sure_logits_by_hand():
    """Ten classes, ln 10 = 2.302585; logits of sd 20 drawn here lose the mean of logsumexp minus the true logit."""
    from scipy.special import logsumexp

    logits = 20 * np.random.default_rng(1).normal(size=(4000, 10))
    loss = float((logsumexp(logits, axis=1) - logits[:, 0]).mean())
    facts = TaskFacts("digit", kind="classification", loss="ce", classes=tuple("0123456789"))
    values = np.array([loss, loss, 2.0, 1.0])
    (start,) = measure(Case("a log", {"digit": facts}, steps={"step": np.arange(4.0), "loss.digit": values}))
    assert start.ratio == pytest.approx(loss / 2.302585, rel=1e-6)
    assert start.until == 0.5
    assert loss > 25  # the largest of ten draws of sd 20 lies 31 above their mean


def test_notes_for_what_does_no_harm():
    assert [one.severity for one in found(CHECK, begun(healthy(BASE), 0.2))] == ["note"]
    assert [one.severity for one in found(CHECK, begun(healthy(BASE), 12, 5))] == ["note"]


def test_a_record_that_begins_later_is_not_judged():
    case = plant(healthy(BASE))
    assert not fires(CHECK, replace(case, steps=columns(case.steps, step=case.steps["step"] + 100)))


def test_scale_of_the_loss_does_not_matter():
    case = plant(healthy(BASE))
    facts = case.tasks["modulation"]
    tasks = {**case.tasks, "modulation": replace(facts, floor_loss=10 * facts.floor_loss)}
    scaled = replace(case, tasks=tasks, steps={**case.steps, "loss.modulation": 10 * case.steps["loss.modulation"]})
    (one,), (two,) = found(CHECK, case), found(CHECK, scaled)
    assert one.severity == two.severity
    assert [fact.value for fact in one.evidence] == pytest.approx([fact.value for fact in two.evidence])
