"""What every balance of gradients promises, and a table of what each one promises beyond that."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import TypeAdapter

from polyhead.balance import BALANCES, GradientBalance, Sight, Terms, build_balance
from polyhead.config.balance import Balance as BalanceOptions


@dataclass(frozen=True)
class Claim:
    """`harms_none`: no gradient points against the step; of `independent` gradients only, or of any. `scaled`: what one
    gradient times a factor does: the step is `linear` in the factors, or its `direction` stays. `ordered`: the order
    of tasks is drawn, so that the tasks' own order matters to one step."""

    harms_none: Literal["", "independent", "any"] = ""
    scaled: Literal["", "linear", "direction"] = ""
    ordered: bool = False


CLAIMS = {
    "pcgrad": Claim(scaled="linear", ordered=True),
    "mgda": Claim(harms_none="any"),
    "imtl": Claim(harms_none="independent", scaled="direction"),
    "cagrad": Claim(),
    "aligned": Claim(),
    "gradnorm": Claim(),
    "upgrad": Claim(harms_none="any", scaled="linear"),
    "nash": Claim(harms_none="any", scaled="direction"),
}
METHODS = sorted(CLAIMS)
ORDERLESS = [name for name in METHODS if not CLAIMS[name].ordered]


def _random(tasks, wide, seed, lean=0.0):
    """Gradients (task, wide); `lean` takes a share of their mean from them, so that they conflict."""
    drawn = np.random.default_rng(seed).standard_normal((tasks, wide))
    return drawn - lean * drawn.mean(axis=0)


TURN = 2 * np.pi / 3
INDEPENDENT = {
    "two": _random(2, 5, 0),
    "conflict": _random(4, 9, 1, lean=0.9),
    "eight": _random(8, 30, 2, lean=0.8),
    "million": _random(4, 9, 3, lean=0.8) * np.array([[1.0], [1e-3], [1e3], [1e-3]]),
    "alone": _random(1, 4, 4),
}
DEPENDENT = {
    "opposite": np.array([[1.0, 2.0], [-1.0, -2.0]]),
    "opposite million": np.array([[1.0, 2.0, 0.0], [-1e6, -2e6, 0.0], [0.3, 0.1, 1.0]]),
    "nearly opposite": np.array([[1.0, 0.0], [-1.0, 1e-9]]),
    "star": np.array([[1.0, 0.0], [np.cos(TURN), np.sin(TURN)], [np.cos(TURN), -np.sin(TURN)]]),
    "twins": np.array([[1.0, 0.5], [1.0, 0.5], [-1.0, 0.0]]),
    "line": np.array([[1.0], [2.0], [-3.0], [0.5]]),
    "eight in three": _random(8, 3, 5),
}
GRADIENTS = INDEPENDENT | DEPENDENT


def build(name, tasks, seed=0) -> GradientBalance:
    options = TypeAdapter(BalanceOptions).validate_python(name)
    made = build_balance(options, Terms(tuple(f"t{i}" for i in range(tasks)), (1.0,) * tasks, seed))
    assert isinstance(made, GradientBalance)
    return made


def sight(gradients, present=None, losses=None):
    tasks = len(gradients)
    losses = np.linspace(0.5, 1.5, tasks) if losses is None else losses
    seen = torch.ones(tasks, dtype=torch.bool) if present is None else torch.tensor(present)
    return Sight(seen, torch.from_numpy(np.asarray(losses)), torch.from_numpy(gradients @ gradients.T))


def weights_of(name, gradients, losses=None):
    """Weights of the third of three such steps, in full precision: by then what is learned has moved."""
    tasks = len(gradients)
    losses = np.linspace(0.5, 1.5, tasks) if losses is None else losses
    balance = build(name, tasks)
    return [balance.weigh(gradients @ gradients.T, losses, np.arange(tasks)) for _ in range(3)][-1]


def size(weights, gradients):
    """Length that the step would have if all gradients pointed one way: the unit of what cancels."""
    return np.abs(weights) @ np.linalg.norm(gradients, axis=1)


