"""What looking at a file brings: its columns, and its arrays that share their rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from polyhead.errors import InputError

LEAST_ROWS = 10
"""Rows of the smallest file that can still be split into three."""


@dataclass(frozen=True)
class Content:
    """A file of `rows` rows, of which the first `seen` were looked at; `whole` is false where a table goes on.

    `columns` (row,) are numbers as float64, or text with "" where empty; `arrays` (row, ...) hold several numbers a
    row, some of the first rows of them; `shapes` are those of the whole arrays. `others` do not fit: name to shape.
    `scalars` and `words` are single numbers and short lists of names beside them. `options` are the reader's own keys.
    """

    reader: str
    rows: int
    seen: int
    columns: dict[str, NDArray[Any]]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    others: dict[str, tuple[int, ...]] = field(default_factory=dict)
    scalars: dict[str, float] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    whole: bool = True

    @property
    def named(self) -> bool:
        """Whether the columns have names of their own."""
        return bool(self.options.get("header", True))


def check_rows(rows: int, where: str) -> None:
    """Refuse what is too short to train on."""
    if rows < LEAST_ROWS:
        raise InputError(
            f"holds {rows} rows, too few to train on", where=where, do=f"bring {LEAST_ROWS} or more, better hundreds"
        )


def values_in(shape: tuple[int, ...]) -> int:
    """Numbers in an array of this shape."""
    return math.prod(shape)
