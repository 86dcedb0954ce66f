"""A configuration as it was written: its values, the line of each key, and changes that keep comments and order."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyhead.config.edit import assign, nested, splice
from polyhead.config.experiment import Experiment
from polyhead.config.fields import slot_at
from polyhead.config.yaml_text import dump, own_lines, parse, plain
from polyhead.errors import InputError

KeyPath = tuple[str | int, ...]


class Document:
    """A configuration's text, its plain values, and where each of them stands.

    Lines are those of the file as it was read, whatever is set afterwards.
    """

    def __init__(self, text: str, name: str, *, numbered: bool = True) -> None:
        self.name = name
        self._text = text
        self._read = parse(text, name) if numbered else None
        self._overrides: dict[tuple[str, ...], str] = {}
        node = self._read if numbered else parse(text, name)
        if node is None:
            raise InputError("the file is empty", where=name, do="write at least name, data and tasks")
        if not isinstance(node, dict):
            found = "a list" if isinstance(node, list) else "a single value"
            raise InputError(f"expected a mapping with name, data and tasks, found {found}", where=f"{name}:1")
        self._data: dict[str, Any] = plain(node, name)

    @classmethod
    def read(cls, path: Path) -> Document:
        """The file at `path`. Raises InputError where it cannot be read or is not a YAML mapping."""
        try:
            raw = path.read_bytes()
        except FileNotFoundError as error:
            raise InputError("no such file", where=str(path)) from error
        except IsADirectoryError as error:
            raise InputError("is a folder; expected a YAML file", where=str(path)) from error
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise InputError(f"cannot be read ({error})", where=str(path)) from error
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise InputError("not a text file in UTF-8", where=f"{path}:{line}") from error
        return cls(text, str(path))

    @classmethod
    def of(cls, values: Mapping[str, Any], name: str = "config") -> Document:
        """Values that come from no file."""
        return cls(dump(plain(dict(values), name)), name, numbered=False)

    @property
    def values(self) -> dict[str, Any]:
        """A copy of the values, as plain Python."""
        return copy.deepcopy(self._data)

    def line_of(self, path: Sequence[str | int]) -> int | None:
        """Line, from 1, of the key or list item at `path` in the file; None where the file does not have it."""
        node, line = self._read, 0
        if isinstance(node, dict) and not path:
            line = min(own_lines(node).values(), default=0)
        for key in path:
            found = _find(node, key)
            if found is None:
                return None
            node, line = found
        return None if self._read is None else line + 1

    def where(self, path: Sequence[str | int]) -> str:
        """What a message about `path` begins with: an override, or the file and line of it or of its block."""
        names = tuple(map(str, path))
        below = [text for key, text in self._overrides.items() if key[: len(names)] == names]
        for length in range(len(path), -1, -1):
            if names[:length] in self._overrides:
                return f"override {self._overrides[names[:length]]}"
            line = self.line_of(path[:length])
            if line is not None:
                place = f"{self.name}:{line}"
                return f"{place} (override {below[-1]})" if below and length == len(path) else place
            if below:
                return f"override {below[-1]}"
        return self.name

    def set(self, key: str | Sequence[str | int], value: Any) -> None:
        """Set the value at a dotted key (or path), making the blocks on the way; text is read as YAML.

        `balance.method` can be set where the file says `balance: floor`: the short spelling is written out.
        """
        path: KeyPath = tuple(key.split(".")) if isinstance(key, str) else tuple(key)
        name = ".".join(map(str, path))
        if not path or "" in path:
            raise InputError(f"key {name!r}: expected names joined by dots", do="for example train.epochs")
        if isinstance(value, str):
            value = plain(parse(value, name), name)
        self._set(*self._written_out(path, value))

    def override(self, text: str) -> None:
        """Apply `key=value` from the command line; problems with it name the override instead of a line."""
        key, equals, value = text.partition("=")
        path = tuple(key.strip().split("."))
        if not equals or "" in path:
            raise InputError(f"override {text!r}: expected key=value", do="for example train.epochs=5")
        try:
            self.set(path, value)
        except InputError as error:
            raise InputError(error.what, where=f"override {text}", do=error.do) from error
        self._overrides[path] = text

    def _written_out(self, path: KeyPath, value: Any) -> tuple[KeyPath, Any]:
        node: Any = self._data
        for depth, key in enumerate(path[:-1], start=1):
            node = node.get(key) if isinstance(node, dict) else None
            slot = slot_at(Experiment, path[:depth]) if isinstance(node, str) else None
            if slot is not None and slot.short is not None:
                return path[:depth], {slot.short: node, **nested(path[depth:], value)}
        return path, value

    def _set(self, path: KeyPath, value: Any) -> None:
        expected = self.values
        try:
            assign(expected, path, value)
        except KeyError as error:
            at = ".".join(map(str, error.args[0]))
            raise InputError(f"{at} is not a block that could hold a key") from error
        text = splice(self._text, path, value)
        if text is None or not _same(text, expected):
            node = parse(self._text, self.name)
            assign(node, path, value)
            text = dump(node, like=self._text)
        if not _same(text, expected):
            text = dump(expected)  # the values count for more than the comments
        self._text, self._data = text, plain(parse(text, self.name), self.name)

    def text(self) -> str:
        """The YAML text as it now stands; where nothing was set, as it was read."""
        return self._text

    def write(self, path: Path) -> None:
        """Write the text whole: into a file beside `path`, which then takes its place."""
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(self._text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _same(text: str, expected: Any) -> bool:
    try:
        return _written(plain(parse(text, ""), "")) == _written(expected)
    except InputError:
        return False


def _written(values: Any) -> str:
    return json.dumps(values, sort_keys=True)  # compared as text, so that NaN equals NaN


def _find(node: Any, key: str | int) -> tuple[Any, int] | None:
    """The child of `node` and its line from 0, also where a merge key (`<<`) brought it."""
    if not isinstance(node, dict | list) or (isinstance(node, list) != isinstance(key, int)):
        return None
    lines = own_lines(node)
    if key in lines:
        return node[key], lines[key]  # type: ignore[index]
    for merged in getattr(node, "merge", ()):
        found = _find(merged, key)
        if found is not None:
            return found
    return None
