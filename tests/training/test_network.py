"""The network: one backbone, a head per task, counted by hand."""

from __future__ import annotations

import copy

import pytest
import torch

from polyhead.signals.source import Source
from polyhead.training.feed import Feed
from polyhead.training.network import build_network, count_parameters
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
    assert forward.features.shape == (5, 6, 32)
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
    assert network(None, batch.known).features.shape == (5, 7, 1)
    assert count_parameters(network).backbone == 2 * 7 + 7
