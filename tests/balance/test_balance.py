"""The laws that every balance obeys, and the list of them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from pydantic import TypeAdapter

from polyhead import balance as folder
from polyhead.balance import build_balance
from polyhead.config.model import Balance as BalanceOptions
from polyhead.config.model import FloorOptions, KendallOptions, SumOptions

FORMS = get_args(KendallOptions.model_fields["form"].annotation)
METHODS = ["sum", "floor", *(f"kendall {form}" for form in FORMS)]
FLOORS = [0.3, 2.0, 40.0]
SHARED = {"__init__", "balance"}
every = pytest.mark.parametrize("method", METHODS)


def options_of(method: str):
    name, *form = method.split()
    return TypeAdapter(BalanceOptions).validate_python({"method": name, **({"form": form[0]} if form else {})})


def learned(method: str, floors=FLOORS, values=(0.4, 1.7, -1.2)):
    """A balance in the middle of training."""
    balance = build_balance(options_of(method), list(floors))
    with torch.no_grad():
        for parameter in balance.parameters():
            parameter.copy_(torch.tensor(values))
    return balance


ALL = torch.ones(3, dtype=torch.bool)


@every
def test_weights_and_penalties_are_one_finite_number_per_task(method):
    weighting = learned(method)(ALL)
    for values in (weighting.weights, weighting.penalties):
        assert values.shape == (3,)
        assert values.isfinite().all()
    assert (weighting.weights > 0).all()


@every
def test_the_order_of_tasks_does_not_matter(method):
    order = [2, 0, 1]
    values, present = (0.4, 1.7, -1.2), torch.tensor([True, False, True])
    here = learned(method, FLOORS, values)(present)
    there = learned(method, [FLOORS[i] for i in order], [values[i] for i in order])(present[order])
    torch.testing.assert_close(there.weights, here.weights[order])
    torch.testing.assert_close(there.penalties, here.penalties[order])


@every
def test_a_task_without_labels_moves_nothing_and_pays_nothing(method):
    balance = learned(method)
    weighting = balance(torch.tensor([True, False, True]))
    assert weighting.penalties[1] == 0
    losses = torch.tensor([1.0, 0.0, 3.0])  # the loss of no label is 0
    (weighting.weights * losses + weighting.penalties).sum().backward() if list(balance.parameters()) else None
    for parameter in balance.parameters():
        assert parameter.grad.isfinite().all()
        assert parameter.grad[1] == 0
        assert (parameter.grad[[0, 2]] != 0).all()


@every
def test_a_task_without_labels_changes_no_other_task(method):
    balance = learned(method)
    here, there = balance(ALL), balance(torch.tensor([True, False, True]))
    assert torch.equal(here.weights[[0, 2]], there.weights[[0, 2]])
    assert torch.equal(here.penalties[[0, 2]], there.penalties[[0, 2]])


@every
def test_the_state_is_complete(method):
    balance = learned(method)
    fresh = build_balance(options_of(method), FLOORS)
    fresh.load_state_dict(balance.state_dict())
    assert torch.equal(fresh(ALL).weights, balance(ALL).weights)
    assert torch.equal(fresh(ALL).penalties, balance(ALL).penalties)


@every
def test_one_task_alone_is_allowed(method):
    assert build_balance(options_of(method), [2.0])(torch.tensor([True])).weights.shape == (1,)


def test_every_balance_has_its_file_and_every_file_its_balance():
    files = {path.stem for path in Path(folder.__file__).parent.glob("*.py")}
    assert set(folder.BALANCES) == files - SHARED
    assert all(kind.__module__.endswith(f".{name}") for name, kind in folder.BALANCES.items())


def test_every_balance_can_be_configured_and_is_what_is_built():
    configured = {
        get_args(o.model_fields["method"].annotation)[0]: o for o in (SumOptions, FloorOptions, KendallOptions)
    }
    assert set(folder.BALANCES) == set(configured)
    for name, options in configured.items():
        assert type(build_balance(options(method=name), FLOORS)) is folder.BALANCES[name]
