"""A table of predictions that is larger than memory should hold: written as its rows come, and whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.errors import InputError
from polyhead.signals.disk import sync
from polyhead.signals.lock import Lock
from polyhead.trace.folder import no_room
from polyhead.trace.predictions import table_bytes

if TYPE_CHECKING:
    import polars

_HELD = 8 * 2**20  # bytes of rows that wait to be written
_GROUP = 2**16  # rows in a group of a parquet file that is put together from parts


def check_table(path: Path) -> None:
    """Raise InputError where no table can be written at `path`."""
    if path.suffix not in (".parquet", ".csv"):
        raise InputError(f"ends in {path.suffix!r}", where=str(path), do="write a .parquet or .csv file")
    if path.is_dir():
        raise InputError("is a folder", where=str(path), do="name a file in it")


@contextmanager
def growing_table(path: Path) -> Iterator[GrowingTable]:
    """A table that is appended to and appears at `path` when all of it is there; until then, and where something
    fails, the old file stays. What a killed process left of an earlier one is removed.

    Raises InputError where it cannot be written.
    """
    check_table(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    table = GrowingTable(path, draft)
    with table.written():
        _remove_left(path)
        draft.mkdir(parents=True)
        lock = Lock.take(draft / "lock", fcntl.LOCK_EX)
    try:
        yield table
        table.finish()
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        lock.release()


class GrowingTable:
    """Rows written into the folder `draft` as they come: a csv file grows, parquet files of some rows each are put
    together at the end."""

    def __init__(self, path: Path, draft: Path) -> None:
        self._path, self._draft = path, draft
        self._whole = draft / f"whole{path.suffix}"
        self._parts: list[Path] = []
        self._held: list[polars.DataFrame] = []
        self._bytes = self._written = 0

    def append(self, frame: polars.DataFrame) -> None:
        """Add rows, with the columns of those before. Raises InputError where the disk has no room."""
        self._held.append(frame)
        self._bytes += int(frame.estimated_size())
        if self._bytes >= _HELD:
            self._flush()

    def finish(self) -> None:
        """Put the table in its place, on the disk. Raises InputError where the disk has no room."""
        self._flush()
        with self.written():
            if self._path.suffix == ".parquet":
                self._join()
            sync(self._whole)
            self._whole.replace(self._path)
            sync(self._path.parent)

    @contextmanager
    def written(self) -> Iterator[None]:
        """Say of a failure to write what it means."""
        try:
            yield
        except OSError as error:
            raise no_room(self._path, self._written, error) from error

    def _flush(self) -> None:
        import polars

        if not self._held:
            return
        csv = self._path.suffix == ".csv"
        content = table_bytes(polars.concat(self._held), self._path.suffix, header=not self._parts)
        part = self._whole if csv else self._draft / f"{len(self._parts):06d}.parquet"
        self._written += len(content)
        with self.written(), part.open("ab") as file:
            file.write(content)
        self._parts.append(part)
        self._held, self._bytes = [], 0

    def _join(self) -> None:
        """One file of the parts, some groups of rows in memory at a time."""
        import polars

        if len(self._parts) == 1:
            self._parts[0].replace(self._whole)
            return
        lazy = polars.scan_parquet(self._parts, glob=False)
        lazy.sink_parquet(self._whole, row_group_size=_GROUP, maintain_order=True)


def _remove_left(path: Path) -> None:
    """Remove drafts of `path` whose process is gone."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.draft"):
        with contextlib.suppress(OSError):  # another process holds it, or has just removed it
            lock = Lock.take(left / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.works:
                shutil.rmtree(left, ignore_errors=True)
            lock.release()
