"""The explicit list of backbones against the folder and the configuration; laws of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch

from polyhead import backbones
from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import OWN, Backbone, ResNet1dOptions, TcnOptions
from polyhead.errors import InputError

from .cases import OPTIONS, built

SHARED = {"__init__", "branch", "norm", "own", "presence", "shape"}


def test_every_backbone_has_its_file_and_every_file_its_backbone():
    files = {path.stem for path in Path(backbones.__file__).parent.glob("*.py")}
    assert set(backbones.BACKBONES) == files - SHARED
    assert all(kind.__module__.endswith(f".{name}") for name, kind in backbones.BACKBONES.items())


def test_every_backbone_can_be_configured_under_the_tag_that_is_its_name():
    members = [get_args(member) for member in get_args(get_args(Backbone)[0])]
    tags = {tag.tag: get_args(options.model_fields["name"].annotation) for options, tag in members}
    assert tags.pop(OWN) == ()
    assert tags == {name: (name,) for name in backbones.BACKBONES}
    assert list(backbones.BACKBONES) == list(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_equal_seeds_give_equal_networks_of_the_class_that_is_listed(name):
    networks = [built(name, 16, 1, seed) for seed in (1, 1, 2)]
    signal, known = torch.randn(3, 2, 16), torch.randn(3, 1)
    first, second, third = (network(signal, known) for network in networks)
    assert isinstance(networks[0], backbones.BACKBONES[name])
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@pytest.mark.parametrize("name", ["mlp", "tcn", "resnet1d"])
def test_a_rectified_map_is_never_negative_so_that_a_channel_of_zeros_is_dead(name):
    assert (built(name, 16)(torch.randn(8, 2, 16), None) >= 0).all()


STEPS = {
    "mlp": [1, 1, 1, 1],
    "tcn": [3, 6, 7, 19],
    "resnet1d": [2, 3, 4, 10],  # strides of 2 and 2
    "patch_transformer": [2, 3, 4, 10],
    "bilstm": [5, 11, 13, 37],
    "isfm": [5, 5, 5, 5],
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_map_has_a_step_for_every_stride_begun(name):
    for samples, steps in zip((5, 11, 13, 37), STEPS[name], strict=True):
        network = built(name, samples)
        present = torch.ones(3, samples, dtype=torch.bool)
        assert network(torch.randn(3, 2, samples), None).shape == (3, 6, steps)
        assert network.width == 6
        assert network.steps_present(present).shape == (3, steps)
        assert network.steps_present(present).all()


PLACES = {
    "mlp": (1, 0),
    "tcn": (2, 0),
    "resnet1d": (4, 0),
    "patch_transformer": (4, 2.5),  # patches of 6
    "bilstm": (1, 0),
    "isfm": (2.25, 1.5),  # 5 patches of 4 that begin from sample 0 to sample 9 of 13
}


@pytest.mark.parametrize("name", OPTIONS)
def test_where_the_steps_stand(name):
    network = built(name, 13)
    assert (network.stride, network.behind) == PLACES[name]


@pytest.mark.parametrize("samples", [201, 210])
@pytest.mark.parametrize(
    ("name", "options", "stride"),
    [
        ("tcn", {"channels": [6], "stem_kernel": 16, "stem_stride": 16}, 16),
        ("tcn", {"channels": [6], "stem_kernel": 5, "stem_stride": 2}, 2),
        ("resnet1d", {"channels": [4, 6], "blocks": 1, "kernel": 3, "stem_kernel": 5, "stem_stride": 4}, 8),
        (
            "resnet1d",
            {"channels": [4], "blocks": 1, "kernel": 1, "stride": 1, "stem_kernel": 33, "stem_stride": 32},
            32,
        ),
    ],
)
def test_a_step_of_a_convolution_stands_at_its_middle_or_its_last_sample(name, options, stride, samples):
    """Known from what gradients reach."""
    kind = TcnOptions if name == "tcn" else ResNet1dOptions
    network = built(name, samples, options=kind(name=name, norm="none", **options))
    assert network.stride == stride
    for parameter in network.parameters():
        torch.nn.init.ones_(parameter)  # no rectifier cuts the way
    signal = torch.ones(1, 2, samples, requires_grad=True)
    back = 90 // stride  # a step that reaches no edge
    (gradient,) = torch.autograd.grad(network(signal, None)[..., -1 - back].sum(), signal)
    reached = gradient[0].abs().sum(dim=0).nonzero().ravel()
    place = reached[-1] if name == "tcn" else (reached[0] + reached[-1]) / 2
    assert place == samples - 1 - network.behind - back * stride


@pytest.mark.parametrize("name", OPTIONS)
def test_a_mask_of_whole_windows_changes_nothing(name):
    network, signal, known = built(name, 23, 2), torch.randn(4, 2, 23), torch.randn(4, 2)
    whole = network(signal, known, torch.ones(4, 23, dtype=torch.bool))
    torch.testing.assert_close(whole, network(signal, known), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", OPTIONS)
def test_known_inputs_change_every_step(name):
    network, signal = built(name, 20, 2), torch.randn(1, 2, 20)
    here, there = (network(signal, torch.tensor([[0.0, value]])) for value in (0.0, 1.0))
    assert (here != there).any(dim=1).all()


@pytest.mark.parametrize("name", OPTIONS)
def test_every_sample_of_the_window_is_seen(name):
    """By some step of the map; isfm, whose patches may leave gaps, sees the first and the last."""
    network, signal = built(name, 13).double(), torch.randn(32, 2, 13, dtype=torch.float64, requires_grad=True)
    network(signal, None).square().sum().backward()
    seen = signal.grad.abs().sum(dim=(0, 1)) > 0
    assert seen[[0, -1]].all()
    assert seen.all() or name == "isfm"


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "mlp"])
def test_what_works_on_time_refuses_to_go_without(name):
    says = f"model.backbone: backbone {name} needs an input with a time axis; write `backbone: mlp`"
    with pytest.raises(InputError) as caught:
        build_backbone(OPTIONS[name], InputShape(0, 0, 3))
    assert caught.value.line == says
