"""Heads with an answer for each sample: what they read, where they start, and what absent samples get."""

from __future__ import annotations

import pytest
import torch

from polyhead.config.tasks import PointersHeadOptions, StepHeadOptions
from polyhead.tasks.losses.span import ABSENT
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.steps import BoundaryHead, SpanHead, StepHead


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


def test_heads_take_where_the_steps_stand():
    """Steps 4 apart in a window of 9 stand at samples 0, 4 and 8."""
    features, spacing, options = torch.tensor([[[0.0, 0.0, 1.0]]]), Spacing(4), PointersHeadOptions()
    heads = (
        StepHead(1, torch.zeros(1, 9), StepHeadOptions(), spacing),
        SpanHead(1, 9, torch.zeros(9), StepHeadOptions(), spacing),
        BoundaryHead(1, torch.zeros(18), options, spacing),
    )
    for head in heads:
        output = getattr(head, "steps", head).output
        torch.nn.init.ones_(output.weight)
        assert head(features).view(-1, 9)[-1].tolist() == [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1]


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
