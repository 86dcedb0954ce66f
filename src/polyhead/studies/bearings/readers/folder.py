"""The folder that `data.path` names, and what every reader refuses of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from polyhead.errors import InputError


def folder(path: str | None, expected: str) -> Path:
    """`path` as a folder that exists, absolute. `expected` says what it should hold. Raises InputError."""
    if path is None:
        raise InputError("this reader needs a folder", where="data.path", do=f"name the one that holds {expected}")
    found = Path(path)
    if found.is_file():
        raise InputError("is a file, expected a folder", where=path, do=f"name the folder that holds {expected}")
    if not found.is_dir():
        raise InputError("no such folder", where=path, do="check data.path")
    return found.resolve()


def nothing(root: Path, expected: str) -> InputError:
    """The refusal of a folder that holds nothing the reader knows, with what it does hold."""
    names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in root.iterdir())
    held = listed(names, 6) if names else "nothing"
    return InputError(f"expected {expected}; it holds {held}", where=str(root), do="check data.path")


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    rest = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + rest
