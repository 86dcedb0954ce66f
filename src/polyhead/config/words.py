"""How the configuration speaks: what was expected at a place, what was found, and the nearest valid word."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

import annotated_types as limit

from polyhead.config.fields import Slot

LIKENESS = 0.6  # difflib's own default: "epoch" and "epochs" score 0.91, "epoch" and "device" 0.36
LONGEST = 60  # characters of a value that an error repeats


def dotted(path: Sequence[str | int]) -> str:
    """The path as it is written in an override: `tasks.rul.bounds`, items of lists as `[0]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            word = part if re.fullmatch(r"[\w*-]+", part) else repr(part[:LONGEST])
            text += f".{word}" if text else word
    return text


def found(value: Any) -> str:
    """A value as an error repeats it."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def nearest(word: str, words: Iterable[Any], likeness: float = LIKENESS) -> str | None:
    """The valid word most like `word`, if any is alike."""
    close = difflib.get_close_matches(word, [str(w) for w in words], n=1, cutoff=likeness)
    return close[0] if close else None


def listing(words: Iterable[Any]) -> str:
    """Words as `a, b or c`."""
    names = [str(word) for word in words]
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def expected(slot: Slot) -> str:
    """What may stand in a slot, in words: `a whole number of at least 1`."""
    kinds = list(dict.fromkeys(_expected(choice) for choice in slot.choices if not choice.words))
    words = [str(word) for word in slot.words]
    return listing([*dict.fromkeys(words), *kinds, *(["null"] if slot.nullable else [])])


def _expected(slot: Slot) -> str:
    kind, inner = slot.annotation, get_args(slot.annotation)
    if slot.block is not None:
        needed = listing(name for name, field in slot.block.model_fields.items() if field.is_required())
        mapping = f"a mapping with {needed}" if needed else "a mapping"
        return f"text or {mapping}" if slot.short else mapping
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return f"{'a whole number' if kind is int else 'a number'}{_range(slot, whole=kind is int)}"
    if kind is str:
        pattern = next((p for p in map(_pattern, slot.limits) if p), None)
        return f"text that matches {pattern}" if pattern else "text"
    if get_origin(kind) is tuple:
        return "[" + ", ".join(expected(Slot.of(item)).removeprefix("a ") for item in inner) + "]"
    least = _limits(slot).get("min_length", 0)
    if get_origin(kind) is list:
        return f"a list{f' of at least {least}' if least else ''} ({expected(Slot.of(inner[0])).removeprefix('a ')})"
    return f"a mapping with at least {least} entry" if least else "a mapping"


def _range(slot: Slot, *, whole: bool) -> str:
    limits = _limits(slot)
    if whole and "gt" in limits:
        limits["ge"] = limits.pop("gt") + 1
    wording = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    parts = [f"{text} {limits[key]:g}" for key, text in wording.items() if key in limits]
    return f" {' and '.join(parts)}" if parts else ""


def _limits(slot: Slot) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for item in slot.limits:
        for name, kind in (("gt", limit.Gt), ("ge", limit.Ge), ("lt", limit.Lt), ("le", limit.Le)):
            if isinstance(item, kind):
                limits[name] = getattr(item, name)
        if isinstance(item, limit.MinLen):
            limits["min_length"] = item.min_length
    return limits


def _pattern(item: Any) -> str | None:
    pattern = getattr(item, "pattern", None)
    return pattern if isinstance(pattern, str) else None
