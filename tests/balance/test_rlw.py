"""Random loss weighting."""

from __future__ import annotations

import pytest
import torch

from polyhead.balance import Sight

from .life import Losses, build, live

STEPS = 4000


@pytest.fixture(scope="module")
def drawn() -> torch.Tensor:
    """Weights (step, task) of three tasks."""
    return live(build("rlw", [1.0] * 3), Losses.of([1.0] * 3, STEPS)).double()


def test_weights_sum_to_the_number_of_tasks_and_are_one_on_average(drawn):
    assert drawn.sum(1).tolist() == pytest.approx([3] * STEPS, rel=1e-6)
    assert drawn.mean(0).tolist() == pytest.approx([1] * 3, abs=0.05)


def test_logarithms_of_ratios_are_differences_of_standard_normals(drawn):
    """Of variance 2, a third of three sharing each draw, and independent from step to step."""
    first, second = (drawn[:, 0] / drawn[:, 1]).log(), (drawn[:, 0] / drawn[:, 2]).log()
    assert first.mean().item() == pytest.approx(0, abs=0.1)
    assert first.var().item() == pytest.approx(2, rel=0.1)
    assert (first * second).mean().item() == pytest.approx(1, rel=0.15)
    assert torch.corrcoef(torch.stack([first[1:], first[:-1]]))[0, 1].item() == pytest.approx(0, abs=0.06)


def test_the_draw_changes_with_the_step_and_the_seed_only():
    sight = Sight(torch.tensor([True, True]))
    balance, other = build("rlw", [1.0, 1.0], seed=3), build("rlw", [1.0, 1.0], seed=4)
    first = balance(sight)
    assert not torch.equal(first, other(sight))
    balance.learn(torch.zeros(2), sight.present)
    assert not torch.equal(balance(sight), first)
    assert not torch.equal(balance(sight), other(sight))  # seeds are no steps of each other


def test_a_task_without_labels_takes_no_draw_from_the_others():
    both = build("rlw", [1.0] * 3)(Sight(torch.tensor([True, True, True])))
    two = build("rlw", [1.0] * 3)(Sight(torch.tensor([True, False, True])))
    assert (two[0] / two[2]).item() == pytest.approx((both[0] / both[2]).item())
    assert two.sum().item() == pytest.approx(2)
