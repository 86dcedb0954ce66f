"""Residual convolutions: what a step sees, where it stands, what it is made of."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import ResNet1dOptions


def resnet(known=0, samples=64, **options):
    torch.manual_seed(0)
    return build_backbone(ResNet1dOptions(name="resnet1d", **options), InputShape(2, samples, known))


CASES = [
    ({"channels": [3], "blocks": 1, "kernel": 3, "stem_kernel": 7, "stem_stride": 1}, 11),  # 7 + 2 + 2
    ({"channels": [3], "blocks": 1, "kernel": 3, "stem_kernel": 7, "stem_stride": 2}, 15),  # 7 + (2 + 2) 2
    ({"channels": [3, 4], "blocks": 1, "kernel": 3, "stem_kernel": 3, "stem_stride": 1}, 13),  # 3 + 4 + 2 + 2 * 2
    ({"channels": [3, 4], "blocks": 2, "kernel": 5, "stem_kernel": 7, "stem_stride": 2}, 95),  # 7 + 32 + 8 + 48
    ({"channels": [3], "blocks": 2, "kernel": 4, "stem_kernel": 2, "stem_stride": 1}, 14),  # 2 + 4 * 3
    ({"channels": [3, 3], "blocks": 1, "kernel": 8, "stride": 1, "stem_kernel": 1, "stem_stride": 1}, 29),  # 1 + 4 * 7
]


@pytest.mark.parametrize(("options", "reach"), CASES)
def test_the_receptive_field_is_what_gradients_reach(options, reach):
    """With positive weights and inputs every ReLU is open, so that each sample that is seen has a gradient."""
    network = resnet(norm="none", **options).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.1)
    samples = 401
    signal = torch.ones(1, 2, samples, dtype=torch.float64, requires_grad=True)
    mapped = network(signal, None)
    back = mapped.shape[-1] // 2  # a step far from the edges
    mapped[..., -1 - back].sum().backward()
    at = signal.grad[0, 0].nonzero().flatten()
    assert int(at[-1] - at[0]) + 1 == network.receptive_field == reach
    centre = samples - 1 - back * network.stride
    ahead, behind = int(at[-1]) - centre, centre - int(at[0])
    assert ahead <= behind
    assert ahead + behind + 1 == reach
    if options["kernel"] % 2 and options["stem_kernel"] % 2:
        assert ahead == behind


def test_statistics_of_a_group_are_over_time_so_that_every_step_sees_the_whole_window():
    network = resnet(channels=[8], norm="group")
    signal = torch.randn(1, 2, 200)
    later = signal.clone()
    later[..., -1] += 5
    assert not torch.allclose(network(later, None)[..., 0], network(signal, None)[..., 0])
    assert network.receptive_field is None


@pytest.mark.parametrize("samples", [1, 2, 31, 32, 33])
def test_the_last_step_is_centred_on_the_last_sample(samples):
    """A kernel of one sample, strides of four: only every fourth sample counted from the end is seen."""
    network = resnet(samples=samples, channels=[3], stem_kernel=4, stem_stride=4, kernel=1, stride=1, norm="none")
    signal = torch.randn(1, 2, samples)
    other = signal.clone()
    other[..., -1] += 3
    changed = (network(other, None) != network(signal, None)).any(dim=1)[0]
    assert changed[-1]
    assert not changed[:-1].any()  # an even kernel looks ahead one less than back, here one of four: 4 // 2 - 1


def test_parameters_by_hand():
    """Stem of 2 channels, 7 samples to 3; a block 3 to 3 without a shortcut, one 3 to 4 with; no norm, so biases."""
    stem = 2 * 3 * 7 + 3
    first = 2 * (3 * 3 * 5 + 3)
    second = (3 * 4 * 5 + 4) + (4 * 4 * 5 + 4) + (3 * 4 + 4)
    network = resnet(known=2, channels=[3, 4], blocks=1, norm="none")
    assert sum(parameter.numel() for parameter in network.parameters()) == stem + 2 * 3 + first + second


@pytest.mark.parametrize("options", [{"dropout": 0.5, "norm": "none"}, {"norm": "batch"}])
def test_evaluation_is_deterministic_and_training_is_not(options):
    network = resnet(channels=[8, 8], **options)
    signal, others = torch.randn(4, 2, 16), torch.randn(4, 2, 16)
    assert not torch.equal(network(signal, None)[0], network(torch.cat([signal[:1], others]), None)[0])
    network.eval()
    assert torch.equal(network(signal, None), network(signal, None))
    torch.testing.assert_close(network(signal, None)[0], network(torch.cat([signal[:1], others]), None)[0])
