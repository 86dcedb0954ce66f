"""A weight that vanishes while the metric falls, and small weights that do no harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.balance import SoftmaxOptions
from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.checks.weight_collapse import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "radio"


def with_weight(case: Case, share: float, *, falls: bool = True) -> Case:
    """`noise` ends with this share of the weights, in units of floor losses; its F1 rises to .5, falls to .15."""
    floors = {name: one.floor_loss for name, one in case.tasks.items()}
    count = len(case.weights["epoch"])
    path = np.geomspace(1 / 3, share, count)
    weights = columns(
        case.weights,
        weight_noise=3 * path / floors["noise"],
        weight_modulation=1.5 * (1 - path) / floors["modulation"],
        weight_marks=1.5 * (1 - path) / floors["marks"],
    )
    case = replace(case, weights=weights)
    if not falls:
        return case
    f1 = np.concatenate([np.linspace(0.2, 0.5, count // 2), np.linspace(0.45, 0.15, count - count // 2)])
    return replace(case, scores=nested(case.scores, "noise", macro_f1=f1))


def plant(case: Case) -> Case:
    """The weight goes to a thousandth and the ordinal task forgets."""
    return with_weight(case, 1e-3)


def never_learned(case: Case, share: float = 1e-3, *, skill: float = 0.3) -> Case:
    """The metric of `noise` rises to where half of the way is not made, on training windows as elsewhere."""
    case = with_weight(case, share, falls=False)
    metrics = {
        split: {**tasks, "noise": {name: replace(one, skill=skill) for name, one in tasks["noise"].items()}}
        for split, tasks in case.metrics.items()
    }
    balance = SoftmaxOptions(method="softmax")
    return replace(case, metrics=metrics, config=case.config.model_copy(update={"balance": balance}))


def small_loss(case: Case) -> Case:
    """Few of the weights are enough for a loss that is a twentieth of the others."""
    case = with_weight(case, 0.06)
    return replace(case, losses=nested(case.losses, "train", noise=case.losses["train"]["noise"] / 20))


ROWS: tuple[Row, ...] = (
    ("gone", plant, True, "no weight, and the F1 fell by 35 points"),
    ("small", lambda case: with_weight(case, 0.02), True, "2 % of the weights"),
    ("still heard", lambda case: with_weight(case, 0.12), False, "more than 5 % of the weights, though the F1 fell"),
    ("small loss", small_loss, False, "8 % of the weights, hardly any loss to weigh"),
    ("never learned", never_learned, True, "a thousandth of the weights by a softmax, .3 of the way on training"),
    ("half learned", lambda case: never_learned(case, skill=0.6), False, "more than half of the way on training"),
    ("a voice", lambda case: never_learned(case, 0.12), False, "more than 5 % of the weights"),
    ("harmless", lambda case: with_weight(case, 1e-3, falls=False), False, "its F1 rises all the same"),
    (
        "falls with its weight",
        lambda case: replace(with_weight(case, 1e-3), weights=case.weights),
        False,
        "the metric falls for another reason",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_severity_by_share():
    assert [one.severity for one in found(CHECK, plant(healthy(BASE)))] == ["error"]
    assert [one.severity for one in found(CHECK, with_weight(healthy(BASE), 0.02))] == ["warning"]


def two_tasks(scale: float = 1.0) -> Case:
    """Weights 1, 1 to 1.98, .004 over six epochs, and an accuracy of 25, 39, .. 9.5 %, as published."""
    epochs = np.arange(1.0, 7.0)
    return Case(
        origin="a log",
        tasks={"class": TaskFacts("class"), "snr": TaskFacts("snr")},
        losses={"val": {"epoch": epochs, "class": np.full(6, 1.2), "snr": scale * np.full(6, 1.4)}},
        weights={
            "epoch": epochs,
            "weight_class": np.array([1.0, 1.2, 1.6, 1.9, 1.98, 1.98]),
            "weight_snr": np.array([1.0, 0.8, 0.4, 0.1, 0.004, 0.004]) / scale,
        },
        scores={
            "class": {"epoch": epochs, "accuracy": np.linspace(0.2, 0.28, 6)},
            "snr": {"epoch": epochs, "accuracy": np.array([0.25, 0.39, 0.39, 0.2, 0.1, 0.095])},
        },
    )


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_published_collapse_in_any_units(scale):
    """.004 / 1.984 = .0020; (.39 - .095) / (.39 - .25) = 2.1 of the gain."""
    (one,) = [each for each in measure(two_tasks(scale)) if each.task == "snr"]
    assert one.share == pytest.approx(0.002016, abs=1e-6)
    assert one.course.lost == pytest.approx(2.107, abs=1e-3)
    (finding,) = found(CHECK, two_tasks(scale))
    assert (finding.severity, finding.scope.task) == ("error", "snr")


def test_uncertainty_weighting_of_a_hard_task_is_no_collapse():
    """At rest sigma^2 = L: the loss of 100 has a weight of 1/200 and still half of the weighted loss."""
    case = two_tasks()
    epochs = case.weights["epoch"]
    losses = {"val": columns(case.losses["val"], **{"class": 0.01, "snr": 100.0})}
    weights = {"epoch": epochs, "sigma_class": np.geomspace(1, 0.1, 6), "sigma_snr": np.geomspace(1, 10, 6)}
    assert fires(CHECK, replace(case, losses=losses, weights=weights)) is False
