"""GradNorm: hand numbers, torch's own Adam and derivatives, and where the weights come to rest."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.balance.balance import Sight, Terms
from polyhead.balance.gradnorm import Gradnorm
from polyhead.config.balance import GradnormOptions


def gradnorm(tasks, **keys):
    return Gradnorm(GradnormOptions(method="gradnorm", **keys), Terms(tuple("abcdefgh"[:tasks]), (1.0,) * tasks))


def sight(lengths, losses, present=None):
    seen = torch.ones(len(lengths), dtype=torch.bool) if present is None else torch.tensor(present)
    gramian = torch.diag(torch.tensor(lengths, dtype=torch.float64) ** 2)
    return Sight(seen, torch.tensor(losses, dtype=torch.float64), gramian)


def test_two_tasks_by_hand():
    """Lengths 1 and 3, target 2 for both: the first step of Adam is the learning rate, up and down."""
    balance = gradnorm(2, lr=0.1)
    assert balance(sight([1, 3], [1, 1])).tolist() == [1, 1]
    assert balance(sight([1, 3], [1, 1])).tolist() == pytest.approx([1.1, 0.9])


def test_the_slow_task_gets_more_by_hand():
    """Alike lengths; losses 1.5 and 0.5 of a mean of 1 make the targets 1.5^alpha and 0.5^alpha."""
    balance = gradnorm(2, lr=0.1, alpha=1.0)
    balance(sight([1, 1], [1.5, 0.5]))
    assert balance(sight([1, 1], [1.5, 0.5])).tolist() == pytest.approx([1.1, 0.9])


def by_torch(lengths, losses, alpha, lr):
    """The published loss, its derivatives by autograd and its steps by torch's Adam."""
    weights = torch.ones(len(lengths[0]), dtype=torch.float64, requires_grad=True)
    adam, seen = torch.optim.Adam([weights], lr=lr, eps=1e-30), []
    for length, loss in zip(torch.tensor(lengths), torch.tensor(losses), strict=True):
        seen.append(weights.detach().clone())
        weighted = weights * length
        target = (weighted.mean() * (loss / loss.mean()) ** alpha).detach()
        adam.zero_grad()
        (weighted - target).abs().sum().backward()
        adam.step()
        with torch.no_grad():
            weights *= len(weights) / weights.sum()
    return torch.stack(seen)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.5])
def test_as_the_published_loss_under_torchs_adam(alpha):
    rng = np.random.default_rng(0)
    lengths, losses = rng.uniform(0.5, 2, (40, 3)) * [1, 2, 4], rng.uniform(0.2, 1.5, (40, 3))
    balance = gradnorm(3, alpha=alpha, lr=0.02)
    found = torch.stack([balance(sight(*one)) for one in zip(lengths.tolist(), losses.tolist(), strict=True)])
    torch.testing.assert_close(found.double(), by_torch(lengths, losses, alpha, 0.02), rtol=1e-5, atol=1e-6)
    assert found[-1].std() > 0.05


@pytest.mark.parametrize(("alpha", "weighted"), [(0.0, 1.0), (1.0, 4.0)])
def test_lengths_come_to_rest_at_their_targets(alpha, weighted):
    """The loss that is four times as high gets a weighted gradient 4^alpha times as long."""
    balance, lengths, losses = gradnorm(2, alpha=alpha, lr=0.002), [1.0, 2.0], [1.6, 0.4]
    for _ in range(1000):
        weights = balance(sight(lengths, losses))
    assert weights.sum().item() == pytest.approx(2)
    assert (weights[0] * 1.0 / (weights[1] * 2.0)).item() == pytest.approx(weighted, rel=0.05)


def test_absent_tasks_keep_weight_and_moments_and_all_sum_to_k():
    balance = gradnorm(3, lr=0.1)
    for _ in range(3):
        balance(sight([1, 2, 5], [1, 1, 1]))
    before = {name: value.clone() for name, value in balance.state_dict().items()}
    for _ in range(5):
        balance(sight([1, 2, 0], [1, 1, 0], [True, True, False]))
    after = balance.state_dict()
    assert after["learned"][2] == before["learned"][2] != 1
    for part in ("adam.first", "adam.second"):
        assert after[part][2] == before[part][2]
    assert after["adam.steps"].tolist() == [8, 8, 3]
    assert not torch.equal(after["learned"][:2], before["learned"][:2])
    assert after["learned"].sum().item() == pytest.approx(3)


def test_weights_stay_above_zero():
    balance = gradnorm(2, lr=0.5)
    for _ in range(50):
        assert balance(sight([1e6, 1], [1, 1])).min() > 0


def test_the_unit_of_the_gradients_does_not_matter():
    small, large = gradnorm(2), gradnorm(2)
    for _ in range(20):
        assert torch.allclose(small(sight([1e-9, 3e-9], [1, 0.5])), large(sight([1e3, 3e3], [1, 0.5])))
