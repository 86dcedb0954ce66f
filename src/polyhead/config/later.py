"""Keys and values that belong to the configuration but whose part is not there yet: refused by name, never ignored."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from polyhead.config.problem import Problem
from polyhead.config.words import dotted

# Key -> the words by which a file says that it does not use it (beside null, false, [] and {}).
KEYS: dict[str, tuple[str, ...]] = {
    "model.init": (),
}

READERS = ("bars", "radioml2018", "radioml2016", "image_folder", "root")
BACKBONES = ("resnet", "vit", "swin")
KINDS = ("direction", "span", "pointers", "countdown")
LOSSES = ("dice", "crf", "cosine", "vmf")

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


def without_unused(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values without the keys of `KEYS`, and a refusal for each key or value that is used but not there yet."""
    kept = copy.deepcopy(dict(values))
    problems = list(_values(kept))
    for name, unused in KEYS.items():
        *parents, key = name.split(".")
        block: Any = kept
        for parent in parents:
            block = block.get(parent) if isinstance(block, dict) else None
        if isinstance(block, dict) and key in block and not is_unused(value := block.pop(key), unused):
            problems.append(_refusal((*parents, key), value if unused and isinstance(value, str) else None, unused))
    return kept, problems


def is_unused(value: Any, words: tuple[str, ...] = ()) -> bool:
    """Whether a value says "not used": null, false, empty, one of `words`, or a block of nothing else."""
    if value is None or value is False or (isinstance(value, str) and value in words):
        return True
    if isinstance(value, dict):
        return value.get("enabled") is False or all(is_unused(item) for item in value.values())
    return isinstance(value, list) and all(is_unused(item) for item in value)


def _values(values: dict[str, Any]) -> Iterator[Problem]:
    for path, value in _leaves((), values):
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


def _refusal(path: tuple[str | int, ...], word: str | None, unused: tuple[str, ...] = ()) -> Problem:
    name = dotted(path)
    what = f"{name} is not available yet" if word is None else f"{name}: {word} is not available yet"
    return Problem(path, what, f"leave it out or write {unused[0]}" if unused else "")
