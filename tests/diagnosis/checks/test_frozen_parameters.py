"""Sums of parameters that never change, and those that have no reason to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.frozen_parameters import CHECK, measure

from ..cases import Row, columns, fires, found, healthy

BASE = "machines"


def trained(case: Case) -> Case:
    """Sums for every parameter that has a gradient, before the first step and after 12 epochs: each drifts by 1 %."""
    names = [name for name in case.gradients if name not in ("epoch", "total_grad_norm")]
    drift = 1 + 0.01 * np.arange(13)
    sums = {name: (10.0 + at) * drift for at, name in enumerate(names)}
    return replace(case, parameters={"epoch": np.arange(13.0), **sums})


def frozen(case: Case, part: str | tuple[str, ...], gradient: float | None = None) -> Case:
    """Parameters of a part as they began; their gradient as given."""
    case = trained(case)
    sums = {
        name: np.full(13, values[0]) if name.startswith(part) else values for name, values in case.parameters.items()
    }
    gradients = dict(case.gradients)
    if gradient is not None:
        gradients |= {name: np.full(12, gradient) for name in gradients if name.startswith(part)}
    return replace(case, parameters=sums | {"epoch": np.arange(13.0)}, gradients=gradients)


def plant(case: Case) -> Case:
    """The head of the life is not given to the optimiser."""
    return frozen(case, "heads.life")


def still_zero(case: Case) -> Case:
    case = trained(case)
    zeros = {name: np.zeros(13) for name in case.parameters if name.endswith("bias")}
    return replace(case, parameters={**case.parameters, **zeros})


def idle(case: Case) -> Case:
    return replace(case, tasks={**case.tasks, "life": replace(case.tasks["life"], weight=0.0)})


def two_classes(case: Case, *parts: str) -> Case:
    """The fault's head with two classes only, and parts of it that never move."""
    case = frozen(case, tuple(f"heads.fault.output.{part}" for part in parts))
    return replace(case, tasks={**case.tasks, "fault": replace(case.tasks["fault"], classes=("no", "yes"))})


def no_rate(case: Case) -> Case:
    return replace(frozen(case, ""), steps=columns(case.steps, lr=0.0), epochs=columns(case.epochs, lr=0.0))


ROWS: tuple[Row, ...] = (
    ("a head", plant, True, "a gradient arrives and nothing moves"),
    ("everything", lambda case: frozen(case, ""), True, "nothing trains"),
    ("one layer with a gradient", lambda case: frozen(case, "backbone.stem.weight"), True, "not in the optimiser"),
    ("backbone without gradient", lambda case: frozen(case, "backbone", 0.0), False, "as meant, perhaps: a note"),
    ("of a task of weight 0", lambda case: idle(plant(case)), False, "it is not to move"),
    ("biases of 0", still_zero, False, "no reason to move"),
    ("bias of two classes", lambda case: two_classes(case, "bias"), False, "b + d and b - d have one sum"),
    ("head of two classes", lambda case: two_classes(case, "bias", "weight"), True, "its weight has no such excuse"),
    ("bias of three", lambda case: frozen(case, "heads.fault.output.bias"), True, "g and -g are of two only"),
    ("no rate", no_rate, False, "learning-rate says so"),
    ("trained", trained, False, "all move"),
    ("healthy", lambda case: case, False, "checksums of steps move"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_counts_by_hand():
    """The life's head has a weight and a bias."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert (finding.scope.task, finding.scope.parameter, finding.evidence[0].value) == ("life", "heads.life", 2)
    assert "2 of 2" in finding.what


def test_severities():
    def said(case: Case) -> list[str]:
        return [one.severity for one in found(CHECK, case)]

    case = healthy(BASE)
    losses = {"train": {"epoch": np.arange(12.0), "life": np.full(12, case.tasks["life"].floor_loss)}}
    assert said(frozen(case, "")) == ["error"]
    assert said(replace(plant(case), metrics=None, losses=losses)) == ["error"]  # its task stands at its floor
    assert said(plant(case)) == ["warning"]
    assert said(frozen(case, "backbone.stem", 0.0)) == ["note"]


def test_sum_of_a_two_class_bias_by_hand():
    """Softmax over two: the gradients are p - y and y - p. From ln 0.5 twice, a step of 0.01 each way, in float32."""
    bias = np.log(np.array([0.5, 0.5], np.float32))
    moved = bias + np.array([0.01, -0.01], np.float32)
    assert np.abs(moved).sum(dtype=np.float64) == np.abs(bias).sum(dtype=np.float64)


def test_checksums_of_steps_alone():
    steps = {"step": np.arange(6.0), "checksum": np.array([7.0, np.nan, 7, np.nan, 7, np.nan]), "lr": np.full(6, 0.1)}
    assert fires(CHECK, Case(origin="a log", tasks={}, steps=steps))
    left_out = {**steps, "stepped": np.array([1.0, 1, 0, 0, 0, 0])}
    assert not fires(CHECK, Case(origin="a log", tasks={}, steps=left_out))


def test_one_part_in_a_million_is_movement():
    """A float32 weight next to 1 that moves by its last digit, 2^-23, changes the float64 sum of a million of them."""
    weights = np.ones(10**6, np.float32)
    before = weights.sum(dtype=np.float64)
    weights[0] = np.nextafter(weights[0], np.float32(2))
    sums = np.array([before, before, weights.sum(dtype=np.float64)])
    case = replace(healthy(BASE), parameters={"epoch": np.arange(3.0), "w": sums})
    assert list(measure(case)) == []


def test_names_of_other_networks_and_order_do_not_matter():
    case = plant(healthy(BASE))
    renamed = dict(reversed(case.parameters.items()))
    assert [one.fingerprint for one in found(CHECK, replace(case, parameters=renamed))] == [
        one.fingerprint for one in found(CHECK, case)
    ]
    foreign = {name.replace("heads.", "output_"): values for name, values in case.parameters.items()}
    (finding,) = found(CHECK, replace(case, parameters=foreign, gradients=None))
    assert finding.scope.parameter == "output_life"
