"""The explicit list of backbones against the folder and the configuration; laws of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import nn

from polyhead import backbones
from polyhead.backbones import InputShape, build_backbone
from polyhead.config.model import MlpOptions, TcnOptions

OPTIONS = {"mlp": MlpOptions(name="mlp", hidden=[5]), "tcn": TcnOptions(name="tcn", channels=[5])}
SHARED = {"__init__", "norm"}


def test_every_backbone_has_its_file_and_every_file_its_backbone():
    files = {path.stem for path in Path(backbones.__file__).parent.glob("*.py")}
    assert set(backbones.BACKBONES) == files - SHARED
    assert all(kind.__module__.endswith(f".{name}") for name, kind in backbones.BACKBONES.items())


def test_every_backbone_can_be_configured():
    configured = {get_args(options.model_fields["name"].annotation)[0] for options in (MlpOptions, TcnOptions)}
    assert set(backbones.BACKBONES) == configured == set(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_equal_seeds_give_equal_networks_of_the_class_that_is_listed(name):
    networks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        networks.append(build_backbone(OPTIONS[name], InputShape(2, 16, 1)).eval())
    signal, known = torch.randn(3, 2, 16), torch.randn(3, 1)
    first, second, third = (network(signal, known) for network in networks)
    assert isinstance(networks[0], backbones.BACKBONES[name])
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_map_is_never_negative_so_that_a_channel_of_zeros_is_dead(name):
    network = build_backbone(OPTIONS[name], InputShape(2, 16, 0))
    assert isinstance(network, nn.Module)
    assert (network(torch.randn(8, 2, 16), None) >= 0).all()
