"""One label for a whole batch, and batches that truly hold one label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.broadcast_target import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def flat(share: float, task: str = "life"):
    """`share` of the batches, evenly spread, have one label."""

    def edit(case: Case) -> Case:
        variance = case.steps[f"variance.{task}"].copy()
        rows = len(variance)
        variance[np.floor(np.arange(rows) * share) != np.floor((np.arange(rows) + 1) * share)] = 0.0
        return replace(case, steps={**case.steps, f"variance.{task}": variance})

    return edit


def plant(case: Case) -> Case:
    """The smallest injury: the first window's label for every window of every batch."""
    return flat(1.0)(case)


def labelled(between: float, zeros: float = 0.0):
    """What the profile says of the labels: how far they are one per recording, and how many are 0."""

    def edit(case: Case) -> Case:
        from polyhead.trace.profile import Frequent

        life = case.profile.targets["life"]
        train = life.splits["train"]
        often = [Frequent(0.0, round(zeros * train.known), 40, 0.01, True)] if zeros else []
        life = replace(life, between=between, splits={**life.splits, "train": replace(train, frequent=often)})
        return replace(case, profile=replace(case.profile, targets={**case.profile.targets, "life": life}))

    return edit


def grouped(case: Case) -> Case:
    """Batches of one system each."""
    from polyhead.config.data import SamplerOptions

    sampler = SamplerOptions(name="same_system", by="unit")
    config = case.config.model_copy(update={"data": case.config.data.model_copy(update={"sampler": sampler})})
    return replace(case, config=config)


def one_class(case: Case) -> Case:
    """Batches of one class each."""
    n = len(case.steps["step"])
    at = np.arange(n) % 3
    counts = {f"count.fault.{name}": np.where(at == i, 32.0, 0.0) for i, name in enumerate(("ball", "inner", "outer"))}
    return replace(case, steps={**case.steps, **counts})


def dead(case: Case) -> Case:
    """The task scores what its floor does."""
    scores = dict(case.metrics["test"])
    r2 = replace(scores["life"]["r2"], value=-0.01, skill=-0.01, floor=0.0, interval=(-0.05, 0.02))
    scores["life"] = {**scores["life"], "r2": r2}
    return replace(case, metrics={**case.metrics, "test": scores})


ROWS: tuple[Row, ...] = (
    ("all batches", plant, True, "one label in each"),
    ("95 %", flat(0.95), True, "the last batch of each epoch differs"),
    ("classes", one_class, True, "one class in each batch of a shuffled set"),
    ("grouped, labels vary", lambda c: grouped(plant(c)), True, "labels vary within a recording, so in a system too"),
    ("healthy", lambda case: case, False, "as it is"),
    ("half", flat(0.5), False, "half of the batches vary"),
    ("grouped, steady", lambda c: grouped(labelled(1.0)(plant(c))), False, "one label per recording: a note"),
    ("zeros", lambda c: labelled(0.1, zeros=0.99)(flat(0.95)(c)), False, "0.99^32 = 0.72 of the batches by chance"),
    ("nobody knows how", lambda c: replace(labelled(1.0)(plant(c)), config=None), False, "a log: a note"),
    ("few batches", lambda c: replace(plant(c), steps={k: v[:6] for k, v in plant(c).steps.items()}), False, "six"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_error_only_with_a_task_that_learned_nothing():
    (well,) = found(CHECK, plant(healthy(BASE)))
    (ill,) = found(CHECK, dead(plant(healthy(BASE))))
    assert (well.severity, ill.severity) == ("warning", "error")


def test_share_by_chance_by_hand():
    """Half of the labels 0 and 16 labels in each batch: 0.5^16 = 1.53e-5."""
    case = labelled(0.1, zeros=0.5)(plant(healthy(BASE)))
    case = replace(case, steps=columns(case.steps, known__life=16.0))
    life = next(one for one in measure(case) if one.task == "life")
    assert life.expected == pytest.approx(1.53e-5, rel=5e-3)
    assert (life.single, life.of) == (len(case.steps["step"]), len(case.steps["step"]))


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    """Rounding left in float64 is no variance, in any unit."""
    case = plant(healthy(BASE))
    life = case.profile.targets["life"]
    train = replace(life.splits["train"], sd=life.splits["train"].sd * unit)
    life = replace(life, splits={**life.splits, "train": train})
    scaled = replace(case, profile=replace(case.profile, targets={**case.profile.targets, "life": life}))
    rounding = replace(scaled, steps=columns(case.steps, variance__life=unit**2 * 1e-16))
    varies = replace(scaled, steps=columns(case.steps, variance__life=unit**2 * 1e-6))
    assert fires(CHECK, rounding)
    assert not fires(CHECK, varies)


def test_labels_that_nobody_knows_to_vary_are_not_checked():
    steps = {name: values for name, values in plant(healthy(BASE)).steps.items() if not name.startswith("count.")}
    with pytest.raises(NotCheckedError):
        list(measure(replace(healthy(BASE), steps=steps, profile=None, predictions=None)))
