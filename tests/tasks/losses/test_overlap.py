"""Soft intersection over union: hand numbers, and the best constant set of labels against a search."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polyhead.tasks.losses import overlap
from polyhead.tasks.losses.overlap import OverlapLoss

LOSS = OverlapLoss(1e-3)


def test_losses_by_hand():
    """Probabilities .8, .5 and .2 against 1, 0, 1: both 1, either 1 + .5 + 1."""
    logits = torch.tensor([[np.log(4.0), 0.0, -np.log(4.0)]])
    assert LOSS(logits, torch.tensor([[1.0, 0.0, 1.0]])).item() == pytest.approx(1 - 1.001 / 2.501)
    assert LOSS(logits, torch.zeros(1, 3)).item() == pytest.approx(1 - 0.001 / 1.501)


def test_a_window_without_labels_still_teaches():
    logits = torch.full((1, 3), -2.0, requires_grad=True)
    LOSS(logits, torch.zeros(1, 3)).sum().backward()
    assert (logits.grad > 0).all()


@pytest.mark.parametrize("most", [10, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_no_constant_probabilities_beat_the_best_set(monkeypatch, most, weighted, seed):
    monkeypatch.setattr(overlap, "_ALL", most)  # the exhaustive way, and the one for many labels
    rng = np.random.default_rng(seed)
    truth = (rng.random((60, 4)) < rng.random(4)).astype(float)
    weights = rng.uniform(0.1, 2, 60) if weighted else None
    each = np.ones(60) if weights is None else weights

    def mean_loss(logits):
        losses = LOSS(torch.from_numpy(logits).expand(60, -1), torch.from_numpy(truth)).numpy()
        return float((each * losses).mean())

    start, floor = LOSS.best_constant(truth, weights)
    assert mean_loss(np.where(start > 0, 40.0, -40.0)) == pytest.approx(floor)
    searched = [mean_loss(rng.normal(scale=4, size=4)) for _ in range(3000)]
    corners = [mean_loss(np.array([80.0 * (n >> i & 1) - 40 for i in range(4)])) for n in range(16)]
    assert floor == pytest.approx(min(corners))
    assert floor <= min(searched) + 1e-9
