"""The published run, where everything improves but what was wanted; and runs that are merely slow or noisy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.loss_metric_divergence import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "machines"


def with_metric(case: Case, r2: np.ndarray | float, *, skill: float = 0.0) -> Case:
    """The forecast's R^2 over epochs, and its skill at the end; its loss falls as in the healthy run."""
    score = replace(case.metrics["test"]["next"]["r2"], value=skill, skill=skill)
    metrics = {**case.metrics, "test": {**case.metrics["test"], "next": {"r2": score}}}
    return replace(case, scores=nested(case.scores, "next", r2=r2), metrics=metrics)


def plant(case: Case) -> Case:
    """The loss falls by two thirds and R^2 stays at zero."""
    return with_metric(case, np.random.default_rng(0).normal(0, 0.01, 12))


def beside(case: Case) -> Case:
    """The forecast learns nothing and its own loss stays; the other tasks lower the total."""
    case = plant(case)
    return replace(case, losses={phase: columns(t, next=1.0) for phase, t in case.losses.items()})


def judged_by_the_total(case: Case) -> Case:
    return replace(beside(case), state={"best": {"monitor": "val/loss", "epoch": 12}})


def below_persistence(case: Case) -> Case:
    """R^2 rises from 0.2 to 0.9, where repeating the last value has 0.95."""
    case = with_metric(case, np.linspace(0.2, 0.9, 12), skill=-1.0)
    score = replace(case.metrics["val"]["next"]["r2"], value=0.9, floor=0.95, skill=-1.0)
    return replace(case, metrics={**case.metrics, "val": {**case.metrics["val"], "next": {"r2": score}}})


def still(case: Case) -> Case:
    """Nothing falls: neither the task's loss nor the total."""
    case = plant(case)
    return replace(case, losses={phase: columns(t, next=1.0, total=2.0) for phase, t in case.losses.items()})


ROWS: tuple[Row, ...] = (
    ("flat", plant, True, "the loss falls, R^2 stays at 0"),
    ("opposed", lambda case: with_metric(case, np.linspace(0.6, 0.1, 12), skill=0.1), True, "R^2 falls with the loss"),
    (
        "lost on new recordings",
        lambda case: with_metric(case, case.scores["next"]["r2"], skill=0.0),
        False,
        "validation learned it: the gap to the test is another fault",
    ),
    (
        "slow, but with its loss",
        lambda case: with_metric(case, np.linspace(-3.2, -0.5, 12), skill=-0.5),
        False,
        "R^2 rises from -3.2 to -0.5 as its loss falls: below its floor, but they agree",
    ),
    ("others lower the total", beside, False, "judged by skill, nobody took the total for success"),
    ("others lower what judges", judged_by_the_total, True, "the best epoch is that of the others"),
    ("below persistence", below_persistence, False, "it learned, if less than there is: its metric did not stay"),
    ("nothing falls", still, False, "a task that does not train is another fault"),
    ("slow", lambda case: with_metric(case, np.linspace(0.0, 0.2, 12), skill=0.2), False, "off its floor"),
    (
        "noisy",
        lambda case: with_metric(case, 0.6 + 0.02 * np.random.default_rng(0).standard_normal(12), skill=0.6),
        False,
        "learned at once, noise since",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def published() -> Case:
    epochs = np.array([1.0, 10.0, 20.0, 50.0, 100.0])
    losses = {
        "type": [1.08, 0.69, 0.70, 0.74, 0.68],
        "span": [0.57, 0.25, 0.27, 0.29, 0.28],
        "countdown": [16.12, 15.25, 12.88, 11.00, 10.08],
        "total": [17.79, 16.20, 13.86, 12.04, 11.05],
    }
    return Case(
        origin="a paper",
        tasks={name: TaskFacts(name) for name in ("type", "span", "countdown")},
        losses={"val": {"epoch": epochs, **{name: np.array(values) for name, values in losses.items()}}},
        scores={"span": {"epoch": epochs, "f1": np.zeros(5)}},
    )


def test_published_run():
    """(17.79 - 11.05) / 17.79 = .379, (.57 - .28) / .57 = .509."""
    (one,) = measure(published())
    assert one.total == pytest.approx(0.379, abs=1e-3)
    assert one.fell == pytest.approx(0.509, abs=1e-3)
    (finding,) = found(CHECK, published())
    assert (finding.severity, finding.scope.task) == ("error", "span")


def test_a_total_that_others_lower():
    """The span's own loss stays, the total falls: found by the total."""
    case = published()
    flat = replace(case, losses={"val": columns(case.losses["val"], span=0.28)})
    (finding,) = found(CHECK, flat)
    assert "the total loss fell by 38%" in finding.what


@pytest.mark.parametrize(("auroc", "expected"), [(0.45, 1), (0.4, 1), (0.2, 0), (0.05, 0)])
def test_a_ranking_far_below_chance_is_not_one_that_stays(auroc, expected):
    """2 x 0.2 - 1 = -0.6: ranked the other way, or a mean over batches of one class; 2 x 0.4 - 1 = -0.2 is chance."""
    epochs = np.arange(1.0, 11.0)
    case = Case(
        origin="a log",
        tasks={"faulty": TaskFacts("faulty", "binary")},
        losses={"val": {"epoch": epochs, "faulty": 0.7 - 0.03 * epochs}},
        scores={"faulty": {"epoch": epochs, "auroc": auroc + 0.001 * (-1) ** epochs}},
    )
    assert len(found(CHECK, case)) == expected


def test_agreement_is_spearmans():
    case = with_metric(healthy(BASE), np.linspace(0.6, 0.1, 12), skill=0.1)
    one = next(each for each in measure(case) if each.task == "next")
    loss = case.losses["val"]["next"]
    assert one.agreement == pytest.approx(-spearmanr(np.linspace(0.6, 0.1, 12), loss).statistic)


@pytest.mark.parametrize("by", [0.1, 10.0])
def test_size_of_the_loss_does_not_matter(by):
    case = plant(healthy(BASE))
    losses = {p: columns(t, next=by * t["next"], total=by * t["total"]) for p, t in case.losses.items()}
    assert found(CHECK, replace(case, losses=losses))[0].what == found(CHECK, case)[0].what
