"""A file lock between processes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import weakref
from pathlib import Path

_MISSING = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}  # network file systems mounted without locks


class Lock:
    """A lock that ends with the process, with `release` or with this object.

    `works` is false where the file system has no locks, so that nobody is held off.
    """

    def __init__(self, handle: int) -> None:
        self.works = True
        self._close = weakref.finalize(self, os.close, handle)

    @classmethod
    def take(cls, path: Path, kind: int, create: bool = True) -> Lock:
        """Lock the file at `path`, LOCK_SH or LOCK_EX; waits unless LOCK_NB is added.

        Raises OSError where the file is missing or, with LOCK_NB, where another holds it.
        """
        access = os.O_RDONLY if kind == fcntl.LOCK_SH else os.O_RDWR
        while True:
            handle = os.open(path, access | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o666)
            lock = cls(handle)
            try:
                fcntl.flock(handle, kind)
            except OSError as error:
                lock.works = False
                if error.errno in _MISSING:
                    return lock
                lock.release()
                raise
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return lock
            lock.release()  # it was removed or replaced while this waited

    def release(self, remove: Path | None = None) -> None:
        """Let go; `remove` is the lock's own file, deleted while it is still held."""
        if remove is not None:
            remove.unlink(missing_ok=True)
        self._close()
