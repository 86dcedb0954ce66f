"""What may stand at a place of the configuration, read off the models: keys, kinds and short spellings."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Discriminator
from pydantic.fields import FieldInfo

from polyhead.config.block import NameOrOwn, NullAs, ShortSpelling


@dataclass(frozen=True)
class Slot:
    """A place for a value: its type, what limits it, and the key that tells the members of a union apart."""

    annotation: Any
    limits: tuple[Any, ...] = ()
    tag: str | None = None

    @classmethod
    def of(cls, annotation: Any, limits: tuple[Any, ...] = (), tag: str | None = None) -> Slot:
        """The slot that an annotation or a field describes."""
        if isinstance(annotation, FieldInfo):
            return cls.of(annotation.annotation, tuple(annotation.metadata), _tag_key(annotation))
        if get_origin(annotation) is not Annotated:
            return cls(annotation, limits, tag)
        inner, *extras = get_args(annotation)
        for extra in extras:
            if isinstance(extra, FieldInfo):
                limits += tuple(extra.metadata)
                tag = _tag_key(extra) or tag
            else:
                limits += (extra,)
        return cls.of(inner, limits, tag)

    @property
    def choices(self) -> tuple[Slot, ...]:
        """The members of a union without null, or the slot itself."""
        if get_origin(self.annotation) not in (Union, types.UnionType):
            return (self,)
        return tuple(Slot.of(a, self.limits) for a in get_args(self.annotation) if a is not type(None))

    @property
    def nullable(self) -> bool:
        """Whether null may stand here."""
        read = any(isinstance(limit, BeforeValidator) and isinstance(limit.func, NullAs) for limit in self.limits)
        return read or type(None) in get_args(self.annotation)

    @property
    def block(self) -> type[BaseModel] | None:
        """The block that stands here, if it is one."""
        kind = self.annotation
        return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    @property
    def short(self) -> str | None:
        """The key that a bare text here stands for."""
        for limit in self.limits:
            if isinstance(limit, BeforeValidator) and isinstance(limit.func, ShortSpelling):
                return limit.func.key
        return None

    @property
    def words(self) -> tuple[Any, ...]:
        """The values that may stand here, where they are listed."""
        words: list[Any] = []
        for choice in self.choices:
            words += get_args(choice.annotation) if get_origin(choice.annotation) is Literal else []
        return tuple(dict.fromkeys(words))

    def inside(self, key: str | int) -> Slot | None:
        """The slot of a field, entry or item, for a slot that is no union."""
        if self.block is not None:
            field = self.block.model_fields.get(str(key))
            return None if field is None else Slot.of(field)
        origin, inner = get_origin(self.annotation), get_args(self.annotation)
        if origin is dict:
            return Slot.of(inner[1])
        if origin is list:
            return Slot.of(inner[0])
        if origin is tuple and isinstance(key, int) and key < len(inner):
            return Slot.of(inner[key])
        return None

    def tagged(self, word: Any) -> Slot | None:
        """The member of a union whose tag is `word`."""
        return next((c for c in self.choices if self.tag is not None and word in c.tag_words(self.tag)), None)

    def tag_words(self, tag: str) -> tuple[Any, ...]:
        """The values of the field `tag` of this block, or its examples where no list holds them all."""
        if self.block is None:
            return ()
        field = self.block.model_fields[tag]
        return Slot.of(field).words or tuple(field.examples or ())

    @property
    def container(self) -> Slot | None:
        """The member that holds others: a block, a mapping or a list."""
        return next((c for c in self.choices if c.block or get_origin(c.annotation) in (dict, list, tuple)), None)


def _tag_key(field: FieldInfo) -> str | None:
    """The key that tells the members of a field's union apart."""
    found = field.discriminator
    if isinstance(found, Discriminator) and isinstance(found.discriminator, NameOrOwn):
        return found.discriminator.key
    return found if isinstance(found, str) else None


def place(slot: Slot, loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], Slot]:
    """Where pydantic's location of an error lies: the path as a file has it, and the slot there.

    A location also names the member of a union that was tried ("regression", "constrained-float"); a path does not.
    """
    path: list[str | int] = []
    rest = list(loc)
    while rest:
        if len(slot.choices) > 1:
            label = rest.pop(0)
            member = slot.tagged(label) if slot.tag else slot.container
            if member is None or not rest:
                return tuple(path), slot
            slot = member
        key = rest.pop(0)
        path.append(key)
        inner = slot.choices[0].inside(key)
        if inner is None:  # an unknown key
            return tuple(path), slot.choices[0]
        slot = inner
    return tuple(path), slot


@cache
def blocks(root: type[BaseModel]) -> tuple[tuple[tuple[str, ...], str, type[BaseModel]], ...]:
    """Every block below `root`: its path (with * for any name), its tag in the nearest union or "", and its model."""
    return tuple(_blocks((), "", root))


def _blocks(path: tuple[str, ...], tag: str, model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    yield path, tag, model
    for name, field in model.model_fields.items():
        at, slot = (*path, name), Slot.of(field)
        if get_origin(slot.annotation) is dict:
            at, slot = (*at, "*"), Slot.of(get_args(slot.annotation)[1])
        for choice in slot.choices:
            if choice.block is not None:
                words = choice.tag_words(slot.tag) if slot.tag else (tag,)
                yield from _blocks(at, str(words[0]), choice.block)


def slot_at(root: type[BaseModel], path: Sequence[str | int]) -> Slot | None:
    """The slot at a path, as far as it is the same in every member of the unions on the way."""
    slot: Slot | None = Slot.of(root)
    for key in path:
        if slot is None:
            return None
        slot = next((inner for c in slot.choices if (inner := c.inside(key)) is not None), None)
    return slot
