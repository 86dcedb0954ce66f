"""The network: one backbone, a head per task, branches between the two, counted by hand."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from polyhead.errors import InputError
from polyhead.signals.source import Source
from polyhead.training.feed import Feed
from polyhead.training.network import Network, build_network, count_parameters
from polyhead.training.preparation import prepare

from .synthetic import TASKS, experiment, prepared, source


def network_of(ready, seed=0):
    torch.manual_seed(seed)
    return build_network(ready.experiment, ready.windows, ready.tasks)


def batch_of(ready, count=5):
    feed = Feed(ready.windows, ready.tasks, ready.scaling, torch.device("cpu"), fill=False)
    return feed.batch(ready.split["train"][:count])


def test_outputs_come_in_the_order_of_the_tasks():
    ready = prepared(("next", "tone", "pair"))
    batch = batch_of(ready)
    forward = network_of(ready)(batch.signal, batch.known)
    assert forward.features[0].shape == (5, 6, 32)
    assert [tuple(output.shape) for output in forward.outputs] == [(5, 1, 4), (5, 3), (5, 2)]


def test_each_output_is_its_head_on_the_map():
    ready = prepared(("level", "tone"))
    batch, network = batch_of(ready), network_of(ready)
    features = network.backbone(batch.signal, batch.known)
    for name, output in zip(("level", "tone"), network(batch.signal, batch.known).outputs, strict=True):
        assert torch.equal(output, network.heads[name](features))


def test_parameters_by_hand():
    """Stem of 2 + 2 channels to 6, two blocks of two convolutions; heads on mean and maximum of 6 channels."""
    counted = count_parameters(network_of(prepared(("level", "tone", "pair"))))
    assert counted.backbone == (4 * 6 + 6) + 4 * (6 * 6 * 3 + 6)
    assert counted.heads == {"level": 12 + 1, "tone": 12 * 3 + 3, "pair": 12 * 2 + 2}
    assert counted.total == counted.backbone + 13 + 39 + 26


ATTENTION = {
    "backbone": {"name": "tcn", "channels": [48]},
    "branches": {"kind": "attention", "width": 10, "tasks": {"tone": {"attention": "tanh", "activation": "gelu"}}},
}


def test_each_head_reads_its_own_branch_and_features_stay_the_backbone_s():
    ready = prepared(("level", "tone", "next"), model=ATTENTION)
    batch, network = batch_of(ready), network_of(ready).eval()
    forward = network(batch.signal, batch.known)
    features = network.backbone(batch.signal, batch.known)
    assert all(torch.equal(one, features) for one in forward.features)
    assert features.shape == (5, 48, 32)
    for name, output in zip(("level", "tone", "next"), forward.outputs, strict=True):
        assert torch.equal(output, network.heads[name](network.branches[name](features)))


def test_a_task_has_the_activations_that_are_named_for_it():
    branches = network_of(prepared(("level", "tone"), model=ATTENTION)).branches
    found = {name: (type(branch.attention[1]), type(branch.own[1])) for name, branch in branches.items()}
    assert found == {"level": (nn.ReLU, nn.ReLU), "tone": (nn.Tanh, nn.GELU)}


def test_parameters_of_branches_by_hand():
    """Attention from 48 channels through 6; two matrices to 10; scale and offset of the norm. Heads read 2 x 10."""
    counted = count_parameters(network_of(prepared(("level", "tone"), model=ATTENTION)))
    one = (48 * 6 + 6) + (6 * 48 + 48) + 2 * (48 * 10 + 10) + 2 * 10
    assert counted.branches == {"level": one, "tone": one}
    assert counted.heads == {"level": 20 + 1, "tone": 20 * 3 + 3}
    assert counted.total == counted.backbone + 2 * one + 21 + 63


def test_what_is_present_reaches_backbone_branches_and_heads():
    """A window without its first samples is one that starts later."""
    ready = prepared(("level", "next"), model=ATTENTION)
    batch, network = batch_of(ready), network_of(ready).eval()
    present = (torch.arange(32) >= 9).expand(5, -1)
    padded = network(batch.signal * present[:, None], batch.known, present)
    shorter = network(batch.signal[..., 9:], batch.known)
    for one, other in zip(padded.outputs, shorter.outputs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


BACKBONES = {
    "mlp": {"hidden": [16]},
    "tcn": {"channels": [8, 8]},
    "resnet1d": {"channels": [8], "blocks": 1},
    "patch_transformer": {"width": 16, "layers": 1, "heads": 2, "feedforward": 16, "patch_length": 8},
    "bilstm": {"hidden": 8},
    "isfm": {"num_patches": 8, "patch_length": 8, "width": 16},
}


@pytest.mark.parametrize("branches", ["none", "attention"])
@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_learns(name, branches):
    """Its losses fall over a few steps of Adam, and every parameter has a gradient."""
    ready = prepared(
        ("level", "tone", "next"), model={"backbone": {"name": name} | BACKBONES[name], "branches": branches}
    )
    network, batch = network_of(ready), batch_of(ready, 24)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        outputs = network(batch.signal, batch.known).outputs
        whole = zip(ready.tasks, outputs, batch.truths, batch.mask.T, strict=True)
        each = [task.loss_sum(output, truth, mask) for task, output, truth, mask in whole]
        loss = torch.stack([one / task.fitted.floor_loss for one, task in zip(each, ready.tasks, strict=True)]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert np.isfinite(losses).all()
    assert np.mean(losses[-5:]) < 0.8 * losses[0]


def test_a_backbone_that_needs_whole_windows_is_refused_where_windows_are_masked():
    ready = prepared(("level",), model={"backbone": {"name": "isfm", "patch_length": 8}})
    network_of(ready)
    short = replace(ready.windows, filled=np.full(len(ready.windows), 31))
    with pytest.raises(InputError, match="isfm needs whole windows"):
        build_network(ready.experiment, short, ready.tasks)


def test_the_weights_follow_the_seed():
    ready = prepared(("level",))
    one, same, other = (network_of(ready, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(value, same[key]) for key, value in one.items())
    assert not torch.equal(one["backbone.stem.weight"], other["backbone.stem.weight"])


@pytest.mark.parametrize("name", ["type", "train", "keys", "forward", "float", "pop"])
def test_a_task_may_bear_a_name_that_every_module_has(name):
    ready = prepared({name: TASKS["level"] | {"target": "level"}})
    network, batch = network_of(ready), batch_of(ready)
    assert count_parameters(network).heads == {name: 13}
    assert f"heads.{name}.output.bias" in dict(network.named_parameters())
    fresh = network_of(ready, seed=3)
    fresh.load_state_dict(network.state_dict())
    twin = copy.deepcopy(network).eval()
    (output,) = network.train().eval()(batch.signal, batch.known).outputs
    assert torch.equal(output, fresh(batch.signal, batch.known).outputs[0])
    assert torch.equal(output, twin(batch.signal, batch.known).outputs[0])


def test_numbers_alone_go_through_an_mlp():
    """Without a signal there is nothing but the known inputs."""
    whole = source()
    numbers = Source({"known": whole.inputs["known"]}, whole.columns)
    own = experiment(("level",), data={"window": None}, model={"backbone": {"name": "mlp", "hidden": [7]}})
    ready = prepare(own, numbers)
    batch, network = batch_of(ready), network_of(ready)
    assert batch.signal is None
    assert network(None, batch.known).features[0].shape == (5, 7, 1)
    assert count_parameters(network).backbone == 2 * 7 + 7


class Early(torch.nn.Module):
    """A backbone with a map for `tone` behind the one that the other tasks read."""

    width, receptive_field = 4, None

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Conv1d(2, 4, 1), torch.nn.Conv1d(4, 4, 1)

    def forward(self, signal, known, present=None):
        early = self.first(signal)
        return {"level": early, "tone": self.second(early), "loud": early}


@pytest.mark.parametrize("cut", [False, True])
def test_heads_read_the_maps_of_their_tasks(cut):
    ready = prepared(("level", "tone", "loud"))
    heads = {task.name: task.build_head(4) for task in ready.tasks}
    network = Network(Early(), heads)
    batch = batch_of(ready)
    forward = network(batch.signal, batch.known, cut=cut)
    assert forward.shared[0] is forward.shared[2]
    assert forward.features[0] is forward.features[2]
    assert forward.features[1].is_leaf == cut
    maps = network.backbone(batch.signal, batch.known)
    for task, output in zip(("level", "tone", "loud"), forward.outputs, strict=True):
        assert torch.equal(output, heads[task](maps[task], None))


@pytest.mark.parametrize(
    ("backbone", "block"),
    [
        ({"name": "tcn", "channels": [6, 6, 8]}, "blocks.2."),
        ({"name": "resnet1d"}, "blocks.5."),
        ({"name": "mlp", "hidden": [7, 9]}, "layers.3."),
        ({"name": "patch_transformer"}, "encoder.layers.2."),
        ({"name": "bilstm"}, "lstm."),
    ],
)
def test_the_last_block(backbone, block):
    network = network_of(prepared(("level",), model={"backbone": backbone}))
    names = {id(parameter): name for name, parameter in network.backbone.named_parameters()}
    found = {names[id(parameter)] for parameter in network.last_block}
    assert found == {name for name in names.values() if name.startswith(block)}
    assert found
