"""Patch embedding and DLinear: which samples make a token, what chance decides, and the two matrices."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.backbones.isfm import DLinear
from polyhead.config.backbones import IsfmOptions
from polyhead.errors import InputError


def isfm(samples=10, channels=1, masked=False, **options):
    torch.manual_seed(0)
    small = {"num_patches": 3, "patch_length": 4, "width": 5} | options
    return build_backbone(IsfmOptions(name="isfm", **small), InputShape(channels, samples, 0, masked))


def tokens_of(network, signal):
    """What goes into the embedding, (patch, (channel + 1) * length) of the first window."""
    seen = []
    network.embedding.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    network(signal, None)
    return seen[0][0]


def test_in_evaluation_patches_are_evenly_spaced_and_hold_samples_and_times():
    signal = torch.stack([torch.arange(10.0), torch.arange(10.0) + 100])[None]
    tokens = tokens_of(isfm(channels=2).eval(), signal)
    starts = [0, 3, 6]  # from the first sample that a patch may start at to the last
    for token, start in zip(tokens, starts, strict=True):
        samples = list(range(start, start + 4))
        assert token[:8].tolist() == samples + [100 + sample for sample in samples]
        torch.testing.assert_close(token[8:], torch.tensor(samples) / 10)


def test_one_patch_stands_in_the_middle():
    tokens = tokens_of(isfm(num_patches=1).eval(), torch.arange(10.0).expand(1, 1, -1))
    assert tokens[0, :4].tolist() == [3, 4, 5, 6]


def test_while_training_patches_are_drawn_for_each_window_and_sorted():
    network = isfm(samples=100, num_patches=50)
    tokens = tokens_of(network, torch.arange(100.0).expand(1, 1, -1))
    starts = tokens[:, 0]
    assert torch.equal(starts, starts.sort().values)
    assert torch.equal(tokens[:, :4], starts[:, None] + torch.arange(4))
    assert (starts >= 0).all()
    assert (starts <= 96).all()
    twice = torch.randn(1, 1, 100).expand(2, -1, -1)
    first, second = network(twice, None)
    assert not torch.equal(first, second)
    torch.manual_seed(3)
    once = network(twice, None)
    torch.manual_seed(3)
    assert torch.equal(network(twice, None), once)


def test_every_start_may_be_drawn():
    network = isfm(samples=6, num_patches=200)
    starts = tokens_of(network, torch.arange(6.0).expand(1, 1, -1))[:, 0]
    assert set(starts.tolist()) == {0, 1, 2}


def test_evaluation_draws_nothing():
    network, signal = isfm().eval(), torch.randn(2, 1, 10)
    state = torch.get_rng_state()
    assert torch.equal(network(signal, None), network(signal, None))
    assert torch.equal(torch.get_rng_state(), state)


def test_dlinear_by_hand():
    """Three patches 3, 6, 12, moving average of three with repeated ends: 4, 7, 10."""
    mixer = DLinear(3)
    assert all(torch.equal(matrix.weight, torch.full((3, 3), 1 / 3)) for matrix in (mixer.trend, mixer.remainder))
    with torch.no_grad():
        mixer.trend.weight.copy_(torch.eye(3))
        mixer.remainder.weight.copy_(10 * torch.eye(3))
        mixer.trend.bias.zero_()
        mixer.remainder.bias.copy_(torch.tensor([0.0, 0.0, 1.0]))
    out = mixer(torch.tensor([[[3.0, 6.0, 12.0]]]))
    torch.testing.assert_close(out, torch.tensor([[[4.0 - 10, 7.0 - 10, 10.0 + 20 + 1]]]))


@pytest.mark.parametrize(("patches", "reach"), [(1, 0), (2, 0), (3, 1), (4, 1), (64, 31), (65, 32), (200, 32)])
def test_the_moving_average_spans_65_patches_or_as_many_as_there_are(patches, reach):
    mixer = DLinear(patches)
    assert mixer.reach == reach
    assert mixer(torch.randn(2, 3, patches)).shape == (2, 3, patches)


def test_patches_that_do_not_fit_are_refused():
    with pytest.raises(InputError) as caught:
        isfm(samples=3)
    assert caught.value.line == (
        "model.backbone.patch_length: patches of 4 samples do not fit in windows of 3; write 3 or less"
    )


def test_windows_with_absent_samples_are_refused():
    with pytest.raises(InputError, match="isfm needs whole windows, and some have absent samples"):
        isfm(masked=True)
