"""What every block of the configuration shares: strict keys, and a docstring for each field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


class Block(BaseModel):
    """A block of the YAML: unknown keys are errors and fields are frozen.

    Values of a file are not converted either ("5" is no number): the loader validates strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


FROM_LIST = BeforeValidator(_as_tuple)
"""Reads a list as a tuple, for fields of a block that is read through a validator: strict mode has forgotten there that
files know lists only."""


def _each_once(names: list[str]) -> list[str]:
    again = next((name for name in names if names.count(name) > 1), None)
    if again is not None:
        raise ValueError(f"{again} stands there more than once")
    return names


Names = Annotated[list[str], Field(min_length=1), AfterValidator(_each_once)]
"""Names of which there is at least one, and each once."""


@dataclass(frozen=True)
class NullAs:
    """Reads null, which says that a key is not used, as what the key holds then."""

    unused: Callable[[], Any]

    def __call__(self, value: Any) -> Any:
        """The value, or what stands for null."""
        return self.unused() if value is None else value


def null_as(unused: Callable[[], Any], written_out: Any) -> BeforeValidator:
    """A validator that reads null as `unused()`; its JSON Schema accepts null beside `written_out`."""
    return BeforeValidator(NullAs(unused), json_schema_input_type=Union[written_out, None])  # noqa: UP007 - any value


@dataclass(frozen=True)
class ShortSpelling:
    """Reads a bare `text` as `{key: text}`, the short spelling of a block."""

    key: str

    def __call__(self, value: Any) -> Any:
        """The value written out, or as it is."""
        return {self.key: value} if isinstance(value, str) else value


@dataclass(frozen=True)
class NameOrOwn:
    """The tag of a block whose text at `key` is a listed name, or `own` where it names a user's class with a colon."""

    key: str
    own: str
    prefix: str = ""
    """What a name of the user's begins with."""
    __name__ = "NameOrOwn"  # pydantic asks a discriminator for it

    def __call__(self, value: Any) -> str | None:
        """The tag of a block or of the mapping that it is read from."""
        name = value.get(self.key) if isinstance(value, dict) else getattr(value, self.key, None)
        if not isinstance(name, str):
            return None
        return self.own if ":" in name and name.startswith(self.prefix) else name


def text_as(key: str, *blocks: type[Block]) -> BeforeValidator:
    """A validator that reads a bare `text` as `{key: text}`; its JSON Schema accepts both spellings."""
    kinds = [block.model_fields[key].annotation for block in blocks]
    words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    accepted: dict[str, Any] = {"type": "string", **({"enum": words} if words else {})}
    if words and str in kinds:  # a name of the list, or package.module:Class
        accepted = {"anyOf": [accepted, {"type": "string", "pattern": ":"}]}
    short: Any = Annotated[str, WithJsonSchema(accepted)]
    written_out: Any = Union[blocks]  # noqa: UP007 - built from a tuple
    return BeforeValidator(ShortSpelling(key), json_schema_input_type=written_out | short)
