"""A weight that comes to lie still at an extreme, and weights that rest because there is nothing to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.weight_pinned import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "detector"


def with_pin(case: Case, epochs: int, *, poor: bool = True, sign: float = 1.0) -> Case:
    """The weight of `arrival` reaches an extreme and lies there for the last `epochs`."""
    weight = np.geomspace(1.0, 8.0**sign, len(case.weights["epoch"]))
    weight[-epochs:] = weight[-epochs]
    case = replace(case, weights=columns(case.weights, weight_arrival=weight))
    if not poor:
        return case
    r2 = case.metrics["test"]["arrival"]["r2"]
    metrics = {**case.metrics, "test": {**case.metrics["test"], "arrival": {"r2": replace(r2, value=0.2, skill=0.2)}}}
    return replace(case, metrics=metrics)


def plant(case: Case) -> Case:
    """Seven of twelve epochs at a ceiling, and a task that gets a fifth of the way."""
    return with_pin(case, 7)


def at_rest(case: Case) -> Case:
    """The loss rests as well."""
    return replace(plant(case), losses=nested(case.losses, "train", arrival=0.8))


ROWS: tuple[Row, ...] = (
    ("ceiling", plant, True, "seven epochs at the largest weight it had"),
    ("floor", lambda case: with_pin(case, 7, sign=-1.0), True, "seven epochs at the least"),
    ("short", lambda case: with_pin(case, 4), False, "four epochs are fewer than five"),
    ("harmless", lambda case: with_pin(case, 7, poor=False), False, "the task does well: a note"),
    ("at rest", at_rest, False, "the loss does not move either"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_counts_the_epochs_by_hand():
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.evidence[1].value == 7
    assert finding.scope.epochs == (6, 12)
    assert finding.evidence[0].value == pytest.approx(8.0 ** (5 / 11))


def test_least_share_of_the_configuration():
    """Of three tasks with a least share of .1 the one that wants 0 has (1 - 3 x .1) 0 + .1 x 3 = .3 of a sum of 3."""
    case = healthy("radio")
    floors = {name: one.floor_loss for name, one in case.tasks.items()}
    wants = {"modulation": 2.0, "noise": 0.0, "marks": 1.0}
    mixed = {f"weight_{name}": (0.1 * 3 + (1 - 3 * 0.1) * want) / floors[name] for name, want in wants.items()}
    balance = case.config.balance.model_copy(update={"min_share": 0.1})
    case = replace(
        case,
        weights=columns(case.weights, **mixed),
        config=case.config.model_copy(update={"balance": balance}),
    )
    pins = {one.task: one for one in measure(case)}
    assert pins["noise"].value == pytest.approx(0.1)
    assert pins["noise"].still == 12
    assert set(pins) == {"noise"}


@pytest.mark.parametrize("by", [0.1, 10.0])
def test_units_do_not_matter(by):
    """A loss times 10 and its weight by 10 are the same run."""
    case = plant(healthy(BASE))
    losses = {phase: columns(table, arrival=by * table["arrival"]) for phase, table in case.losses.items()}
    weights = columns(case.weights, weight_arrival=case.weights["weight_arrival"] / by)
    (scaled,) = found(CHECK, replace(case, losses=losses, weights=weights))
    assert scaled.severity == "warning"
    assert scaled.evidence[1].value == found(CHECK, case)[0].evidence[1].value


def test_a_static_balance_is_not_pinned():
    with pytest.raises(Exception, match="weights are fixed"):
        list(measure(healthy("machines")))


def test_epochs_without_a_loss_show_no_move():
    """A loss that is not known while the weight lies still has not moved."""
    case = plant(healthy(BASE))
    (pinned,) = [one for one in measure(case) if fires(CHECK, case)][:1]
    unknown = {phase: {**table, pinned.task: np.where(np.arange(len(table["epoch"])) < 2, table[pinned.task], np.nan)}
               for phase, table in case.losses.items()}  # fmt: skip
    assert [one for one in found(CHECK, replace(case, losses=unknown)) if one.scope.task == pinned.task] == []
