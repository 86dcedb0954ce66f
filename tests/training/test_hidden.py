"""The network cannot see hidden samples: whatever stands there, every backbone puts out the same bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.signals.augmentation import Augmentation
from polyhead.signals.position import ramp
from polyhead.signals.source import InputArray
from polyhead.training.feed import Feed, hide

from ..backbones.cases import OPTIONS
from .synthetic import prepared

CPU = torch.device("cpu")
INDEX = np.arange(0, 60, 3)
MASKED = {"hidden": {"kind": "masked", "share": 0.25, "patch": 2}}


@pytest.fixture(scope="module")
def ready():
    return prepared(MASKED, data={"targets": {}, "window": {"length": 32, "stride": 32, "position": True}})


def feed_of(ready, signal=None, **options) -> Feed:
    windows = ready.windows
    if signal is not None:
        inputs = windows.inputs | {"signal": InputArray(signal, windows.inputs["signal"].channels)}
        windows = replace(windows, inputs=inputs)
    return Feed(windows, ready.tasks, ready.scaling, CPU, fill=False, seed=3, **options)


def backbone(name) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_backbone(OPTIONS[name], InputShape(channels=3, samples=32, known=2)).eval()


def spoilt(ready, epoch) -> np.ndarray:
    """The recordings with other numbers at every sample that is hidden."""
    (task,) = ready.tasks
    index = np.arange(len(ready.windows))
    at = task.hiding.fixed(index) if epoch is None else task.hiding.drawn(index, 3, epoch)
    marks = np.pad(task.hiding.marks(at), ((0, 0), (0, 4)))[:, None]
    held = np.asarray(ready.windows.inputs["signal"].values)
    return np.where(marks, np.float32(1e6), held).astype(np.float32)


@pytest.mark.parametrize("epoch", [None, 0, 4])
@pytest.mark.parametrize("name", OPTIONS)
def test_no_backbone_sees_what_stands_at_hidden_samples(ready, name, epoch):
    network, maps = backbone(name), []
    for signal in (None, spoilt(ready, epoch)):
        batch = feed_of(ready, signal).batch(INDEX, epoch)
        maps.append(network(batch.signal, batch.known))
    assert torch.equal(*maps)
    other = feed_of(ready, spoilt(ready, epoch)).batch(INDEX, 4 if epoch == 0 else 0)
    assert not torch.equal(network(other.signal, other.known), maps[0])  # other samples are hidden: these are seen


@pytest.mark.parametrize("name", OPTIONS)
def test_the_gradient_at_hidden_samples_is_exactly_zero(name):
    network = backbone(name)
    signal, known = torch.randn(4, 3, 32, requires_grad=True), torch.randn(4, 2)
    hidden = torch.rand(4, 32) < 0.3
    for seen, through in ((False, hide(signal, hidden)), (True, signal)):
        (gradient,) = torch.autograd.grad(network(through, known).square().sum(), signal)
        at_hidden = gradient.movedim(1, 2)[hidden]
        assert at_hidden.any().item() is seen
        assert gradient.movedim(1, 2)[~hidden].any()


def test_every_signal_is_hidden_at_the_same_samples_and_the_place_in_the_window_is_not(ready):
    batch = feed_of(ready).batch(INDEX, 1)
    hidden = batch.hidden
    assert (hidden.sum(dim=1) == 8).all()
    assert not batch.signal[:, :2].movedim(1, 2)[hidden].any()
    assert torch.equal(batch.signal[:, 2], torch.from_numpy(ramp(32)).expand(len(INDEX), -1))
    truth = batch.truths[0]
    assert torch.equal(truth.isnan(), ~hidden[:, None].expand_as(truth))
    assert batch.mask.all()


def test_another_signal_of_the_same_samples_is_hidden_too(ready):
    windows = replace(ready.windows, inputs=ready.windows.inputs | {"other": ready.windows.inputs["signal"]})
    scaling = ready.scaling | {"other": ready.scaling["signal"]}
    batch = Feed(windows, ready.tasks, scaling, CPU, fill=False).batch(INDEX)
    assert batch.signal.shape[1] == 5
    assert not batch.signal[:, 3:].movedim(1, 2)[batch.hidden].any()


def test_draws_are_fresh_in_training_and_fixed_in_evaluation(ready):
    feed = feed_of(ready)
    drawn = [feed.batch(INDEX, epoch).hidden for epoch in (0, 1)]
    assert not torch.equal(*drawn)
    assert torch.equal(feed.batch(INDEX).hidden, feed.batch(INDEX).hidden)
    assert torch.equal(feed.batch(INDEX[:3], 1).hidden, drawn[1][:3])


def test_noise_does_not_tell_of_hidden_samples(ready):
    options = prepared(MASKED, data={"targets": {}, "augment": {"noise_snr_db": 3.0}}).experiment.data.augment
    signals = []
    for signal in (None, spoilt(ready, 2)):
        feed = feed_of(ready, signal, augmentation=Augmentation(options, 3), means={"signal": np.zeros(2)})
        signals.append(feed.batch(INDEX, 2).signal)
    assert torch.equal(*signals)
