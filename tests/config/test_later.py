"""What is not there yet is refused by name, and what says "not used" is dropped."""

from __future__ import annotations

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.later import BACKBONES, KEYS, KINDS, LOSSES, METHODS, METRICS, READERS, is_unused
from polyhead.errors import InputError

from .cases import changed

WINDOW = {"length": 8, "stride": 8}


def refusal(path: str, value: object) -> str:
    values = changed(path, value)
    if path.startswith("data.window"):
        values["data"]["window"] |= WINDOW
    if path.startswith("balance."):
        values["balance"]["method"] = values["balance"].get("method", "sum")
    with pytest.raises(InputError) as caught:
        load_experiment(values)
    return caught.value.line


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_refused_by_name(key: str) -> None:
    assert refusal(key, {"a": 1}).startswith(f"config: {key} is not available yet")
    assert "is not available yet" in refusal(key, "something")
    assert "more" not in refusal(key, 3)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("unused", [None, False, [], {}, {"a": None, "b": {"enabled": False, "c": 3}}, "its word"])
def test_each_key_may_say_that_it_is_not_used(key: str, unused: object) -> None:
    if unused == "its word":
        if not KEYS[key]:
            return
        unused = KEYS[key][0]
    values = changed(key, unused)
    if key.startswith("data.window"):
        values["data"]["window"] |= WINDOW
    if key.startswith("balance."):
        values["balance"]["method"] = "sum"
    load_experiment(values)


@pytest.mark.parametrize(("value", "unused"), [(0, False), (0.0, False), ("", False), (True, False), ([[]], True)])
def test_zero_is_a_value(value: object, unused: bool) -> None:
    assert is_unused(value) is unused


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("data.reader", READERS),
        ("data.scaling.signal", ("per_recording",)),
        ("data.scaling.time", ("seconds",)),
        ("data.split.by", ("time",)),
        ("model.backbone", (*BACKBONES, "my.nets:Wide")),
        ("model.backbone.name", (*BACKBONES, "my.nets:Wide")),
        ("balance", METHODS),
        ("balance.method", METHODS),
        ("tasks.rul.kind", KINDS),
        ("tasks.rul.loss_fn", LOSSES),
    ],
)
def test_each_word_is_refused_by_name(path: str, words: tuple[str, ...]) -> None:
    for word in words:
        assert refusal(path, word) == f"config: {path}: {word} is not available yet"


@pytest.mark.parametrize("metric", METRICS)
def test_metrics(metric: str) -> None:
    assert refusal("tasks.rul.metrics", [metric]) == f"config: tasks.rul.metrics[0]: {metric} is not available yet"
    assert "train.monitor" in refusal("train.monitor", f"val/rul/{metric}")


def test_devices_and_several_labels() -> None:
    assert refusal("train.devices", 2) == "config: train.devices: 2 is not available yet; write 1"
    assert "several labels are not available yet" in refusal("data.split.stratify", ["rul", "fault"])
    loaded = load_experiment(changed("data.split.stratify", ["rul"]))
    assert loaded.experiment.data.split.stratify == "rul"


def test_axes() -> None:
    line = refusal("data.inputs.signal", {"key": "x", "axes": ["window", "height", "width"]})
    assert "data.inputs.signal.axes[1]: height is not available yet" in line


def test_a_name_that_only_looks_like_a_later_word_is_kept() -> None:
    values = changed("data.targets.focal", {"key": "time", "missing": ["pcgrad"]})
    assert load_experiment(values).experiment.data.targets["focal"].key == "time"
