"""What is not there yet is refused by name."""

from __future__ import annotations

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.later import BACKBONES, KINDS, LOSSES, READERS
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
