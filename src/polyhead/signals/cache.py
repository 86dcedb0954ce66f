"""The user's cache of conversions: files that cannot be mapped, turned once into arrays that can."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.disk import sync
from polyhead.signals.draft import Draft, Grower, array_file, array_name
from polyhead.signals.lock import Lock

__all__ = [
    "Draft",
    "Entry",
    "Grower",
    "cache_folder",
    "cache_limit",
    "clear",
    "converted",
    "entries",
    "noted",
    "size_text",
]

FORMAT = 1  # of an entry's folder; raised where old entries can no longer be read
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_noted: ContextVar[list[Entry] | None] = ContextVar("entries", default=None)
_DESCRIPTION, _USED = "entry.json", "used"


def cache_folder() -> Path:
    """$POLYHEAD_CACHE, else $XDG_CACHE_HOME/polyhead, else ~/.cache/polyhead."""
    own, shared = os.environ.get("POLYHEAD_CACHE"), os.environ.get("XDG_CACHE_HOME")
    if own:
        return Path(own).expanduser().absolute()
    return (Path(shared) if shared else Path.home() / ".cache") / "polyhead"


def cache_limit() -> int:
    """Bytes that all entries may take together: $POLYHEAD_CACHE_GB, 50 GB where it is not set."""
    text = os.environ.get("POLYHEAD_CACHE_GB", "50")
    try:
        size = float(text) * 1e9
        if size >= 0:
            return int(size)
    except (ValueError, OverflowError):
        pass
    raise InputError(f"expected a number of gigabytes, found {text!r}", where="POLYHEAD_CACHE_GB")


@dataclass(frozen=True)
class Entry:
    """A conversion in the cache. It is not evicted while this object or one of its arrays is held."""

    path: Path
    reader: str
    files: tuple[Path, ...]
    names: tuple[str, ...]
    size: int
    """Bytes on disk."""
    meta: dict[str, Any]
    _lock: Lock | None = None

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array `name`, mapped and read-only."""
        if name not in self.names:
            raise KeyError(name)
        values = np.load(array_file(self.path, name), mmap_mode="r", allow_pickle=False)
        if self._lock is not None and values.base is not None:
            weakref.finalize(values.base, lambda lock: None, self._lock)  # the lock lives as long as the mapping
        return np.asarray(values)  # plain: indexing a np.memmap costs several times as much

    @property
    def arrays(self) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        """Shape and type of each array."""
        return {name: (self[name].shape, self[name].dtype) for name in self.names}

    @property
    def used(self) -> float:
        """When it was last used, in seconds since 1970."""
        return (self.path / _USED).stat().st_mtime


@contextlib.contextmanager
def noted() -> Iterator[list[Entry]]:
    """The entries that `converted` returns meanwhile."""
    found: list[Entry] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def converted(
    reader: str, files: Sequence[Path], options: Mapping[str, Any], build: Callable[[Draft], None], size: int = 0
) -> Entry:
    """What `build` made of `files`: the entry of an earlier call with the same reader, options and unchanged files,
    or a new one, which appears whole or not at all. `size` is how many bytes it will take, where that is known.

    Raises InputError where the disk has no room or the folder cannot be written, and what `build` raises.
    """
    entry = _converted(reader, files, options, build, size)
    if (found := _noted.get()) is not None:
        found.append(entry)
    return entry


def _converted(
    reader: str, files: Sequence[Path], options: Mapping[str, Any], build: Callable[[Draft], None], size: int
) -> Entry:
    folder, limit = cache_folder(), cache_limit()
    states = _states(files)
    key = hashlib.sha256(json.dumps([FORMAT, reader, options, states], sort_keys=True).encode()).hexdigest()[:32]
    place = folder / key
    if (entry := _opened(place)) is not None:
        return entry
    draft: Draft | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _building(folder, key) as lock:
            if (entry := _opened(place)) is not None:  # another process made it meanwhile
                return entry
            _sweep(folder, key if lock.works else "")
            if size > shutil.disk_usage(folder).free:
                raise _no_room(folder, size)
            draft = Draft(Path(tempfile.mkdtemp(prefix=f"{key}.", suffix=".draft", dir=folder)))
            try:
                build(draft)
                draft.close()
                if _states(files) != states:
                    raise InputError("changed while it was read", where=str(files[0]), do="run again")
                _describe(draft, reader, files, options)
                _move(draft.folder, place)
            finally:
                with contextlib.suppress(OSError):
                    draft.close()
                shutil.rmtree(draft.folder, ignore_errors=True)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _no_room(folder, max(size, draft.wanted if draft else 0)) from error
        if draft is None:
            what = f"the cache cannot be written ({error.strerror})"
            raise InputError(what, where=str(folder), do="set POLYHEAD_CACHE to a folder of yours") from error
        raise
    entry = _opened(place)
    if entry is None:
        raise InputError("vanished as soon as it was written", where=str(place), do="run again")
    _evict(folder, limit)
    return entry


