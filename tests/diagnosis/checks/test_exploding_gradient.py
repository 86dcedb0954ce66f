"""Spikes of the gradient's norm, with and without harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.exploding_gradient import CHECK, measure
from polyhead.diagnosis.curves import rise

from ..cases import Row, columns, fires, found, healthy

BASE = "detector"


def spiked(case: Case, factor: float, at: slice) -> Case:
    norm = case.steps["total_grad_norm"].copy()
    norm[at] *= factor
    return replace(case, steps=columns(case.steps, total_grad_norm=norm))


def diverged(case: Case) -> Case:
    """The energy's loss stands at its first value again over the last fifth."""
    loss = case.steps["loss.energy"].copy()
    loss[-50:] = 1.0
    return replace(case, steps=columns(case.steps, loss__energy=loss))


def poor(case: Case, skill: float = 0.2) -> Case:
    """The energy is judged at this R2, floor 0."""
    score = replace(case.metrics["test"]["energy"]["r2"], value=skill, skill=skill, interval=None)
    return replace(case, metrics={**case.metrics, "test": {**case.metrics["test"], "energy": {"r2": score}}})


def plant(case: Case) -> Case:
    """From step 180 on every third step is 60 times as long, and the energy is lost."""
    return poor(diverged(thirds(case)))


def going(case: Case) -> Case:
    return replace(case, state={**case.state, "status": "training"})


def noisy_end(case: Case) -> Case:
    """Only the last epoch, 20 steps, is bad, and the metric is poor as yet."""
    case = poor(spiked(case, 60.0, slice(180, None, 3)))
    loss = case.steps["loss.energy"].copy()
    loss[-20:] = 1.0
    return replace(case, steps=columns(case.steps, loss__energy=loss))


def thirds(case: Case, factor: float = 60.0) -> Case:
    """Every third step from step 180 on."""
    return spiked(case, factor, slice(180, None, 3))


ROWS: tuple[Row, ...] = (
    ("spikes and a lost loss", plant, True, "persistent and harmful"),
    ("harmless spikes", lambda case: spiked(case, 60.0, slice(180, None, 3)), False, "clipped, nothing lost: a note"),
    ("one noisy last epoch", lambda case: going(noisy_end(case)), False, "harm that has not lasted: a note"),
    ("rise without harm", lambda case: diverged(thirds(case)), False, "R2 is .88: a note"),
    ("two spikes", lambda case: poor(diverged(spiked(case, 60.0, slice(180, 182)))), False, "a pair of odd batches"),
    (
        "three-fold",
        lambda case: poor(diverged(thirds(case, 3.0))),
        False,
        "below ten times the median",
    ),
    (
        "a loss lost otherwise",
        lambda case: poor(diverged(case)),
        False,
        "the gradients were even: do not advise clipping",
    ),
    ("healthy", lambda case: case, False, "a norm that grows thirtyfold as sigma falls, but steadily"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_harmless_spikes_are_a_note_with_the_limit_as_counter_evidence():
    (finding,) = found(CHECK, spiked(healthy(BASE), 60.0, slice(180, None, 3)))
    assert finding.severity == "note"
    assert finding.counter_evidence[0].value == 1.0
    assert all("train.clip_norm" not in fix.patch for fix in finding.fixes)


def test_no_error_before_the_end_or_without_a_metric():
    case = plant(healthy(BASE))
    assert [one.severity for one in found(CHECK, case)] == ["error"]
    assert [one.severity for one in found(CHECK, going(case))] == ["warning"]
    tasks = {name: replace(facts, floor_loss=None) for name, facts in case.tasks.items()}
    unknown = replace(case, tasks=tasks, metrics=None, scores=None)
    assert [one.severity for one in found(CHECK, unknown)] == ["warning"]


def test_too_short_a_run_has_no_end():
    """47 steps in two epochs and a half: four spikes of twenty are a note, whatever the loss."""
    norm, loss = np.full(47, 2.0), np.r_[np.linspace(1, 0.5, 40), np.ones(7)]
    norm[[28, 33, 38, 44]] = 60.0
    steps = {"step": np.arange(47.0), "epoch": np.arange(47) // 20 + 1.0, "total_grad_norm": norm, "loss.a": loss}
    (finding,) = found(CHECK, Case("a run", {"a": TaskFacts("a")}, steps=steps, state={"status": "training"}))
    assert finding.severity == "note"


def test_ratios_are_those_of_pandas():
    case = plant(healthy(BASE))
    norm = pd.Series(case.steps["total_grad_norm"])
    ratio = (norm / norm.rolling(50, min_periods=20).median().shift(1))[20:]
    (spikes,) = measure(case)
    assert spikes.ratio == pytest.approx(ratio.max())
    assert spikes.most == (ratio > 10).rolling(20).sum().max()
    assert spikes.first == (int(case.steps["epoch"][180]), int(ratio.index[ratio > 10][0]))


def test_units_and_order_of_tasks_do_not_matter():
    case = plant(healthy(BASE))
    scaled = columns(
        case.steps,
        loss__energy=10 * case.steps["loss.energy"],
        total_grad_norm=10 * case.steps["total_grad_norm"],
    )
    other = replace(case, steps=scaled, tasks=dict(reversed(case.tasks.items())))
    (one,), (two,) = found(CHECK, case), found(CHECK, other)
    assert (one.severity, one.scope) == (two.severity, two.scope)
    assert [fact.value for fact in one.evidence] == pytest.approx([fact.value for fact in two.evidence])


def test_fires_without_a_configuration():
    assert fires(CHECK, replace(plant(healthy(BASE)), config=None, document=None, losses=None))


def test_rise_in_sd_of_the_noise():
    """Noise of sd 1 about 0, then about 10: the last fifth stands about 10 sd above."""
    values = np.random.default_rng(0).normal(size=500)
    values[400:] += 10
    assert rise(values) == pytest.approx(10, rel=0.2)  # the best of many stretches lies a little below 0
    assert abs(rise(values[:400])) < 1


def test_infinite_norms_count():
    norm = np.ones(100)
    norm[40:80] = np.inf
    (one,) = measure(Case("a log", {}, steps={"step": np.arange(100.0), "total_grad_norm": norm}))
    assert one.ratio == np.inf
    assert one.most == 20
