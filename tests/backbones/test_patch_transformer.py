"""Patches counted back from the end, positions from the end, attention that mixes them."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import PatchTransformerOptions


def transformer(samples=20, channels=1, **options):
    torch.manual_seed(0)
    small = {"patch_length": 4, "patch_stride": 2, "width": 8, "layers": 1, "heads": 2, "feedforward": 8} | options
    options = PatchTransformerOptions(name="patch_transformer", **small)
    return build_backbone(options, InputShape(channels, samples, 0)).eval()


@pytest.mark.parametrize(
    ("samples", "length", "stride", "patches"),
    [
        (6, 4, 2, [[0, 0, 1, 2], [1, 2, 3, 4], [3, 4, 5, 6]]),
        (5, 3, 3, [[0, 1, 2], [3, 4, 5]]),
        (4, 3, 3, [[0, 0, 1], [2, 3, 4]]),
        (1, 3, 2, [[0, 0, 1]]),
        (3, 1, 1, [[1], [2], [3]]),
    ],
)
def test_patches_end_at_every_so_many_samples_counted_back_from_the_last(samples, length, stride, patches):
    network = transformer(samples, patch_length=length, patch_stride=stride)
    seen = []
    network.embedding.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    network(torch.arange(1.0, samples + 1).expand(1, 1, -1), None)
    assert seen[0].tolist() == [patches]


def test_a_patch_holds_the_samples_of_all_channels():
    network = transformer(4, channels=2, patch_length=2, patch_stride=2)
    seen = []
    network.embedding.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    network(torch.tensor([[[1.0, 2, 3, 4], [5, 6, 7, 8]]]), None)
    assert seen[0].tolist() == [[[1, 2, 5, 6], [3, 4, 7, 8]]]


def test_the_order_of_patches_matters_and_each_step_sees_the_window():
    network, signal = transformer(8, patch_length=4, patch_stride=4), torch.randn(1, 1, 8)
    turned = torch.cat([signal[..., 4:], signal[..., :4]], dim=2)
    assert not torch.allclose(network(turned, None).mean(dim=2), network(signal, None).mean(dim=2), atol=1e-5)
    other = signal.clone()
    other[..., -1] += 1
    assert (network(other, None) != network(signal, None)).any(dim=1).all()
    assert network.receptive_field is None


def test_positions_are_counted_from_the_end():
    network, signal = transformer(20), torch.randn(2, 1, 11)
    moved = transformer(20)
    with torch.no_grad():
        moved.positions[:-6] += 1  # 11 samples are 6 patches: the positions before them are not read
    assert torch.equal(moved(signal, None), network(signal, None))


def test_parameters_by_hand():
    """Embedding, 10 positions; attention, two linear layers and two norms in the layer; a last norm."""
    attention = (8 * 24 + 24) + (8 * 8 + 8)
    layer = attention + (8 * 8 + 8) + (8 * 8 + 8) + 2 * 16
    counted = sum(parameter.numel() for parameter in transformer(20).parameters())
    assert counted == (4 * 8 + 8) + 10 * 8 + layer + 16


def test_evaluation_is_deterministic_and_training_is_not():
    network, signal = transformer(dropout=0.3), torch.randn(2, 1, 20)
    assert torch.equal(network(signal, None), network(signal, None))
    network.train()
    assert not torch.equal(network(signal, None), network(signal, None))
