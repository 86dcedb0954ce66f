"""What may stand at a key of the configuration, in words, and its default as a file would write it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from polyhead.config.fields import Slot

NAMES = {int: "a whole number", float: "a number", str: "text", bool: "`true` or `false`"}
BOUNDS = {
    annotated_types.Ge: ("at least", "ge"),
    annotated_types.Gt: ("above", "gt"),
    annotated_types.Le: ("at most", "le"),
    annotated_types.Lt: ("below", "lt"),
}


def value_words(slot: Slot, link: Callable[[type[BaseModel], Slot], str]) -> str:
    """What may stand in `slot`, as Markdown; `link` says how a block is called."""
    words = [f"`{json.dumps(word) if word is None else word}`" for word in slot.words]
    parts = [f"one of {', '.join(words)}" if len(words) > 1 else words[0]] if words else []
    rest = [choice for choice in slot.choices if get_origin(choice.annotation) is not Literal]
    if slot.tag:
        parts.append(f"one of {', '.join(_choice(choice, slot, link) for choice in rest)}")
    else:
        parts += [_choice(choice, slot, link) for choice in rest]
    if slot.nullable:
        parts.append("`null`")
    return " or ".join(dict.fromkeys(part for part in parts if part))


def default_words(field: FieldInfo) -> str:
    """The default of a field as a file would write it, or that it is required."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        short = Slot.of(field).short
        return f"default `{getattr(value, short)}`" if short else "default: its keys' own"
    return f"default `{written(value)}`"


def written(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value)


def _choice(choice: Slot, whole: Slot, link: Callable[[type[BaseModel], Slot], str]) -> str:
    kind = choice.annotation
    if choice.block is not None:
        short = f" (or text: its `{whole.short}`)" if whole.short and not whole.tag else ""
        return link(choice.block, whole) + short
    if kind is Any:
        return "anything"
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return f"a list{_length(choice)} of {_plural(value_words(Slot.of(inner[0]), link))}"
    if origin is tuple:
        return "[" + ", ".join(value_words(Slot.of(one), link) for one in inner if one is not Ellipsis) + "]"
    if origin is dict:
        key = Slot.of(inner[0])
        names = ", ".join(f"`{word}`" for word in key.words) or "names"
        return f"{names}, each with {value_words(Slot.of(inner[1]), link)}"
    return f"{NAMES.get(kind, getattr(kind, '__name__', str(kind)))}{_bounds(choice)}"


def _length(slot: Slot) -> str:
    least = [limit.min_length for limit in slot.limits if isinstance(limit, annotated_types.MinLen)]
    return f" (at least {least[0]})" if least else ""


def _bounds(slot: Slot) -> str:
    found = [
        f"{BOUNDS[type(limit)][0]} {getattr(limit, BOUNDS[type(limit)][1]):g}"
        for limit in slot.limits
        if type(limit) in BOUNDS
    ]
    return f" {' and '.join(found)}" if found and slot.annotation in (int, float) else ""


def _plural(words: str) -> str:
    for one, many in (("a whole number", "whole numbers"), ("a number", "numbers"), ("text", "texts")):
        if words.startswith(one):
            return many + words.removeprefix(one)
    return words
