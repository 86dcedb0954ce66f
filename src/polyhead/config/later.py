"""Values that belong to the configuration but whose part is not there yet: refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from polyhead.config.problem import Problem
from polyhead.config.words import dotted

READERS = ("radioml2018", "radioml2016", "image_folder", "root")
BACKBONES = ("resnet", "vit", "swin")
KINDS = ("direction",)
LOSSES = ("cosine", "vmf")

# Place (with * for any name) -> words that are valid there, later.
VALUES: dict[str, tuple[str, ...]] = {
    "data.reader": READERS,
    "data.inputs.*.axes.*": ("sensor", "height", "width"),
    "model.backbone": BACKBONES,
    "model.backbone.name": BACKBONES,
    "tasks.*.kind": KINDS,
    "tasks.*.loss_fn": LOSSES,
    "tasks.*.loss_fn.name": LOSSES,
}


def refusals(values: Mapping[str, Any]) -> Iterator[Problem]:
    """A refusal for each value that is used but not there yet."""
    for path, value in _leaves((), dict(values)):
        place = ".".join(map(str, path))
        for pattern, words in VALUES.items():
            here = place.count(".") == pattern.count(".") and fnmatchcase(place, pattern)
            if here and any(fnmatchcase(value, word) for word in words):
                yield _refusal(path, value)


def _leaves(path: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves((*path, key), item)


def _refusal(path: tuple[str | int, ...], word: str) -> Problem:
    return Problem(path, f"{dotted(path)}: {word} is not available yet")
