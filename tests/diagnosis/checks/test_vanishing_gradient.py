"""Gradients of first layers against those of last ones, and against what the tasks learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.vanishing_gradient import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"
FIRST = ("backbone.stem.", "backbone.known.", "backbone.blocks.0.")


def lost(case: Case, skill: float = 0.0, task: str = "life") -> Case:
    """The task's judged skill, with an interval of 0.02 to either side: of r2 with a floor of 0 the same numbers."""
    scores = {
        name: replace(one, value=skill, floor=0.0, skill=skill, interval=(skill - 0.02, skill + 0.02))
        if one.primary
        else one
        for name, one in case.metrics["test"][task].items()
    }
    return replace(case, metrics={**case.metrics, "test": {**case.metrics["test"], task: scores}})


def faded(case: Case, factor: float, since: int = 0) -> Case:
    """First layers' gradients times `factor` from an epoch on."""
    table = {name: values.copy() for name, values in case.gradients.items()}
    for name in table:
        if name.startswith(FIRST):
            table[name][since:] *= factor
    return replace(case, gradients=table)


def plant(case: Case) -> Case:
    """First layers get a hundred thousandth of their gradient, and the life is not learned."""
    return lost(faded(case, 1e-5))


ROWS: tuple[Row, ...] = (
    ("vanished and lost", plant, True, "sustained, and a task at its floor"),
    ("vanished over the run", lambda case: lost(faded(case, 1e-5, since=6)), True, "against its own start too"),
    ("last epoch only", lambda case: lost(faded(case, 1e-5, since=11)), False, "not sustained"),
    ("harmless", lambda case: faded(case, 1e-5), False, "all tasks learned: a note"),
    ("a hundredth", lambda case: lost(faded(case, 1e-2)), False, "a backbone whose layers are unlike"),
    ("lost otherwise", lost, False, "gradients are even"),
    ("healthy", lambda case: case, False, "even gradients, learned tasks"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_ratio_by_hand():
    """Six weights, thirds of two: medians (1e-6 + 3e-6) / 2 and (0.1 + 0.3) / 2, ratio 1e-5; biases do not count."""
    norms = (1e-6, 3e-6, 2e-6, 5.0, 0.1, 0.3)
    table = {"epoch": np.arange(1.0, 11)} | {f"l{i}.weight": np.full(10, one) for i, one in enumerate(norms)}
    table |= {"l0.bias": np.full(10, 7.0), "l9_norm.weight": np.full(10, 9.0), "heads.a.weight": np.full(10, 9.0)}
    table["frozen.weight"] = np.zeros(10)
    (depth,) = measure(Case(origin="a log", tasks={}, gradients=table))
    assert depth.late == pytest.approx(1e-5)
    assert (depth.layers, depth.epochs) == (6, (9, 10))


def test_error_needs_an_interval_below_a_tenth():
    (sure,) = found(CHECK, plant(healthy(BASE)))
    (unsure,) = found(CHECK, lost(faded(healthy(BASE), 1e-5), 0.09))
    assert (sure.severity, unsure.severity) == ("error", "warning")
    assert sure.evidence[2].interval == (-0.02, 0.02)


def test_scale_of_the_loss_does_not_matter():
    case = plant(healthy(BASE))
    table = {name: values if name == "epoch" else 10 * values for name, values in case.gradients.items()}
    scaled = replace(case, gradients=table, tasks=dict(reversed(case.tasks.items())))
    (one,), (two,) = found(CHECK, case), found(CHECK, scaled)
    assert (one.severity, one.fingerprint) == (two.severity, two.fingerprint)
    assert one.evidence[0].value == pytest.approx(two.evidence[0].value)
