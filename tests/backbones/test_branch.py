"""A task's own features, on numbers small enough to work out."""

from __future__ import annotations

import math

import pytest
import torch

from polyhead.backbones import AttentionBranch
from polyhead.config.model import AttentionBranches, BranchOptions


def branch(channels=2, own=None, **options):
    torch.manual_seed(0)
    block = AttentionBranches(kind="attention", **options)
    return AttentionBranch(channels, block, BranchOptions(**(own or {}))).eval()


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def gelu(x):
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def by_hand(mean, step, attention, activation, mix):
    """The write-up's formulas with the weights of `fixed`: two channels, one output."""
    inner = attention(mean[0] - 2 * mean[1])
    weights = sigmoid(inner), sigmoid(-inner + 1)
    own = activation(weights[0] * step[0] + 3 * weights[1] * step[1] - 0.5)
    normed = (own - 0.2) / math.sqrt(4 + 1e-5)
    return mix * normed + (1 - mix) * (step[0] - step[1] + 0.1)


def fixed(**options):
    """A branch of two channels to one, whose attention has one hidden unit that counts."""
    made = branch(width=1, **options)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.zero_()
        made.attention[0].weight[0] = torch.tensor([1.0, -2.0])
        made.attention[2].weight[:, 0] = torch.tensor([1.0, -1.0])
        made.attention[2].bias[1] = 1.0
        made.own[0].weight[0, :, 0] = torch.tensor([1.0, 3.0])
        made.own[0].bias[0] = -0.5
        made.own[2].weight[0] = 1.0
        made.own[2].running_mean[0], made.own[2].running_var[0] = 0.2, 4.0
        made.shared.weight[0, :, 0] = torch.tensor([1.0, -1.0])
        made.shared.bias[0] = 0.1
    return made


FUNCTIONS = {"relu": lambda x: max(x, 0.0), "tanh": math.tanh, "gelu": gelu}


@pytest.mark.parametrize(
    ("attention", "activation", "mix"), [("relu", "gelu", 0.7), ("tanh", "relu", 0.7), ("gelu", "tanh", 0.25)]
)
@pytest.mark.parametrize("x", [(1.5, 0.25), (-1.0, 2.0)])
def test_on_pooled_features_it_is_the_write_up_s(attention, activation, mix, x):
    made = fixed(mix=mix, own={"attention": attention, "activation": activation})
    expected = by_hand(x, x, FUNCTIONS[attention], FUNCTIONS[activation], mix)
    assert made(torch.tensor(x)[None, :, None]).item() == pytest.approx(expected, abs=1e-6)


def test_on_a_map_the_attention_is_of_the_mean_and_the_rest_of_each_step():
    steps = [(1.5, 0.25), (-1.0, 2.0), (0.5, 1.0)]
    mean = tuple(sum(step[c] for step in steps) / 3 for c in (0, 1))
    out = fixed()(torch.tensor(steps).T[None])[0, 0].tolist()
    relu = FUNCTIONS["relu"]
    assert out == pytest.approx([by_hand(mean, step, relu, relu, 0.7) for step in steps], abs=1e-6)


def test_absent_steps_count_in_no_mean_and_hold_zero():
    features = torch.tensor([[[9.0, 1.5, -1.0], [9.0, 0.25, 2.0]]])
    out = fixed()(features, torch.tensor([[False, True, True]]))
    assert out[0, 0, 0] == 0
    torch.testing.assert_close(out[..., 1:], fixed()(features[..., 1:]))


@pytest.mark.parametrize(
    ("channels", "width", "narrow"), [(512, 128, 64), (48, 12, 6), (16, 4, 4), (6, 4, 4), (100, 25, 12)]
)
def test_a_quarter_of_the_channels_through_an_eighth(channels, width, narrow):
    made = branch(channels)
    assert made.width == width == made(torch.randn(2, channels, 3)).shape[1]
    assert made.attention[0].out_features == narrow
    attention = (channels * narrow + narrow) + (narrow * channels + channels)
    counted = sum(parameter.numel() for parameter in made.parameters())
    assert counted == attention + 2 * (channels * width + width) + 2 * width


def test_dropout_acts_while_training_only():
    made, features = branch(8, dropout=0.5), torch.randn(4, 8, 5)
    assert torch.equal(made(features), made(features))
    made.train()
    assert not torch.equal(made(features), made(features))
