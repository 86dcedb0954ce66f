"""What pydantic found wrong, in the user's words: the path as the file has it, and the nearest valid spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from polyhead.config.experiment import Experiment
from polyhead.config.fields import Slot, blocks, place
from polyhead.config.problem import Problem
from polyhead.config.words import dotted, expected, found, listing, nearest

HEADS = ("heads", "head", "enabled_tasks", "tasks")
SURE = 0.8  # so alike that it is meant, before the same key of another block is proposed
MOST_BLOCKS = 3  # a key that more blocks have says nothing about which was meant


def problems_of(
    error: ValidationError,
    values: Mapping[str, Any],
    *,
    root: type[BaseModel] = Experiment,
    at: tuple[str, ...] = (),
    own_keys: Sequence[str] = (),
) -> list[Problem]:
    """Every problem in a validation of `values` (which stand at path `at`) against `root`."""
    problems = [_problem(details, values, root, at, own_keys) for details in error.errors(include_url=False)]
    deeper = {problem.path[:length] for problem in problems for length in range(len(problem.path))}
    deeper |= {problem.path for problem in problems if ": expected " not in problem.what}
    # A union tries each member: where one of them got into the block, the others' "not a text" says nothing.
    problems = [p for p in dict.fromkeys(problems) if p.path not in deeper or ": expected " not in p.what]
    meant = {problem.do for problem in problems}  # a required key that is only misspelt is one problem, not two
    return [p for p in problems if not (p.what.startswith("missing") and _meant(dotted(p.path)) in meant)]


def _problem(
    details: ErrorDetails,
    values: Mapping[str, Any],
    root: type[BaseModel],
    at: tuple[str, ...],
    own_keys: Sequence[str],
) -> Problem:
    inner, slot = place(Slot.of(root), details["loc"])
    kind, path = details["type"], (*at, *inner)
    if kind == "missing" and isinstance(inner[-1], int):  # too few items for a fixed length
        inner, slot = place(Slot.of(root), details["loc"][:-1])
        kind, path = "too_short", (*at, *inner)
    if details["loc"][-1:] == ("[key]",):
        return _key(details["loc"][:-1], root, at)
    if kind == "extra_forbidden":
        return unknown_key(path, slot.block or root, own_keys)
    if kind == "missing":
        return Problem(path, f"missing required key {dotted(path)}", f"expected {expected(slot)}")
    if kind.startswith("union_tag") and slot.tag and isinstance(details["input"], dict):
        return _tag(path, slot, details)
    if kind == "value_error":
        what = str(details["msg"]).removeprefix("Value error, ")
        return Problem(path, f"{dotted(path)}: {what}" if path else what)
    return _wrong(path, slot, _value(values, inner, details["input"]))


def _key(loc: Sequence[str | int], root: type[BaseModel], at: tuple[str, ...]) -> Problem:
    """A key that a mapping of listed keys does not have."""
    inner, slot = place(Slot.of(root), loc[:-1])
    path = (*at, *inner, loc[-1])
    mapping = slot.container
    words = Slot.of(get_args(mapping.annotation)[0]).words if mapping else ()
    return Problem(path, f"unknown key {dotted(path)}", f"valid here: {', '.join(map(str, words))}")


def _value(values: Any, path: Sequence[str | int], otherwise: Any) -> Any:
    for part in path:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return otherwise
    return values


def _tag(path: tuple[str | int, ...], slot: Slot, details: ErrorDetails) -> Problem:
    tag = str(slot.tag)
    words = [word for choice in slot.choices for word in choice.tag_words(tag)]
    path = (*path, tag)
    value = details["input"]
    if tag not in value:
        for key in value:
            if isinstance(key, str) and nearest(key, [tag]):
                return Problem((*path[:-1], key), f"unknown key {dotted((*path[:-1], key))}", _meant(dotted(path)))
        return Problem(path, f"missing required key {dotted(path)}", f"expected {listing(words)}")
    return unknown_word(path, tag, value[tag], words)


def unknown_word(path: tuple[str | int, ...], noun: str, value: Any, words: Sequence[Any]) -> Problem:
    """A word that is not in a list of words."""
    close = nearest(value, words) if isinstance(value, str) else None
    hint = f"; did you mean {close}?" if close else ""
    return Problem(path, f"{dotted(path)}: unknown {noun} {found(value)}{hint} (valid: {', '.join(map(str, words))})")


def _wrong(path: tuple[str | int, ...], slot: Slot, value: Any) -> Problem:
    only_words = slot.words and all(choice.words for choice in slot.choices)
    if only_words and isinstance(value, str):
        noun = next((str(part) for part in reversed(path) if isinstance(part, str)), "value")
        return unknown_word(path, noun, value, slot.words)
    return Problem(path, f"{dotted(path) or 'the configuration'}: expected {expected(slot)}, found {found(value)}")


def unknown_key(path: tuple[str | int, ...], block: type[BaseModel], own_keys: Sequence[str] = ()) -> Problem:
    """A key that its block does not have, with the key or the block that was meant."""
    *parents, key = path
    what = f"unknown key {dotted(path)}"
    if key in HEADS and len(path) <= 2:
        return Problem(path, what, "heads are made from tasks: add a task, or set tasks.NAME.enabled: false")
    here = [name for name in (*block.model_fields, *own_keys) if (block.__name__, name) != ("DataOptions", "options")]
    for hint in (_similar(parents, str(key), here, SURE), _elsewhere(parents, str(key))):
        if hint:
            return Problem(path, what, hint)
    hint = _similar(parents, str(key), here)
    return Problem(path, what, hint or f"valid here: {', '.join(here) or 'no key'}")


def _similar(parents: Sequence[str | int], key: str, names: Sequence[str], likeness: float = 0.6) -> str:
    close = nearest(key, names, likeness)
    return _meant(dotted((*parents, close))) if close else ""


def _meant(name: str) -> str:
    return f"did you mean {name}?"


def _elsewhere(parents: Sequence[str | int], key: str) -> str:
    having = [(path, tag) for path, tag, model in blocks(Experiment) if key in model.model_fields and key != "options"]
    same = [tag for path, tag in having if _matches(path, parents)]
    if same and all(same):
        return f"only {listing(dict.fromkeys(same))} has it"
    below = [path for path, _ in having if path and _matches(path[:-1], parents)]
    places = list(dict.fromkeys(below or [path for path, _ in having if path]))
    if not 0 < len(places) <= MOST_BLOCKS:
        return ""
    return f"{key} belongs under {listing(dotted(_named(path, parents)) for path in places)}"


def _matches(pattern: Sequence[str], path: Sequence[str | int]) -> bool:
    return len(pattern) == len(path) and all(p in ("*", str(part)) for p, part in zip(pattern, path, strict=True))


def _named(pattern: Sequence[str], parents: Sequence[str | int]) -> list[str]:
    """The pattern with the user's own names where it runs along `parents`, else NAME."""
    shared = next((i for i, (a, b) in enumerate(zip(pattern, parents, strict=False)) if a not in ("*", str(b))), None)
    along = min(len(pattern), len(parents)) if shared is None else shared
    return [str(parents[i]) if i < along else "NAME" if part == "*" else part for i, part in enumerate(pattern)]
