"""Every block of the configuration as a section: its keys with type, default and meaning, off the pydantic models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from polyhead.config.experiment import Experiment
from polyhead.config.fields import Slot
from polyhead.config.later import VALUES
from polyhead_pages.prose import prose
from polyhead_pages.value_words import default_words, value_words

PAGES = {
    "polyhead.config.experiment": "experiment",
    "polyhead.config.data": "data",
    "polyhead.config.tasks": "tasks",
    "polyhead.config.losses": "losses",
    "polyhead.config.model": "model",
    "polyhead.config.backbones": "backbones",
    "polyhead.config.balance": "balance",
    "polyhead.config.training": "training",
    "polyhead.config.pretraining": "training",
    "polyhead.config.tracking": "after",
    "polyhead.config.success": "after",
    "polyhead.config.diagnosis": "after",
}
"""The page that each module's blocks stand on; a module that is missing here ends the build."""


@dataclass
class Place:
    """Where a block may stand: the dotted path, and the word that chooses it among others."""

    block: type[BaseModel]
    path: str
    tag: str = ""
    kinds: list[str] = field(default_factory=list)


def page(name: str) -> str:
    """The sections of all blocks of one page."""
    return "\n\n".join(section(place) for place in places() if PAGES[place.block.__module__] == name)


def places() -> list[Place]:
    """Every block once, in the order of a file, with the first path at which it stands."""
    found: dict[type[BaseModel], Place] = {}
    for block, path, tag, kind in _walk(Experiment, "", "", ""):
        place = found.setdefault(block, Place(block, path, tag))
        if kind and kind not in place.kinds:
            place.kinds.append(kind)
    return list(found.values())


def _walk(block: type[BaseModel], path: str, tag: str, kind: str) -> Iterator[tuple[type[BaseModel], str, str, str]]:
    yield block, path, tag, kind
    for key, info in block.model_fields.items():
        below = f"{path}.{key}" if path else key
        for slot, at in _members(Slot.of(info), below):
            word = "`, `".join(map(str, slot[1].tag_words(slot[0].tag))) if slot[0].tag else ""
            inner = word if at == "tasks.NAME" else kind
            assert slot[1].block is not None
            yield from _walk(slot[1].block, at, word, inner)


def _members(slot: Slot, path: str) -> Iterator[tuple[tuple[Slot, Slot], str]]:
    """The blocks that may stand in a slot, each with the union that it is a member of."""
    for choice in slot.choices:
        origin, inner = get_origin(choice.annotation), get_args(choice.annotation)
        if choice.block is not None:
            yield (slot, choice), path
        elif origin is dict:
            yield from _members(Slot.of(inner[1]), f"{path}.NAME")
        elif origin is list:
            yield from _members(Slot.of(inner[0]), path)


def section(place: Place) -> str:
    """A block's heading, docstring and keys."""
    title = f"`{place.path}`" if place.path else "The whole file"
    if place.tag:
        key = next(iter(place.block.model_fields))
        title = f"`{place.path.rpartition('.')[2] if key == 'name' else place.path}`, `{key}: {place.tag}`"
    lines = [f"(block-{place.block.__name__})=", f"## {title}", "", prose(place.block.__doc__), ""]
    if place.path.count("NAME") and place.path != "tasks.NAME" and len(place.kinds) > 0:
        lines += [f"Of {', '.join(f'`{kind}`' for kind in place.kinds)}.", ""]
    return "\n".join([*lines, keys(place.block)])


def keys(block: type[BaseModel], but: tuple[str, ...] = ()) -> str:
    """The keys of a block as a list of definitions, each with an anchor of its own."""
    lines: list[str] = []
    for key, info in block.model_fields.items():
        if key in but or (block.__name__ == "DataOptions" and key == "options"):
            continue
        value = value_words(Slot.of(info), _link)
        lines += [
            f"[`{key}`]{{#{block.__name__}-{key}}}",
            f": {value[:1].upper()}{value[1:]}; {default_words(info)}.",
            "",
            *(f"  {line}" if line else "" for line in prose(info.description).splitlines()),
            "",
        ]
    return "\n".join(lines) if lines else "No keys of its own."


def _link(block: type[BaseModel], union: Slot) -> str:
    names = Slot(block).tag_words(union.tag) if union.tag and union.tag in block.model_fields else ()
    links = [f"[`{name}`](#block-{block.__name__})" for name in names]
    return ", ".join(links) or f"[a block](#block-{block.__name__})"


def later_page(_: str) -> str:
    """The words that are refused because their part is not there yet."""
    words = sorted({word for words in VALUES.values() for word in words})
    return ", ".join(f"`{word}`" for word in words) + "."


def readers_page(_: str) -> str:
    """The keys of each reader's own."""
    from polyhead import api

    parts: list[str] = []
    for name, reader in api.readers().items():
        options: Any = reader.options
        parts += [f"(reader-{name})=", f"## `reader: {name}`", "", prose(options.__doc__), "", keys(options), ""]
        for block, path, _tag, _kind in list(_walk(options, "", "", ""))[1:]:
            parts += [f"(block-{block.__name__})=", f"### `{path}`", "", prose(block.__doc__), "", keys(block), ""]
    return "\n".join(parts)
