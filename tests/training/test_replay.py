"""A second pass over a batch draws the same numbers and leaves nothing behind."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from polyhead.training.replay import RandomState, StatisticsAtRest


def normed(momentum: float | None) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=momentum), nn.BatchNorm1d(4, affine=False))


@pytest.mark.parametrize("momentum", [0.1, None])
def test_running_statistics_stay_as_they_are(momentum):
    network = normed(momentum)
    batch = 5 + torch.randn(8, 3)
    expected = network(batch)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    rest = StatisticsAtRest(network)
    for _ in range(2):
        with rest:
            assert torch.equal(network(batch), expected)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    network(batch + 1)
    assert not torch.equal(network[1].running_mean, before["1.running_mean"])
    assert network[1].num_batches_tracked == 2


def test_a_norm_without_running_statistics_is_left_alone():
    network = nn.BatchNorm1d(2, track_running_stats=False)
    with StatisticsAtRest(network):
        network(torch.randn(4, 2))
    assert network.momentum == 0.1


def test_statistics_move_again_after_an_error():
    network = normed(0.1)
    with pytest.raises(ZeroDivisionError), StatisticsAtRest(network):
        raise ZeroDivisionError
    assert network[1].momentum == 0.1


def test_the_same_numbers_are_drawn_once_more():
    torch.manual_seed(7)
    state = RandomState(torch.device("cpu"))
    first, second = torch.rand(3), torch.rand(3)
    for _ in range(2):
        with state.again():
            assert torch.equal(torch.rand(3), first)
    torch.manual_seed(7)
    torch.rand(3)
    with state.again():
        torch.rand(5)
    assert torch.equal(torch.rand(3), second)
