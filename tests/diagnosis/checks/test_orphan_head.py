"""Tasks that nothing trains: by labels, weight, head and gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.orphan_head import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def at_floor(case: Case) -> Case:
    """Fault is judged no better than the majority."""
    score = case.metrics["test"]["fault"]["macro_f1"]
    floor = replace(score, value=score.floor, skill=0.0)
    return replace(case, metrics={**case.metrics, "test": {**case.metrics["test"], "fault": {"macro_f1": floor}}})


def without_gradient(case: Case, epochs: int) -> Case:
    """The head of fault gets none in the last `epochs`."""
    norms = {name: values.copy() for name, values in case.gradients.items()}
    for name in norms:
        if name.startswith("heads.fault."):
            norms[name][len(norms[name]) - epochs :] = 0.0
    return replace(case, gradients=norms)


def plant(case: Case) -> Case:
    """A head that its loss does not reach."""
    return at_floor(without_gradient(case, len(case.gradients["epoch"])))


def nearly(case: Case) -> Case:
    """Gradients that are tiny and not zero."""
    norms = {n: 1e-12 * v if n.startswith("heads.fault.") else v for n, v in case.gradients.items()}
    return at_floor(replace(case, gradients=norms))


def cut_from_trunk(case: Case) -> Case:
    return at_floor(replace(case, steps={**case.steps, "grad_norm.fault": 0 * case.steps["grad_norm.fault"]}))


def frozen_trunk(case: Case) -> Case:
    zero = {n: 0 * v for n, v in case.steps.items() if n.startswith("grad_norm.")}
    return at_floor(replace(case, steps={**case.steps, **zero}))


def no_labels(case: Case) -> Case:
    return at_floor(replace(case, profile=None, steps={**case.steps, "known.fault": 0 * case.steps["known.fault"]}))


def weightless(case: Case) -> Case:
    task = case.config.tasks["fault"].model_copy(update={"weight": 0.0})
    tasks = {**case.config.tasks, "fault": task}
    return at_floor(replace(case, config=case.config.model_copy(update={"tasks": tasks})))


ROWS: tuple[Row, ...] = (
    ("no gradient", plant, True, "every sample of the head's gradient is zero"),
    ("dead on the way", lambda case: at_floor(without_gradient(case, 5)), True, "zero in the last five of twelve"),
    ("cut from the backbone", cut_from_trunk, True, "its loss does not reach the shared layers"),
    ("no labels", no_labels, True, "no window has a label"),
    ("weight 0", weightless, True, "the configuration takes it out of the sum"),
    ("two zeros", lambda case: at_floor(without_gradient(case, 2)), False, "two samples may be an accident"),
    ("tiny", nearly, False, "1e-12 of a gradient is a small one, not none"),
    ("frozen for all", frozen_trunk, False, "a backbone frozen by intent"),
    ("harmless", lambda case: without_gradient(case, 12), False, "the task is learned all the same: a note"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity_and_epoch():
    (finding,) = found(CHECK, at_floor(without_gradient(healthy(BASE), 5)))
    assert finding.severity == "error"
    assert "5 of 12 samples since epoch 8" in finding.what


@pytest.mark.parametrize("name", ["heads.span.weight", "span_head.weight", "model.head_span.bias", "span.out/kernel"])
def test_log_of_another_program(name):
    """The worked example: five samples of zero, found by the task's name in the parameter's."""
    epochs = np.arange(10.0, 51.0, 10.0)
    case = Case(
        origin="a log",
        tasks={"span": TaskFacts("span"), "type": TaskFacts("type")},
        gradients={"epoch": epochs, name: np.zeros(5), "type_head.weight": np.full(5, 0.3), "lifespan.w": np.zeros(5)},
        scores={"span": {"epoch": epochs, "f1": np.zeros(5)}},
    )
    by_task = {one.task: one for one in measure(case)}
    assert (by_task["span"].zeros[0].last, by_task["span"].zeros[0].samples) == (5, 5)
    assert [(one.scope.task, one.severity) for one in found(CHECK, case)] == [("span", "error")]


def test_both_causes_are_named_and_a_dead_output_first():
    """A head whose gradient is zero: of a healthy answer either cause; of one value for all windows the cut-off."""
    case = plant(healthy(BASE))
    (either,) = found(CHECK, case)
    assert "ReLU or clamp" in either.fixes[0].text
    assert "detached from its loss" in either.fixes[0].text
    assert "one value" not in either.what
    same = {
        split: {task: replace(one, pred=np.full_like(one.pred, one.pred[0]), score=None) if task == "fault" else one
                for task, one in tasks.items()}
        for split, tasks in case.predictions.items()
    }  # fmt: skip
    (dead,) = found(CHECK, replace(case, predictions=same))
    assert dead.fixes[0].text.startswith("all its answers are one value")
    assert "fault is not trained: all its answers are one value" in dead.what
    assert "stalled-training" in CHECK.explains
    assert any(fact.value == "no better than a trivial predictor's" for fact in dead.evidence)


def test_two_rows_of_zero_are_too_few():
    case = Case(
        origin="a log",
        tasks={"span": TaskFacts("span")},
        gradients={"epoch": np.array([1.0, 2.0]), "heads.span.weight": np.zeros(2)},
    )
    assert not fires(CHECK, case)


def test_size_of_gradients_does_not_matter():
    case = plant(healthy(BASE))
    big = columns(case.gradients, **{n: 10 * v for n, v in case.gradients.items() if n != "epoch"})
    assert [one.what for one in found(CHECK, replace(case, gradients=big))] == [one.what for one in found(CHECK, case)]


def test_order_of_tasks_does_not_matter():
    case = plant(healthy(BASE))
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    assert found(CHECK, turned) == found(CHECK, case)


@pytest.mark.parametrize(("weights", "expected"), [(np.zeros(6), True), (np.array([0, 0, 0, 0, 0, 0.1]), False)])
def test_weight_of_zero_in_a_log(weights, expected):
    """A log that multiplies a task's loss by 0 at every epoch."""
    table = {"epoch": np.arange(1.0, 7), "weight_span": weights, "weight_count": np.ones(6)}
    case = Case(origin="a log", tasks={name: TaskFacts(name) for name in ("span", "count")}, weights=table)
    if expected:
        (finding,) = found(CHECK, case)
        assert "span is not trained: its weight is 0" in finding.what
    else:
        with pytest.raises(NotCheckedError):
            found(CHECK, case)
