"""Two distributions over samples: cross-entropy by hand, and the likeliest pair against all pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polyhead.tasks.losses.boundary import best_boundary, best_pair, boundary_loss


def test_the_loss_is_the_mean_of_both_cross_entropies():
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]]))
    assert boundary_loss(logits, torch.tensor([[0, 2]])).item() == pytest.approx(-(math.log(0.5) + math.log(0.8)) / 2)


def test_the_floor_is_the_mean_entropy_of_where_spans_began_and_ended():
    ends = np.array([[0, 2], [0, 3], [1, 3], [0, 3]])
    logits, floor = best_boundary(ends, 4, None)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert floor == pytest.approx(entropy)
    probability = np.exp(logits)
    assert probability.sum(axis=1) == pytest.approx([1, 1])
    assert probability[0] == pytest.approx([0.9 * 0.75 + 0.025, 0.9 * 0.25 + 0.025, 0.025, 0.025])


def test_weights_count_windows():
    ends = np.array([[0, 1], [1, 1]])
    doubled, floor = best_boundary(ends[[0, 0, 1]], 2, None)
    logits, weighted = best_boundary(ends, 2, np.array([4 / 3, 2 / 3]))
    assert logits == pytest.approx(doubled)
    assert weighted == pytest.approx(floor)


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_likeliest_pair_is_the_best_of_all_pairs(samples, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(3, 2, samples))
    found = best_pair(torch.from_numpy(logits)).numpy()
    for (first, last), (one, other) in zip(found, logits, strict=True):
        assert first <= last
        every = [one[a] + other[b] for a in range(samples) for b in range(a, samples)]
        assert one[first] + other[last] == pytest.approx(max(every))
