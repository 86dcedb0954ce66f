"""Fast adaptive multitask optimisation."""

from __future__ import annotations

import math

import pytest
import torch

from polyhead.balance import Sight

from .life import Losses, build, live

ALL = torch.tensor([True, True])


def test_weights_by_hand():
    balance = build("famo", [1.0, 1.0])
    sight = Sight(ALL, torch.tensor([1.0, 3.0]).double())
    assert balance(sight).tolist() == pytest.approx([1.5, 0.5])  # 1 / L, scaled to a sum of 2
    balance.get_buffer("logits").copy_(torch.tensor([0.0, math.log(6)]))
    assert balance(sight).tolist() == pytest.approx([2 / 3, 4 / 3])  # 1 / 1 against 6 / 3


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_against_torchjd(decay):
    """c z / L, times the number of tasks; logits after Adam."""
    from torchjd.scalarization import FAMO

    floors = [1.0] * 4
    losses, oracle = Losses.of(floors), FAMO(4, lr=0.2, weight_decay=decay).double()
    expected = []
    for before, after in zip(losses.before, losses.after, strict=True):
        asked = before.clone().requires_grad_()
        oracle(asked).backward()
        expected.append(4 * asked.grad)
        oracle.update(after)
    balance = build({"method": "famo", "lr": 0.2, "decay": decay}, floors)
    found = live(balance, losses)
    torch.testing.assert_close(found.double(), torch.stack(expected), rtol=1e-6, atol=0)
    torch.testing.assert_close(balance.get_buffer("logits"), oracle._w.detach(), rtol=1e-9, atol=0)
    assert balance.get_buffer("logits").std() > 0.1


def test_a_task_without_labels_is_left_as_it_is_by_decay_and_momentum_too():
    """With labels in every second step it ends where that many steps in a row lead."""
    losses = Losses.of([1.0, 1.0, 1.0], 20)
    half = slice(None, None, 2)
    some = Losses(losses.before[half], losses.after[half], losses.present[half])
    for part in (losses.before, losses.after, losses.present):
        part[1::2] = 0
    ended = [build({"method": "famo", "decay": 0.1}, [1.0] * 3) for _ in range(2)]
    for balance, one in zip(ended, (losses, some), strict=True):
        live(balance, one)
    for one, other in zip(*(balance.buffers() for balance in ended), strict=True):
        assert torch.equal(one, other)


def test_the_task_that_fell_most_loses_weight():
    balance, losses = build("famo", [1.0, 1.0]), torch.tensor([1.0, 1.0]).double()
    balance.look_again(losses, losses * torch.tensor([0.5, 0.9]), ALL)
    assert balance(Sight(ALL, losses)).tolist() == pytest.approx(  # Adam's first step is lr, up and down
        [2 / (1 + math.exp(0.05)), 2 / (1 + math.exp(-0.05))], rel=1e-4
    )


def test_losses_of_unlike_curvature_fall_by_the_same_share():
    """Descent on a x^2 / 2 for a = 1 and 30: by itself the second falls 30 times as fast."""
    curvature = torch.tensor([1.0, 30.0]).double()

    def falls(weigh: bool) -> list[float]:
        x = torch.ones(2).double()
        balance = build({"method": "famo", "lr": 0.05, "decay": 0.0}, [1.0, 1.0])
        for _ in range(600):
            losses = curvature * x.square() / 2
            weights = balance(Sight(ALL, losses)).double() if weigh else torch.ones(2).double()
            x = x - 1e-3 * weights * curvature * x
            balance.look_again(losses, curvature * x.square() / 2, ALL)
        return (-2 * x.log()).tolist()

    first, second = falls(weigh=False)
    assert second / first == pytest.approx(30, rel=0.02)
    first, second = falls(weigh=True)
    assert second / first == pytest.approx(1, rel=0.15)


def test_a_loss_of_zero_has_a_finite_weight_and_leaves_finite_logits():
    balance, zero = build("famo", [1.0, 1.0]), torch.tensor([0.0, 1.0]).double()
    assert balance(Sight(ALL, zero)).isfinite().all()
    balance.look_again(zero, zero.flip(0), ALL)
    assert balance.get_buffer("logits").isfinite().all()
