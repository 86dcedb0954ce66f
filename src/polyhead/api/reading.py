"""Bringing recordings in: by a reader, from the cache, or with a first config for a file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.api.configuration import Config, load, readers
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.contract import checked_source
from polyhead.signals.readers import READERS
from polyhead.signals.source import Source

if TYPE_CHECKING:
    from polyhead.signals.cache import Entry


def read(data: DataOptions) -> Source:
    """Bring in the recordings. Raises InputError where they cannot be read."""
    if ":" in data.reader:
        return _read_own(data)
    reader = readers()[data.reader]
    if reader.embedded and data.inputs:
        raise InputError(f"the reader {data.reader!r} brings its own inputs", where="data.inputs", do="leave it out")
    if reader.generator and data.path is not None:
        raise InputError(
            f"the generator {data.reader!r} reads no file, found {data.path}",
            where="data.path",
            do=f"leave it out, or name a reader of files: {', '.join(READERS)}",
        )
    return reader.read(data)


def _read_own(data: DataOptions) -> Source:
    reader = _own_reader(data.reader)
    try:
        found = reader(data)
    except InputError:
        raise
    except Exception as error:  # whatever a user's code raises, the line names it
        raise InputError(f"the reader raised {type(error).__name__}: {error}", where=data.reader) from error
    return checked_source(found, data.reader)


def _own_reader(name: str) -> Callable[[DataOptions], object]:
    """The user's reader `package.module:function`, called with the `data` block, returning a Source."""
    module, _, function = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` does: a module beside the config is found
    try:
        found: Callable[[DataOptions], object] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"no reader {name!r} ({error})", where="data.reader", do="write `package.module:function`"
        ) from error
    return found


def convert(config: Config, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read an experiment's data once, so that what cannot be mapped lies converted in the cache.

    Returns the cache's folder and the entries that the data use, none where their format needs no conversion. Raises
    InputError.
    """
    from polyhead.signals.cache import cache_folder, noted

    with noted() as found:
        read(load(config, overrides).experiment.data)
    return {"cache": str(cache_folder()), "entries": [_entry(entry) for entry in found]}


def conversions(clear: bool = False) -> dict[str, Any]:
    """What the cache holds, the last used first; or what was removed from it: all that nobody uses."""
    from polyhead.signals import cache

    described = {entry.path: _entry(entry) for entry in cache.entries()}
    found = [described[entry.path] for entry in cache.clear()] if clear else list(described.values())
    return {"cache": str(cache.cache_folder()), "entries": found}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "folder": str(entry.path),
        "reader": entry.reader,
        "files": [str(path) for path in entry.files],
        "bytes": entry.size,
        "used": datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds"),
        "arrays": [
            {"name": name, "shape": list(shape), "type": str(dtype)} for name, (shape, dtype) in entry.arrays.items()
        ],
    }


def init(file: str | Path, out: str | Path | None = None) -> Path:
    """Look at a csv, parquet, npz or hdf5 file and write a commented configuration that trains on it, as `out` or
    NAME.yaml here; returns its path. A table of open, high, low and close is read as price bars. Raises InputError
    where the file holds nothing to train on, or `out` exists."""
    from polyhead.signals.proposal import name_of_file, propose
    from polyhead.studies.expansions.proposal import propose_bars
    from polyhead.trace.folder import write_whole

    path = Path(file)
    target = Path(out) if out is not None else Path(f"{name_of_file(path)}.yaml")
    if target.exists() or target.is_symlink():
        raise InputError("exists already", where=str(target), do="name another file with -o, or remove it")
    text = propose_bars(path, target.parent, name_of_file(path)) or propose(path, target.parent)
    write_whole(target, text)
    return target
