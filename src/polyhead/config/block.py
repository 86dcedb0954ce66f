"""What every block of the configuration shares: strict keys, and a docstring for each field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of the YAML: unknown keys are errors, values are not converted, fields are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


def text_as(key: str) -> Callable[[Any], Any]:
    """A validator that reads a bare `text` as `{key: text}`, the short spelling of a block."""

    def read(value: Any) -> Any:
        return {key: value} if isinstance(value, str) else value

    return read