def _states(files: Sequence[Path]) -> list[list[Any]]:
    """What tells that a file is still the same: place, size and time of its last change."""
    resolved = [path.resolve() for path in files]
    return [[str(path), status.st_size, status.st_mtime_ns] for path in resolved for status in [path.stat()]]


def _no_room(folder: Path, size: int) -> InputError:
    do = "free space, run `polyhead convert --clear`, or set POLYHEAD_CACHE to a larger disk"
    return InputError(f"no room for {size_text(size)} of converted data", where=str(folder), do=do)


def size_text(size: int) -> str:
    """Bytes as people say them: 2.1 GB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"


def _describe(draft: Draft, reader: str, files: Sequence[Path], options: Mapping[str, Any]) -> None:
    """Write the entry's description, and everything through to the disk."""
    arrays = {path.name: path.stat().st_size for path in sorted(draft.folder.glob("*.npy"))}
    description = {"reader": reader, "files": [str(path.resolve()) for path in files], "options": dict(options)}
    text = json.dumps(description | {"arrays": arrays, "meta": draft.meta}, indent=1)
    (draft.folder / _DESCRIPTION).write_text(text, "utf-8")
    (draft.folder / _USED).touch()
    for path in [*draft.folder.iterdir(), draft.folder]:
        sync(path)


def _move(draft: Path, place: Path) -> None:
    """Put a finished draft in its place; where locks are missing, another process may have been faster."""
    try:
        draft.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if _opened(place) is None:  # there, but damaged
            _remove(place)
            draft.rename(place)
    sync(place.parent)


def _opened(place: Path) -> Entry | None:
    """The entry at `place`, now in use, or None where there is none or a file of it was tampered with."""
    try:
        entry = _described(place, Lock.take(place / _USED, fcntl.LOCK_SH, create=False))
        with contextlib.suppress(PermissionError):  # a cache that others share and only one fills
            os.utime(place / _USED)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry


def _described(place: Path, lock: Lock | None) -> Entry:
    """Raises OSError, ValueError, KeyError or TypeError where the folder is no whole entry."""
    read = json.loads((place / _DESCRIPTION).read_text("utf-8"))
    sizes: dict[str, int] = read["arrays"]
    if any((place / name).stat().st_size != size for name, size in sizes.items()):
        raise ValueError("an array of another size")
    names = tuple(map(array_name, sizes))
    files = tuple(map(Path, read["files"]))
    return Entry(place, str(read["reader"]), files, names, sum(sizes.values()), read["meta"], lock)


def entries() -> list[Entry]:
    """All entries, the last used first."""
    found = []
    for place in cache_folder().glob("*/" + _DESCRIPTION):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if place.parent.suffix != ".draft":
                found.append(_described(place.parent, None))
    return sorted(found, key=lambda entry: -entry.used)


def clear() -> list[Entry]:
    """Remove every entry that nobody uses, and what killed conversions left. Returns those removed."""
    if cache_folder().is_dir():
        _sweep(cache_folder())
    return [entry for entry in entries() if _discard(entry)]


def _evict(folder: Path, limit: int) -> None:
    """Remove the least recently used entries until the others fit; those in use stay, the newest among them."""
    known = entries()
    total = sum(entry.size for entry in known)
    for entry in reversed(known):
        if total <= limit:
            return
        if _discard(entry):
            total -= entry.size


def _discard(entry: Entry) -> bool:
    """Remove an entry unless somebody uses it."""
    try:
        lock = Lock.take(entry.path / _USED, fcntl.LOCK_EX | fcntl.LOCK_NB, create=False)
    except OSError:
        return False
    with contextlib.suppress(OSError):
        _remove(entry.path)
    lock.release()
    return not entry.path.exists()


def _remove(place: Path) -> None:
    """Take the folder out of sight at once, then delete it."""
    away = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=".draft", dir=place.parent))
    place.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _sweep(folder: Path, held: str = "") -> None:
    """Remove what killed conversions left: drafts whose lock is free, or `held` by this one."""
    for draft in folder.glob("*.draft"):
        key = draft.name.partition(".")[0]
        if key == held:
            shutil.rmtree(draft, ignore_errors=True)
            continue
        path = folder / f"{key}.lock"
        with contextlib.suppress(OSError):
            lock = Lock.take(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.works:
                shutil.rmtree(draft, ignore_errors=True)
            lock.release(remove=path)


@contextlib.contextmanager
def _building(folder: Path, key: str) -> Iterator[Lock]:
    """Only one process at a time builds `key`; the others wait for it."""
    path = folder / f"{key}.lock"
    lock = Lock.take(path, fcntl.LOCK_EX)
    try:
        yield lock
    finally:
        lock.release(remove=path)