def same_step(weights, others, gradients, tolerance=1e-6):
    apart = np.linalg.norm((weights - others) @ gradients)
    shortest = np.linalg.norm(gradients, axis=1).min()
    return apart <= tolerance * max(size(weights, gradients), size(others, gradients), shortest)


def along(weights, gradients):
    """Inner products of the step with each unit gradient, in units of `size`."""
    units = gradients / np.linalg.norm(gradients, axis=1, keepdims=True)
    return units @ (weights @ gradients) / size(weights, gradients)


def test_every_balance_of_gradients_is_in_the_table():
    ours = {name for name, kind in BALANCES.items() if issubclass(kind, GradientBalance)}
    assert ours - {"torchjd"} == set(CLAIMS)


@pytest.mark.parametrize("case", GRADIENTS)
@pytest.mark.parametrize("name", METHODS)
def test_weights_are_finite_and_one_for_each_task(name, case):
    gradients = GRADIENTS[case]
    weights = build(name, len(gradients))(sight(gradients))
    assert weights.shape == (len(gradients),)
    assert weights.dtype == torch.float32
    assert not weights.requires_grad
    assert torch.isfinite(weights).all()


@pytest.mark.parametrize("case", GRADIENTS)
@pytest.mark.parametrize("name", ORDERLESS)
def test_tasks_in_another_order_get_the_same_weights(name, case):
    gradients = GRADIENTS[case]
    losses, order = np.linspace(0.5, 1.5, len(gradients)), np.random.default_rng(0).permutation(len(gradients))
    weights, moved = weights_of(name, gradients, losses), weights_of(name, gradients[order], losses[order])
    assert same_step(weights[order], moved, gradients[order])
    if case in INDEPENDENT:
        assert moved == pytest.approx(weights[order], rel=1e-6)


@pytest.mark.parametrize("name", [name for name in METHODS if CLAIMS[name].ordered])
def test_tasks_in_another_order_can_get_the_same_weights(name):
    gradients, order = _random(3, 2, 6), np.array([2, 0, 1])

    def reachable(given):
        balance = build(name, 3)
        return {tuple(balance.weigh(given @ given.T, np.ones(3), np.arange(3)).round(9)) for _ in range(200)}

    found = reachable(gradients)
    assert len(found) > 1
    assert {tuple(np.array(one)[order]) for one in found} == reachable(gradients[order])


