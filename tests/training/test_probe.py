"""What sampled steps measure, against gradients and ranks worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from polyhead.training.probe import (
    checksum,
    dead_share,
    effective_rank,
    gradient_norms,
    parameter_norms,
    shared_cosines,
)

A, B = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])


def two_linear_heads():
    """features = W x with W = identity; losses a.f and b.f, so that their gradients at f are a and b, at W a x' and
    b x'."""
    weight = nn.Parameter(torch.eye(3))
    return weight, weight @ torch.tensor([1.0, 2.0, 2.0])


def test_gradient_norms_at_the_map():
    norms = gradient_norms([A, B, torch.zeros(3)])
    assert norms.tolist() == [5.0, 2.0, 0.0]
    assert norms.dtype == torch.float64


def test_cosines_over_shared_parameters():
    """Both gradients are outer products with the same x, so that their cosine is that of a and b: 8 / (5 x 2)."""
    weight, features = two_linear_heads()
    unused = nn.Parameter(torch.ones(2))
    cosines = shared_cosines([features] * 4, [A, B, -A, torch.zeros(3)], [weight, unused])
    assert cosines.tolist() == pytest.approx([0.8, -1.0, math.nan, -0.8, math.nan, math.nan], nan_ok=True)
    assert shared_cosines([features], [A], [weight]).tolist() == []


def test_long_gradients_keep_their_digits():
    """Ten million times .1: float32 sums lose the fourth digit."""
    (norm,) = gradient_norms([torch.full((10_000_000,), 0.1)]).tolist()
    assert norm == pytest.approx(float(np.float32(0.1)) * math.sqrt(1e7), rel=1e-9)


def test_measuring_leaves_the_graph_and_the_gradients_alone():
    weight, features = two_linear_heads()
    shared_cosines([features] * 2, [A, B], [weight])
    assert weight.grad is None
    features.backward(A + B)
    assert torch.equal(weight.grad, torch.outer(A + B, torch.tensor([1.0, 2.0, 2.0])))


def test_a_channel_is_dead_only_where_it_is_zero_in_every_window_at_every_step():
    features = torch.zeros(2, 4, 3)
    features[1, 0, 2] = 1.0
    features[:, 1] = -1.0
    assert dead_share(features) == 0.5


def map_of(pooled) -> torch.Tensor:
    """A map (batch, channel, 2) whose mean over time is `pooled`."""
    pooled = torch.as_tensor(pooled, dtype=torch.float32)
    return torch.stack([pooled - 1, pooled + 1], dim=2)


@pytest.mark.parametrize(
    ("pooled", "rank"),
    [
        ([[1, 0, 0], [-1, 0, 0]], 1.0),
        ([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], 2.0),
        (np.concatenate([np.eye(3), -np.eye(3)]), 3.0),
        # singular values 3 and 1 (times sqrt 2): shares 3/4 and 1/4
        ([[3, 0], [-3, 0], [0, 1], [0, -1]], math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))),
        ([[1001, 1000], [999, 1000]], 1.0),  # an offset is no rank
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1e-6])
def test_effective_rank_of_known_matrices(pooled, rank, factor):
    assert effective_rank(factor * map_of(pooled)).item() == pytest.approx(rank, rel=1e-3)


@pytest.mark.parametrize("windows", [1, 3, 7, 23])
def test_the_rank_of_windows_that_look_alike_is_zero(windows):
    window = torch.rand(1, 5, 6, generator=torch.Generator().manual_seed(0))
    assert effective_rank(window.expand(windows, 5, 6)) == 0
    assert effective_rank(torch.zeros(windows, 5, 6)) == 0


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_map_that_is_not_finite_has_no_rank(broken):
    features = torch.rand(4, 3, 5)
    features[1, 2, 0] = broken
    assert effective_rank(features).isnan()


def test_the_checksum_is_the_sum_of_absolute_values():
    parameters = [torch.tensor([1.0, -2.5]), torch.tensor([[0.25]], requires_grad=True)]
    assert checksum(parameters).item() == 3.75
    assert checksum([torch.full((10_000_000,), 0.1)]).item() == pytest.approx(float(np.float32(0.1)) * 1e7, rel=1e-12)


def test_norm_of_each_parameters_gradient():
    module = nn.Linear(2, 1)
    module.weight.grad = torch.tensor([[3.0, -4.0]])
    assert parameter_norms(module).tolist() == [5.0, 0.0]
