"""Fully connected layers: what goes in, and one step that comes out."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import MlpOptions


def mlp(shape: InputShape, **options):
    torch.manual_seed(0)
    return build_backbone(MlpOptions(name="mlp", **options), shape)


@pytest.mark.parametrize("shape", [InputShape(2, 5, 0), InputShape(0, 0, 3), InputShape(2, 5, 3)])
@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_the_map_is_one_step(shape, norm):
    network = mlp(shape, hidden=[7, 6], norm=norm)
    signal = torch.randn(4, shape.channels, shape.samples) if shape.samples else None
    known = torch.randn(4, shape.known) if shape.known else None
    assert network(signal, known).shape == (4, 6, 1)
    assert (network.width, network.receptive_field) == (6, None)


def test_every_sample_and_every_known_input_is_seen():
    network = mlp(InputShape(2, 5, 3), hidden=[64])
    signal, known = torch.randn(1, 2, 5, requires_grad=True), torch.randn(1, 3, requires_grad=True)
    network(signal, known).sum().backward()
    assert signal.grad.all()
    assert known.grad.all()


def test_one_layer_is_a_rectified_matrix_product():
    network = mlp(InputShape(1, 2, 1), hidden=[2])
    with torch.no_grad():
        network.layers[0].weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [-1.0, -1.0, -1.0]]))
        network.layers[0].bias.copy_(torch.tensor([0.5, 0.5]))
    out = network(torch.tensor([[[1.0, 1.0]]]), torch.tensor([[2.0]]))
    assert out.tolist() == [[[9.5], [0.0]]]


def test_dropout_acts_while_training_only():
    network = mlp(InputShape(1, 8, 0), hidden=[32], dropout=0.5)
    signal = torch.randn(2, 1, 8)
    assert not torch.equal(network(signal, None), network(signal, None))
    network.eval()
    assert torch.equal(network(signal, None), network(signal, None))
