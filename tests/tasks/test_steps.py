"""Heads with an answer for each sample: what they read, where they start, and what absent samples get."""

from __future__ import annotations

import pytest
import torch

from polyhead.config.tasks import PointersHeadOptions, StepHeadOptions
from polyhead.tasks.losses.span import ABSENT
from polyhead.tasks.steps import BoundaryHead, SpanHead, StepHead, stretched


def test_a_map_of_every_sample_stays_as_it_is():
    features = torch.randn(2, 3, 7)
    assert torch.equal(stretched(features, 7), features)


@pytest.mark.parametrize(
    ("steps", "samples", "expected"),
    [
        ([0.0, 4.0], 5, [0, 0, 4 / 3, 8 / 3, 4]),  # at samples 1 and 4
        ([1.0, 3.0], 4, [1, 1, 2, 3]),  # at samples 1 and 3
        ([0.0, 1.0, 3.0], 9, [0, 0, 0, 1 / 3, 2 / 3, 1, 5 / 3, 7 / 3, 3]),  # at 2, 5 and 8
        ([2.0], 3, [2, 2, 2]),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 3, [1, 3, 5]),
    ],
)
def test_a_shorter_map_is_linear_between_steps_that_end_at_the_last_sample(steps, samples, expected):
    found = stretched(torch.tensor([[steps]]), samples)
    assert found[0, 0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("options", [{}, {"kernel": 3}, {"hidden": 5, "kernel": 3, "dropout": 0.4}])
def test_without_features_outputs_are_the_constant(options):
    head = StepHead(4, torch.tensor([[1.0] * 6, [-2.0] * 6]), StepHeadOptions(**options)).eval()
    for layer in head.hidden.children():
        if hasattr(layer, "bias"):
            torch.nn.init.zeros_(layer.bias)
    found = head(torch.zeros(2, 4, 6))
    assert found.tolist() == [[[1.0] * 6, [-2.0] * 6]] * 2
    assert head.constant.shape == (2, 1)


def test_a_constant_of_each_sample_is_learned_for_each():
    head = BoundaryHead(4, torch.arange(12.0), PointersHeadOptions())
    assert head(torch.zeros(1, 4, 6))[0].tolist() == [list(range(6)), list(range(6, 12))]


def test_a_linear_head_reads_the_sample_alone_and_a_kernel_its_neighbours():
    torch.manual_seed(0)
    features = torch.randn(1, 4, 9)
    other = features.clone()
    other[..., 4] += 1
    for kernel, moved in ((1, [4]), (3, [3, 4, 5])):
        head = StepHead(4, torch.zeros(1, 9), StepHeadOptions(kernel=kernel))
        apart = (head(features) != head(other))[0, 0]
        assert apart.nonzero().ravel().tolist() == moved


def test_absent_samples_have_a_logit_of_their_own_and_a_chain_its_transitions():
    head = SpanHead(4, 3, torch.tensor([0.5, 0.5, 0.5, 1.0, 2.0, 3.0, 4.0]), StepHeadOptions())
    present = torch.tensor([[False, True, True], [True, True, True]])
    found = head(torch.zeros(2, 4, 3), present)
    assert found.tolist() == [[ABSENT, 0.5, 0.5, 1, 2, 3, 4], [0.5, 0.5, 0.5, 1, 2, 3, 4]]
