"""Shares of the published run by hand, and an easy task with a large loss on which the check stays silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.loss_dominance import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def with_shares(case: Case, life: float, gradient: float, *, starved: str | None = "next", skill: float = 0.0) -> Case:
    """`life` holds this share of the weighted loss and of the gradient; `starved` ends with this skill."""
    rest = [name for name in case.tasks if name != "life"]
    steps = dict(case.steps)
    sampled = np.where(np.isfinite(steps["grad_norm.life"]), 1.0, np.nan)
    for name in case.tasks:
        share, norm = (life, gradient) if name == "life" else ((1 - life) / len(rest), (1 - gradient) / len(rest))
        steps[f"share.{name}"] = np.full(len(sampled), share)
        steps[f"grad_norm.{name}"] = sampled * norm / steps[f"weight.{name}"]
    metrics = {split: dict(tasks) for split, tasks in case.metrics.items()}
    for split in metrics if starved else ():
        score = metrics[split][starved]["r2"]
        metrics[split][starved] = {"r2": replace(score, value=skill, skill=skill)}
    return replace(case, steps=steps, metrics=metrics)


def plant(case: Case) -> Case:
    """Life takes 80 % of the loss and of the gradient, and the forecast learns nothing."""
    return with_shares(case, 0.8, 0.8)


def learned_by_heart(case: Case) -> Case:
    """The forecast is worth nothing on new windows, and fitted on those of training."""
    edited = plant(case)
    return replace(edited, metrics={**edited.metrics, "train": case.metrics["train"]})


def diverging(case: Case) -> Case:
    """As planted, and the loss of life ends at ten times that of its first step."""
    edited = plant(case)
    start = edited.steps["loss.life"][np.isfinite(edited.steps["loss.life"])][0]
    start = max(start, case.tasks["life"].floor_loss)
    table = edited.losses["train"]
    return replace(
        edited, losses={**edited.losses, "train": columns(table, life=np.full(len(table["life"]), 10 * start))}
    )


def without_gradients(case: Case) -> Case:
    return replace(case, steps={name: one for name, one in case.steps.items() if not name.startswith("grad_norm")})


def all_poor(case: Case, share: float) -> Case:
    """No other task is fitted half, and nobody sampled a gradient."""
    edited = without_gradients(with_shares(case, share, share))
    metrics = {
        split: {
            task: scores if task == "life" else {name: replace(one, skill=0.3) for name, one in scores.items()}
            for task, scores in tasks.items()
        }
        for split, tasks in edited.metrics.items()
    }
    return replace(edited, metrics=metrics)


def raw_only(case: Case) -> Case:
    """The losses of life times 40 with a weight of 1/40: a share of the raw loss and nothing else."""
    losses = {phase: columns(table, life=40 * table["life"]) for phase, table in case.losses.items()}
    return replace(case, losses=losses, weights=columns(case.weights, weight_life=case.weights["weight_life"] / 40))


def set_back(case: Case, gradient: float, late: float = 0.75) -> Case:
    """Nobody is behind, but the forecast reached .8 and ends at `late`."""
    rows = case.scores["next"]["epoch"]
    r2 = np.where(rows <= rows[-1] * 0.6, 0.8 * np.minimum(rows / 4, 1), late)
    r2 = r2 + 0.001 * (-1.0) ** np.arange(len(rows))
    case = with_shares(case, 0.95, gradient, skill=late)
    return replace(case, scores={**case.scores, "next": {"epoch": rows, "r2": r2}})


ROWS: tuple[Row, ...] = (
    ("starves another", plant, True, "80 % of loss and gradient, the forecast at its floor"),
    ("leaves another poor", lambda case: with_shares(case, 0.8, 0.7, skill=0.3), True, "half of the way is not made"),
    ("learned by heart", learned_by_heart, False, "what is fitted in training was heard"),
    ("diverges", diverging, False, "a loss of ten times its start takes nothing: it was thrown there"),
    ("no voice", lambda case: all_poor(case, 0.95), True, "95 % of the loss, and large losses of the others"),
    ("a voice", lambda case: all_poor(case, 0.85), False, "as above, at 85 % and without gradients: a note"),
    ("decoy", lambda case: with_shares(case, 0.8, 0.39), False, "80 % of the loss and less than 40 % of the gradient"),
    ("raw share", raw_only, False, "weights take it back"),
    ("takes the step", lambda case: set_back(case, 0.95), True, "95 % of the gradient, .8 of the forecast became .75"),
    ("a smaller share", lambda case: set_back(case, 0.85), False, "as above, at 85 % of the gradient: a note"),
    ("no loss of skill", lambda case: set_back(case, 0.95, 0.79), False, "0.01 of 0.8 is 1 %: a note"),
    ("near miss", lambda case: with_shares(case, 0.59, 0.8), False, "less than 60 % of the weighted loss"),
    ("the hard task", lambda case: with_shares(case, 0.8, 0.8, starved=None), False, "nobody is left behind: a note"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_error_only_with_gradients_and_a_task_at_its_floor():
    case = healthy(BASE)
    assert [one.severity for one in found(CHECK, plant(case))] == ["error"]
    assert [one.severity for one in found(CHECK, with_shares(case, 0.8, 0.8, starved=None))] == ["note"]
    bare = plant(case)
    steps = {name: values for name, values in bare.steps.items() if not name.startswith("grad_norm")}
    assert [one.severity for one in found(CHECK, replace(bare, steps=steps))] == ["warning"]


def test_a_task_without_weight_is_not_robbed():
    """Of two tasks one has the weight 0: the other holds all, and nothing is compared."""
    epoch = np.arange(1.0, 21)
    tasks = {name: TaskFacts(name, floor_loss=1.0) for name in ("a", "b")}
    losses = {"train": {"epoch": epoch, "a": 1 / epoch, "b": np.ones(20)}}
    weights = {"epoch": epoch, "weight_a": np.ones(20), "weight_b": np.zeros(20)}
    with pytest.raises(NotCheckedError, match="a weight above 0"):
        list(measure(Case(origin="a log", tasks=tasks, losses=losses, weights=weights)))
    (finding,) = found(
        CHECK, Case(origin="a log", tasks=tasks, losses=losses, weights={**weights, "weight_b": weights["weight_a"]})
    )
    assert (finding.scope.task, finding.severity) == ("b", "note")


def published() -> Case:
    """The last epoch of the published run: losses of validation, sigmas, and an F1 of 0."""
    losses = {"type": 0.68, "ptr": 0.01, "span": 0.28, "countdown": 10.08}
    sigmas = {"type": 0.83, "ptr": 0.41, "span": 0.60, "countdown": 1.47}
    rows = np.array([100.0])
    return Case(
        origin="a paper",
        tasks={name: TaskFacts(name) for name in losses},
        losses={"val": {"epoch": rows, **{name: np.array([value]) for name, value in losses.items()}}},
        weights={"epoch": rows, **{f"sigma_{name}": np.array([value]) for name, value in sigmas.items()}},
        scores={"span": {"epoch": rows, "f1": np.array([0.0])}},
    )


def test_published_run():
    """.68/(2 x .6889) = .4935, .01/(2 x .1681) = .0297, .28/(2 x .36) = .3889, 10.08/(2 x 2.1609) = 2.3324; sum 3.2445.
    Countdown has 2.3324 / 3.2445 = .719 of it, and 10.08 / 11.05 = .912 of the raw sum."""
    shares = {one.task: one for one in measure(published())}
    assert shares["countdown"].weighted == pytest.approx(0.719, abs=1e-3)
    assert shares["countdown"].raw == pytest.approx(0.912, abs=1e-3)
    assert shares["type"].weighted == pytest.approx(0.152, abs=1e-3)
    (finding,) = found(CHECK, published())
    assert (finding.severity, finding.scope.task) == ("warning", "countdown")
    assert "span" in finding.what


@pytest.mark.parametrize("by", [0.1, 10.0])
def test_units_do_not_matter_under_a_learned_weight(by):
    """A loss times 10 with a sigma times sqrt(10) has the weighted share it had."""
    case = published()
    losses = {"val": columns(case.losses["val"], countdown=by * case.losses["val"]["countdown"])}
    weights = columns(case.weights, sigma_countdown=np.sqrt(by) * case.weights["sigma_countdown"])
    (finding,) = found(CHECK, replace(case, losses=losses, weights=weights))
    assert finding.evidence[0].value == pytest.approx(0.719, abs=1e-3)


def test_order_and_names_of_tasks_do_not_matter():
    case = plant(healthy(BASE))
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    assert found(CHECK, turned)[0].what == found(CHECK, case)[0].what


def test_negative_losses_have_no_shares():
    case = healthy(BASE)
    losses = {phase: columns(table, life=table["life"] - 1) for phase, table in case.losses.items()}
    assert fires(CHECK, replace(case, losses=losses)) is False
    with pytest.raises(Exception, match="loss of life is negative"):
        list(measure(replace(case, losses=losses)))


def test_floor_is_not_proposed_where_it_is_in_use():
    """Of a share of .8 among four tasks a quarter is left with a weight of .2 / (.8 x 3) = .083."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert [fix.patch for fix in finding.fixes] == [{"tasks.life.weight": 0.083}]
    assert {"balance": "floor"} in [fix.patch for fix in found(CHECK, published())[0].fixes]


def test_losses_of_zero_have_no_shares():
    """Losses that print as 0 from the middle on: nothing is shared, and nothing is said."""
    epoch = np.arange(1.0, 21)
    loss = np.where(epoch <= 10, 1 / epoch, 0.0)
    tasks = {name: TaskFacts(name) for name in ("a", "b")}
    case = Case(
        origin="a log", tasks=tasks, losses={"train": {"epoch": epoch, "a": loss, "b": loss, "total": 2 * loss}}
    )
    with pytest.raises(NotCheckedError, match="every loss is 0"):
        list(measure(case))


def test_unknown_weights_are_not_checked():
    """A total that is no plain sum, and no table of weights: which share each task has is not known."""
    case = published()
    losses = {phase: {**table, "total": table["total"] * 0.7} if "total" in table else table
              for phase, table in case.losses.items()}  # fmt: skip
    with pytest.raises(NotCheckedError, match="weights"):
        list(measure(replace(case, losses=losses, weights=None)))
