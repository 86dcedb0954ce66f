"""Temporal convolutions: what each step of the map sees, and what it does not."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import TcnOptions
from polyhead.config.experiment_file import load_experiment
from polyhead.errors import InputError

STRIDED = {"channels": [4, 4], "stem_kernel": 3, "stem_stride": 3}


def tcn(inputs=2, known=0, samples=64, **options):
    torch.manual_seed(0)
    return build_backbone(TcnOptions(name="tcn", **options), InputShape(inputs, samples, known))


@pytest.mark.parametrize(
    ("options", "samples", "shape"),
    [
        ({"channels": [4, 6]}, 20, (3, 6, 20)),
        ({"channels": [4, 6], "stem_kernel": 5, "stem_stride": 5}, 20, (3, 6, 4)),
        ({"channels": [4, 6], "stem_stride": 5, "stem_kernel": 7}, 21, (3, 6, 5)),
        ({"channels": [5], "kernel": 2, "norm": "group"}, 1, (3, 5, 1)),
    ],
)
def test_the_map_has_a_step_for_every_stride_begun(options, samples, shape):
    network = tcn(**options)
    assert network(torch.randn(3, 2, samples), None).shape == shape
    assert network.width == shape[1]


@pytest.mark.parametrize("samples", [40, 41, 42])
@pytest.mark.parametrize(
    ("options", "stride"),
    [({"channels": [4, 4]}, 1), ({"channels": [4, 6], "norm": "batch"}, 1), (STRIDED, 3)],
    ids=["plain", "batch norm", "strided"],
)
def test_a_step_never_sees_later_samples(options, stride, samples):
    network = tcn(**options).eval()
    signal = torch.randn(2, 2, samples)
    before = network(signal, None)
    last = before.shape[-1] - 1
    for step in (0, last // 2, last - 1):
        sample = samples - 1 - (last - step) * stride  # the latest that the step sees
        later = signal.clone()
        later[..., sample + 1 :] += 5
        after = network(later, None)
        assert torch.equal(after[..., : step + 1], before[..., : step + 1])
        assert not torch.equal(after[..., step + 1], before[..., step + 1])
        later[..., sample] += 5
        assert not torch.equal(network(later, None)[..., step], before[..., step])


def test_statistics_of_a_group_are_over_time_so_that_every_step_sees_the_whole_window():
    network = tcn(channels=[8, 8], norm="group")
    signal = torch.randn(1, 2, 40)
    later = signal.clone()
    later[..., -1] += 5
    assert not torch.allclose(network(later, None)[..., 0], network(signal, None)[..., 0])
    assert network.receptive_field is None


@pytest.mark.parametrize(
    ("options", "seen", "reach"),
    [
        ({"channels": [2, 2, 2]}, 29, 29),  # 1 + 2 (3 - 1) (1 + 2 + 4)
        ({"channels": [2, 2, 2], "stem_kernel": 5}, 33, 33),
        ({"channels": [2, 2], "kernel": 2, "dilations": [1, 3]}, 9, 9),  # 1 + 2 (2 - 1) (1 + 3)
        ({"channels": [2], "dilations": [8]}, 5, 33),  # every eighth sample
        ({"channels": [2, 2], "stem_kernel": 3, "stem_stride": 3}, 39, 39),  # 3 + 12 steps of 3
        ({"channels": [2, 2], "norm": "batch"}, 13, 13),
    ],
)
def test_the_receptive_field_is_what_gradients_reach(options, seen, reach):
    """With positive weights and inputs every ReLU is open, so that each sample that is seen has a gradient."""
    network = tcn(**options).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(0.1)
    signal = torch.ones(1, 2, 128, dtype=torch.float64, requires_grad=True)
    network(signal, None)[..., -1].sum().backward()
    at = signal.grad[0, 0].nonzero().flatten()
    assert (len(at), int(at[-1] - at[0]) + 1, int(at[-1])) == (seen, reach, 127)
    assert network.receptive_field == reach


def test_known_inputs_change_every_step():
    network = tcn(known=2, channels=[4, 4])
    signal = torch.randn(1, 2, 20)
    here, there = (network(signal, torch.tensor([[0.0, value]])) for value in (0.0, 1.0))
    assert (here != there).any(dim=1).all()


@pytest.mark.parametrize("options", [{"dropout": 0.5}, {"norm": "batch"}])
def test_evaluation_is_deterministic_and_training_is_not(options):
    network = tcn(channels=[8, 8], **options)
    signal, others = torch.randn(4, 2, 16), torch.randn(4, 2, 16)
    assert not torch.equal(network(signal, None)[0], network(torch.cat([signal[:1], others]), None)[0])
    network.eval()
    assert torch.equal(network(signal, None), network(signal, None))
    torch.testing.assert_close(network(signal, None)[0], network(torch.cat([signal[:1], others]), None)[0])


def test_parameters_by_hand():
    """stem 2 x 3 + 3; block 3 to 4: two convolutions of 3 samples and a shortcut; block 4 to 4: no shortcut."""
    first = (3 * 4 * 3 + 4) + (4 * 4 * 3 + 4) + (3 * 4 + 4)
    network = tcn(channels=[3, 4, 4])
    widened = (2 * 3 + 3) + (3 * 3 * 3 + 3) * 2 + first + (4 * 4 * 3 + 4) * 2
    assert sum(parameter.numel() for parameter in network.parameters()) == widened


def test_a_tcn_needs_a_time_axis():
    with pytest.raises(InputError, match="backbone tcn needs an input with a time axis; write `backbone: mlp`"):
        tcn(samples=0, known=3)


@pytest.mark.parametrize(
    ("backbone", "says"),
    [
        ({"channels": [8, 8], "dilations": [1, 2, 4]}, "expected one for each of the 2 blocks in channels, found 3"),
        ({"dilations": [1, 2]}, "expected one for each of the 6 blocks in channels, found 2"),
    ],
)
def test_dilations_that_do_not_fit_the_blocks_are_refused_by_name(backbone, says):
    values = {
        "name": "x",
        "data": {"reader": "bearings"},
        "tasks": {"fault": {"kind": "classification"}},
        "model": {"backbone": {"name": "tcn"} | backbone},
    }
    with pytest.raises(InputError) as caught:
        load_experiment(values)
    assert f"model.backbone.dilations: {says}" in caught.value.line
