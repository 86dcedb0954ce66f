"""The module that stands alone says what the network, fed and decoded, says: every backbone and loss, before any
graph is made of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from polyhead.backbones.bilstm import BiLstm
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import BiLstmOptions
from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.training.evaluation import decided, pool
from polyhead.training.feed import Feed
from polyhead.training.finish import has_labels, prediction_parts
from polyhead.training.network import build_network
from polyhead.training.portable import Portable, PortableInput
from polyhead.training.preparation import prepare
from polyhead.training.skipping import SkippingLstm

from ..workshop import BACKBONES, LENGTH, TASKS, workshop, workshop_config

AT = {
    "bad": 0.3,
    "marks": [0.2, 0.5, 0.7],
    "span": 1.7,
    "held": 0.6,
    "next": 1.0,
    "burst": 0.4,
    "chain": 0.2,
    "until": 1.3,
}
"""What validation might have decided."""


def source(lost: bool) -> Source:
    arrays = workshop(0, lost)
    inputs = {"signal": InputArray(arrays.pop("x"), ("0", "1")), "known": InputArray(arrays.pop("load"), ("0", "1"))}
    return Source(inputs, arrays)


def both(tasks: tuple[str, ...], backbone: Any, lost: bool = False, **blocks: Any) -> tuple[dict, dict]:
    """(what `predict` says, what the module says) of every window, {TASK.part: array}, from fresh weights."""
    experiment = Experiment.model_validate(workshop_config("unused", tasks, backbone, **blocks))
    prepared = prepare(experiment, source(lost))
    windows, index = prepared.windows, np.arange(len(prepared.windows))
    torch.manual_seed(0)
    network = build_network(experiment, windows, prepared.tasks)
    with torch.no_grad():
        for parameter in network.heads.parameters():
            parameter.mul_(5)  # heads start near a constant, where much looks alike
    feed = Feed(windows, prepared.tasks, prepared.scaling, torch.device("cpu"), lost, labels=False)
    pooled = decided(prepared.tasks, pool(network, feed, index, 16), AT)
    parts = prediction_parts(prepared.tasks, windows, index, pooled, truth=False)
    expected = {f"{task}.{part}": values for task, each in parts.items() for part, values in each.items()}

    scaling = prepared.scaling
    own = {name: one.kind == "per_recording" for name, one in scaling.items()}
    inputs = [
        PortableInput(
            name,
            name in windows.timed,
            None if own[name] else one.offset,
            None if own[name] else one.scale,
            windows.is_position(name),
        )
        for name, one in scaling.items()
    ]
    masked = None if windows.filled is None else windows.length
    portable = Portable(network, prepared.tasks, inputs, AT, lost, masked, windows.length).eval()
    fetched = windows.measured().fetch(index).inputs
    raw = {name: torch.from_numpy(values) for name, values in fetched.items()}
    if windows.filled is not None:
        raw["filled"] = torch.from_numpy(windows.filled)
    with torch.inference_mode():
        found = {name: values.numpy() for name, values in portable(raw).items()}
    for task in prepared.tasks:
        if has_labels(task):
            found[f"{task.name}.pred"] = np.array(task.classes)[found[f"{task.name}.pred"]]
    return expected, found


def assert_same(expected: dict, found: dict) -> None:
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].shape == values.shape, name
        if values.dtype.kind in "iU":
            assert found[name].tolist() == values.tolist(), name
        else:
            np.testing.assert_allclose(found[name], values, rtol=2e-6, atol=1e-6, err_msg=name)


LABELS = ("state", "bad", "wear")


@pytest.mark.parametrize("backbone", list(BACKBONES))
def test_every_backbone(backbone: str):
    assert_same(*both(LABELS, backbone))


@pytest.mark.parametrize("backbone", [name for name in BACKBONES if name != "isfm"])
def test_short_windows(backbone: str):
    blocks = {"lengths": "samples", "window": {"length": LENGTH, "short": "mask"}}
    expected, found = both((*LABELS, "again"), backbone, data=blocks)
    assert_same(expected, found)
    assert 0 < np.isnan(found["again.rmse"]).any(axis=1).sum() < len(found["again.rmse"])


@pytest.mark.parametrize("backbone", ["mlp", "tcn"])
def test_lost_samples(backbone: str):
    assert_same(*both((*LABELS, "again"), backbone, lost=True, data={"non_finite": "mask"}))


def test_every_kind_of_task():
    expected, found = both(tuple(TASKS), "tcn")
    assert_same(expected, found)
    assert np.ptp(found["clock.pred"]) > 1e-3  # a time of day has no room for its spread in float32
    assert found["clock.pred"].dtype == np.float64
    assert found["burst.score"].shape == found["until.low"].shape == (len(found["bad.pred"]), LENGTH)
    assert {"span.sd", "span.low", "held.high", "next.sd", "pair.low"} <= set(found)


def test_marks_of_short_windows():
    blocks = {"lengths": "samples", "window": {"length": LENGTH, "short": "mask"}}
    assert_same(*both(("burst", "chain", "ends", "edges", "until"), "bilstm", data=blocks))


def test_the_position_in_the_window_is_made():
    expected, found = both(("burst", "ends"), "tcn", data={"window": {"length": LENGTH, "position": True}})
    assert_same(expected, found)


def test_branches():
    assert_same(*both(LABELS, "tcn", model={"branches": "attention"}))


@pytest.mark.parametrize("lost", [False, True])
def test_a_window_scaled_by_its_own_mean_and_spread(lost: bool):
    data = {"scaling": {"signal": "per_recording"}, "group": None, "non_finite": "mask" if lost else "refuse"}
    assert_same(*both(LABELS, "tcn", lost, data=data))


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_an_lstm_skips_absent_samples_by_its_gates(layers: int, bidirectional: bool):
    """The reference is the window without them."""
    torch.manual_seed(1)
    options = BiLstmOptions(name="bilstm", hidden=4, layers=layers, bidirectional=bidirectional)
    backbone = BiLstm(options, InputShape(2, 12, 1)).eval()
    signal, known = torch.randn(3, 2, 7), torch.randn(3, 1)
    padded = torch.cat([torch.zeros(3, 2, 5), signal], dim=2)
    present = (torch.arange(12) >= 5).expand(3, -1)
    with torch.no_grad():
        found = SkippingLstm(backbone)(padded, known, present)
        torch.testing.assert_close(found[..., 5:], backbone(signal, known), rtol=1e-5, atol=1e-6)
    assert not found[..., :5].any()
