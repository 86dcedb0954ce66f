"""What is not there yet is refused by name, and what says "not used" is dropped."""

from __future__ import annotations

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.later import BACKBONES, KEYS, KINDS, LOSSES, READERS, is_unused
from polyhead.errors import InputError

from .cases import changed

WINDOW = {"length": 8, "stride": 8}


def refusal(path: str, value: object) -> str:
    values = changed(path, value)
    if path.startswith("data.window"):
        values["data"]["window"] |= WINDOW
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
    load_experiment(changed(key, unused))


@pytest.mark.parametrize(("value", "unused"), [(0, False), (0.0, False), ("", False), (True, False), ([[]], True)])
def test_zero_is_a_value(value: object, unused: bool) -> None:
    assert is_unused(value) is unused


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("data.reader", READERS),
        ("model.backbone", BACKBONES),
        ("model.backbone.name", BACKBONES),
        ("tasks.rul.kind", KINDS),
        ("tasks.rul.loss_fn", LOSSES),
    ],
)
def test_each_word_is_refused_by_name(path: str, words: tuple[str, ...]) -> None:
    for word in words:
        assert refusal(path, word) == f"config: {path}: {word} is not available yet"


def test_axes() -> None:
    line = refusal("data.inputs.signal", {"key": "x", "axes": ["window", "height", "width"]})
    assert "data.inputs.signal.axes[1]: height is not available yet" in line


def test_a_name_that_only_looks_like_a_later_word_is_kept() -> None:
    values = changed("data.targets.focal", {"key": "time", "missing": ["dice"]})
    assert load_experiment(values).experiment.data.targets["focal"].key == "time"
