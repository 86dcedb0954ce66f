"""What every file reader checks first: that the file is there, and which name was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from polyhead.errors import InputError


def readable(path: str | None) -> Path:
    """`path` as a file that exists and is not empty. Raises InputError."""
    if path is None:
        raise InputError("this reader needs a file", where="data.path", do="write `path: FILE`")
    file = Path(path)
    if file.is_dir():
        raise InputError("is a folder, expected a file", where=str(file))
    if not file.is_file():
        raise InputError("no such file", where=str(file), do="check its name and folder")
    if file.stat().st_size == 0:
        raise InputError("is an empty file", where=str(file))
    return file


def nearest(name: str, valid: Iterable[str]) -> str:
    """The hint `; did you mean ...?`, or nothing."""
    names = list(valid)
    close = [other for other in names if other.casefold() == name.casefold()]
    close = close or difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
