"""Weightings of torchjd by name: what they are given, what they draw, and one line for each thing that can be wrong."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from polyhead.balance import Sight, Terms, build_balance
from polyhead.balance.torchjd import Torchjd
from polyhead.config.balance import Balance as BalanceOptions
from polyhead.errors import InputError

aggregation = pytest.importorskip("torchjd.aggregation")
ONE = np.array([[2.0, 0.0, 1.0], [-1.0, 1.0, 0.5], [-1.0, -2.0, 0.0], [0.5, -1.0, -2.0]])
GRAMIAN = torch.from_numpy(ONE @ ONE.T)


def build(name, seed=0, tasks=4, **keys) -> Torchjd:
    options = TypeAdapter(BalanceOptions).validate_python({"method": f"torchjd:{name}", **keys})
    made = build_balance(options, Terms(tuple("abcdefgh"[:tasks]), (1.0,) * tasks, seed))
    assert isinstance(made, Torchjd)
    return made


def sight(present=(True, True, True, True)):
    return Sight(torch.tensor(present), torch.ones(4, dtype=torch.float64), GRAMIAN)


def refusal(name, **keys):
    with pytest.raises(InputError) as caught:
        build(name, **keys)
    assert caught.value.where == "balance.method"
    assert "\n" not in caught.value.line
    return caught.value.line


@pytest.mark.parametrize("name", ["MGDAWeighting", "MGDA"])
def test_the_librarys_own_weights(name):
    torch.testing.assert_close(build(name)(sight()), aggregation.MGDAWeighting()(GRAMIAN).float())


def test_further_keys_are_its_arguments():
    found = build("AlignedMTL", scale_mode="rmse", pref_vector=[1, 2, 3, 4])(sight())
    preference = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    expected = aggregation.AlignedMTLWeighting(preference, scale_mode="rmse")(GRAMIAN)
    torch.testing.assert_close(found, expected.float())
    assert not torch.allclose(found, build("AlignedMTL")(sight()))


def test_only_those_who_are_there_are_weighed():
    found = build("IMTLG")(sight((True, False, True, True)))
    some = torch.tensor([0, 2, 3])
    torch.testing.assert_close(found[some], aggregation.IMTLGWeighting()(GRAMIAN[some][:, some]).float())
    assert found[1] == 1


def test_what_is_drawn_comes_from_the_seed_and_the_count():
    def draws(seed, number=8):
        balance = build("PCGrad", seed)
        return [balance(sight()) for _ in range(number)]

    torch.manual_seed(5)
    one, after = draws(0), torch.rand(1)
    torch.manual_seed(6)
    assert torch.equal(torch.stack(one), torch.stack(draws(0)))
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), after)
    assert not torch.equal(torch.stack(one), torch.stack(draws(1)))
    assert len({tuple(weights.tolist()) for weights in one}) > 1


def test_a_restored_one_goes_on_to_the_bit():
    balance, restored = build("PCGrad"), build("PCGrad")
    for _ in range(3):
        balance(sight())
    restored.load_state_dict(balance.state_dict())
    for _ in range(5):
        assert torch.equal(balance(sight()), restored(sight()))


@pytest.mark.parametrize(
    ("name", "keys", "says"),
    [
        ("UPGrd", {}, ["no weighting 'UPGrd'", "did you mean torchjd:UPGrad?"]),
        ("Sudoku", {}, ["no weighting 'Sudoku'", "name one of AlignedMTL, ", "MGDA"]),
        ("ConFIG", {}, ["ConFIG does not weigh a Gramian", "name one of"]),
        ("ExcessMTLWeighting", {}, ["does not weigh a Gramian"]),
        ("MoDoWeighting", {}, ["does not weigh a Gramian"]),
        ("RandomWeighting", {}, ["does not weigh a Gramian"]),
        ("CRMOGMWeighting", {}, ["does not weigh a Gramian"]),
        ("NashMTL", {}, ["does not weigh a Gramian"]),
        ("GradVac", {}, ["GradVac has a memory that does not return from a checkpoint"]),
        ("PCDWeighting", {"tau": 0.1}, ["has a memory"]),
        ("MGDA", {"epsilom": 1.0}, ["unexpected keyword argument 'epsilom'", "it takes epsilon, max_iters"]),
        ("PCGrad", {"c": 1.0}, ["unexpected keyword argument 'c'", "it takes no key"]),
        ("FairGrad", {}, ["missing a required argument: 'alpha'", "it takes alpha, max_iters"]),
        ("MGDA", {"epsilon": -1.0}, ["MGDAWeighting raised ValueError (epsilon must be positive"]),
    ],
)
def test_what_cannot_be_used_is_one_line(name, keys, says):
    line = refusal(name, **keys)
    assert all(part in line for part in says), line


def test_those_that_are_offered_take_a_gramian_and_have_no_memory():
    offered = refusal("Sudoku").rpartition("name one of ")[2].split(", ")
    assert {"AlignedMTL", "IMTLG", "MGDA", "PCGrad", "UPGrad"} <= set(offered)
    assert not {"GradVac", "PCD", "ExcessMTL", "MoDo"} & set(offered)
    for name in offered:
        assert not hasattr(getattr(aggregation, f"{name}Weighting"), "reset")


@pytest.mark.parametrize(("name", "keys", "library"), [("UPGrad", {}, "quadprog"), ("CAGrad", {"c": 0.5}, "cvxpy")])
def test_a_library_that_the_weighting_lacks_is_named(name, keys, library, monkeypatch):
    find = importlib.util.find_spec
    lacking = lambda wanted, *rest: None if wanted == library else find(wanted, *rest)  # noqa: E731
    monkeypatch.setattr("torchjd._mixins.find_spec", lacking)
    line = refusal(name, **keys)
    assert "needs more than torchjd" in line
    assert library in line


def test_without_torchjd_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchjd.aggregation", None)
    line = refusal("UPGrad")
    assert line == (
        "balance.method: the methods `torchjd:NAME` need the library torchjd; pip install 'polyhead[torchjd]'"
    )


def test_what_it_raises_at_a_step_is_one_line():
    balance = build("Krum", n_byzantine=1, n_selected=1)
    balance(sight())
    with pytest.raises(InputError, match=r"torchjd's Krum raised ValueError \(.*\) on the gradients of 2 tasks"):
        balance(sight((True, True, False, False)))


def test_weights_that_are_not_finite_are_one_line(monkeypatch):
    balance = build("MGDA")
    monkeypatch.setattr(balance.weighting, "forward", lambda gramian: gramian.sum(0) * float("nan"))
    with pytest.raises(InputError, match="torchjd's MGDA gave weights"):
        balance(sight())