@pytest.mark.parametrize("length", [1.0, 3.0])
@pytest.mark.parametrize("name", METHODS)
def test_orthogonal_gradients_of_one_length_are_added_up(name, length):
    weights = weights_of(name, length * np.eye(3), np.ones(3))
    published = 1 / length if name == "nash" else 1.0
    assert weights == pytest.approx([published] * 3, rel=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_who_is_absent_changes_nothing_and_keeps_its_weight(name):
    gradients, present = _random(4, 6, 7, lean=0.5), [True, False, True, True]
    others, alone = gradients.copy(), np.delete(gradients, 1, axis=0)
    others[1] = -50 * gradients[0]
    balances = [build(name, 4) for _ in range(2)]
    before, _ = (balance(sight(gradients)) for balance in balances)
    for _ in range(3):
        weights, same = (
            balance(sight(given, present)) for balance, given in zip(balances, (gradients, others), strict=True)
        )
        assert torch.equal(weights, same)
        assert weights[1] == before[1]
    if not CLAIMS[name].ordered:
        losses = np.linspace(0.5, 1.5, 4)
        first, fewer = build(name, 4), build(name, 3)
        for _ in range(3):
            found = first(sight(gradients, present, losses))[torch.tensor(present)]
            expected = fewer(sight(alone, losses=np.delete(losses, 1)))
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_a_task_without_gradient_is_as_if_absent(name):
    gradients = _random(4, 6, 8, lean=0.5)
    gradients[2] = 0
    zero, absent = build(name, 4), build(name, 4)
    for _ in range(3):
        found = zero(sight(gradients))
        assert torch.equal(found, absent(sight(gradients, [True, True, False, True])))
    assert found[2] == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", METHODS)
def test_a_gradient_that_is_not_finite_gives_ones_and_is_forgotten(name, value):
    gradients = _random(3, 5, 9, lean=0.5)
    balance, untouched = build(name, 3), build(name, 3)
    for one in (balance, untouched):
        one(sight(gradients))
    broken = sight(gradients)
    broken.gramian[0, 1] = value
    assert balance(broken).tolist() == [1, 1, 1]
    assert torch.equal(balance(sight(gradients)), untouched(sight(gradients)))


@pytest.mark.parametrize("name", METHODS)
def test_a_restored_balance_goes_on_to_the_bit(name):
    def steps(balance, numbers):
        given = [_random(4, 6, seed, lean=0.7) for seed in numbers]
        losses = [np.random.default_rng(seed).uniform(0.2, 2, 4) for seed in numbers]
        return [balance(sight(one, losses=loss)) for one, loss in zip(given, losses, strict=True)]

    balance, file = build(name, 4), io.BytesIO()
    steps(balance, range(5))
    torch.save(balance.state_dict(), file)
    file.seek(0)
    restored = build(name, 4)
    restored.load_state_dict(torch.load(file, weights_only=True))
    for one, other in zip(steps(balance, range(5, 10)), steps(restored, range(5, 10)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", METHODS)
def test_torchs_own_generator_neither_matters_nor_moves(name):
    gradients = _random(5, 4, 10)
    torch.manual_seed(0)
    weights = build(name, 5)(sight(gradients))
    after = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(weights, build(name, 5)(sight(gradients)))
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(1))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_one_unit_for_all_losses_does_not_turn_the_step(name, factor):
    gradients = INDEPENDENT["conflict"]
    weights, scaled = weights_of(name, gradients), weights_of(name, factor * gradients)
    assert scaled / np.abs(scaled).sum() == pytest.approx(weights / np.abs(weights).sum(), rel=1e-6)


@pytest.mark.parametrize("name", [name for name in METHODS if CLAIMS[name].scaled == "direction"])
@pytest.mark.parametrize("case", ["two", "conflict", "eight"])
def test_the_length_of_one_gradient_does_not_turn_the_step(name, case):
    gradients = GRADIENTS[case]
    longer = gradients.copy()
    longer[0] *= 1e3
    step, other = weights_of(name, gradients) @ gradients, weights_of(name, longer) @ longer
    assert other / np.linalg.norm(other) == pytest.approx(step / np.linalg.norm(step), abs=1e-5)


@pytest.mark.parametrize("name", [name for name in METHODS if CLAIMS[name].scaled == "linear"])
@pytest.mark.parametrize("case", ["two", "conflict", "eight", "eight in three"])
def test_the_step_is_linear_in_the_gradients_lengths(name, case):
    gradients = GRADIENTS[case]
    one, other = np.random.default_rng(11).uniform(0.1, 10, (2, len(gradients), 1))
    parts = [weights_of(name, part) @ part for part in (one * gradients, 100 * other * gradients)]
    both = (one + 100 * other) * gradients
    assert weights_of(name, both) @ both == pytest.approx(parts[0] + parts[1], rel=1e-5, abs=1e-5 * abs(parts[1]).max())


@pytest.mark.parametrize("case", GRADIENTS)
@pytest.mark.parametrize("name", [name for name in METHODS if CLAIMS[name].harms_none])
def test_no_gradient_points_against_the_step(name, case):
    if CLAIMS[name].harms_none == "any" or case in INDEPENDENT:
        assert along(weights_of(name, GRADIENTS[case]), GRADIENTS[case]).min() >= -1e-8


@pytest.mark.parametrize("name", [name for name in METHODS if CLAIMS[name].harms_none == "any"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_gradient_points_against_the_step_whatever_they_are(name, data):
    tasks, wide = data.draw(st.integers(2, 8)), data.draw(st.integers(1, 8))
    gradients = data.draw(arrays(np.float64, (tasks, wide), elements=st.integers(-3, 3).map(float)))
    powers = data.draw(arrays(np.float64, (tasks, 1), elements=st.integers(-3, 3).map(float)))
    assume(gradients.any(axis=1).all())
    gradients *= 10**powers
    assert along(weights_of(name, gradients), gradients).min() >= -1e-8
