"""Dynamic weight average."""

from __future__ import annotations

import math

import pytest
import torch

from polyhead.balance import Sight

from .life import STEPS, Losses, build, live

ALL = torch.tensor([True, True])


def epoch(balance, *losses, present=ALL) -> list[float]:
    """The weights after an epoch with these losses (step, task)."""
    for one in losses:
        balance.learn(torch.tensor(one).double(), present)
    balance.close_epoch()
    return balance(Sight(ALL)).tolist()


def test_two_epochs_alike_then_the_slower_task_weighs_more():
    balance = build({"method": "dwa", "temperature": 2.0}, [1.0, 1.0])
    assert balance(Sight(ALL)).tolist() == [1, 1]
    assert epoch(balance, [3.0, 0.5], [1.0, 1.5]) == [1, 1]  # means 2 and 1
    share = 1 / (1 + math.exp(0.25))  # softmax of 0.5 / 2 and 1 / 2
    assert epoch(balance, [1.0, 1.0]) == pytest.approx([2 * share, 2 - 2 * share])
    assert epoch(balance, [1.0, 1.0]) == pytest.approx([1, 1])


def test_against_torchjd():
    from torchjd.scalarization import DWA

    floors = [1.0] * 4
    losses, oracle = Losses.of(floors), DWA(0.3)
    expected = []
    for number, values in enumerate(losses.before):
        asked = values.clone().requires_grad_()
        oracle(asked).backward()
        expected.append(asked.grad)
        if number % STEPS == STEPS - 1:
            oracle.step()
    found = live(build({"method": "dwa", "temperature": 0.3}, floors), losses)
    torch.testing.assert_close(found.double(), torch.stack(expected), rtol=1e-6, atol=0)
    assert found[-1].std() > 0.01


def test_the_mean_is_over_the_steps_with_labels():
    """Four steps of a at 2, one of which has labels of b, at 3; then both at half of that."""
    balance = build("dwa", [1.0, 1.0])
    for _ in range(3):
        balance.learn(torch.tensor([2.0, 0.0]).double(), torch.tensor([True, False]))
    epoch(balance, [2.0, 3.0])
    assert epoch(balance, [1.0, 1.5]) == pytest.approx([1, 1])


def test_a_task_absent_for_an_epoch_keeps_its_ratio_and_goes_on_from_its_last_mean():
    balance = build({"method": "dwa", "temperature": 1.0}, [1.0, 1.0])
    epoch(balance, [4.0, 4.0])
    epoch(balance, [4.0, 2.0])
    kept = [2 / (1 + math.exp(-0.5)), 2 / (1 + math.exp(0.5))]  # ratios 1 and 1/2
    assert epoch(balance, [4.0, 0.0], present=torch.tensor([True, False])) == pytest.approx(kept)
    assert epoch(balance, [4.0, 2.0]) == pytest.approx([1, 1])  # 2 after 2


def test_a_mean_of_zero_has_no_ratio():
    balance = build("dwa", [1.0, 1.0])
    epoch(balance, [0.0, 1.0])
    assert epoch(balance, [1.0, 1.0]) == [1, 1]
