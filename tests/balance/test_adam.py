"""Adam on one number a task, against torch's own on each task alone."""

from __future__ import annotations

import pytest
import torch

from polyhead.balance.adam import Adam

SLOPES = torch.randn(12, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
KNOWN = torch.rand(12, 3, generator=torch.Generator().manual_seed(1)) < 0.7


@pytest.mark.parametrize("epsilon", [1e-8, 1e-2])
def test_each_task_moves_as_under_torch_s_adam_that_sees_its_own_steps_only(epsilon):
    adam, ours = Adam(3, epsilon), torch.zeros(3, dtype=torch.float64)
    theirs = [torch.zeros(1, dtype=torch.float64) for _ in range(3)]
    oracles = [torch.optim.Adam([one], lr=0.1, eps=epsilon) for one in theirs]
    for slope, known in zip(SLOPES, KNOWN, strict=True):
        ours -= 0.1 * adam(slope, known)
        for task in known.nonzero()[:, 0].tolist():
            theirs[task].grad = slope[task : task + 1].clone()
            oracles[task].step()
    torch.testing.assert_close(ours, torch.cat(theirs), rtol=1e-12, atol=1e-14)


def test_without_a_slope_or_an_epsilon_nothing_moves():
    assert Adam(2, 0.0)(torch.zeros(2, dtype=torch.float64), torch.tensor([True, False])).tolist() == [0, 0]
