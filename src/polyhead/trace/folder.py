"""The run folder: where each file lies, how it is written whole, and who may write it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import math
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.errors import InputError
from polyhead.signals.disk import sync

SCHEMA_VERSION = 1
SPLITS = ("train", "val", "test")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_whole(path: Path, content: bytes | str) -> None:
    """Put `content` at `path` so that a reader sees the old file or the new one, never a part.

    Raises InputError where the disk has no room; the old file is then still there.
    """
    # a command line may hold bytes that are no text; as JSON's own escapes they can be written
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise no_room(path, len(data), error) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def no_room(path: Path, size: int, error: OSError) -> InputError:
    """What a failed write means to the user."""
    if error.errno in _NO_ROOM:
        kept = "; the earlier file is kept" if path.exists() else ""
        return InputError(
            f"no room on the disk for {size:,} bytes{kept}", where=str(path), do="free some space and resume"
        )
    return InputError(f"cannot be written ({error.strerror})", where=str(path), do="check the folder's permissions")


def json_text(value: Any) -> str:
    """JSON without NaN or Inf: what is not finite becomes null, as the run folder's files have it."""
    return json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _made(path: Path) -> tuple[str, str, int]:
    """Sorts run folders by age: STAMP, STAMP-1, ..., STAMP-10."""
    day, _, rest = path.name.partition("-")
    clock, _, count = rest.partition("-")
    return day, clock, int(count) if count.isdecimal() else 0


class RunFolder:
    """One run on disk. Everything in it can be read without polyhead."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, out: Path, name: str, now: datetime) -> RunFolder:
        """Make `out/name/STAMP`; a second run within the same second gets a number behind its stamp."""
        stamp = now.strftime("%Y%m%d-%H%M%S")
        for count in range(1000):
            path = out / name / (f"{stamp}-{count}" if count else stamp)
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise InputError(
                    f"cannot make the run folder ({error.strerror})", where=str(path), do="choose another --out"
                ) from error
            return cls(path)
        raise InputError("a thousand runs within one second", where=str(out / name))

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The run at `path`, which must hold a config.yaml. Raises InputError where it does not."""
        if not (path / "config.yaml").is_file():
            raise InputError("no run here: config.yaml is missing", where=str(path), do="name a folder runs/NAME/STAMP")
        return cls(path)

    @classmethod
    def latest(cls, out: Path, name: str = "*") -> RunFolder:
        """The newest unfinished run of `name`, or of any, under `out`. Raises InputError where there is none."""
        for path in sorted(out.glob(f"{name}/*"), key=_made, reverse=True):
            began = (path / "checkpoints" / "last.ckpt").is_file() or (path / "folds").is_dir()
            if (path / "config.yaml").is_file() and began:
                run = cls(path)
                begun = not (path / "state.json").exists()  # killed before it was first written
                if begun or run.read("state.json").get("status") != "finished":
                    return run
        raise InputError(
            "no unfinished run to resume", where=str(out / name.strip("*")), do="leave out --resume to start one"
        )

    def fold(self, number: int) -> RunFolder:
        """The run of one fold, counted from 1, within this one."""
        path = self.path / "folds" / f"{number:02d}"
        path.mkdir(parents=True, exist_ok=True)
        return RunFolder(path)

    def single(self) -> RunFolder:
        """This run, if it has one network. Raises InputError where it has one for each fold."""
        if (self.path / "folds").is_dir():
            raise InputError("holds a network for each fold", where=str(self.path), do="name one of them: folds/01")
        return self

    @property
    def trace(self) -> Path:
        """Folder of the seven tables and of the steps."""
        return self.path / "trace"

    def checkpoint(self, name: str) -> Path:
        """Path of a checkpoint: last, best, best-TASK or epoch-NNNN."""
        return self.path / "checkpoints" / f"{name}.ckpt"

    def predictions(self, split: str) -> Path:
        """Path of a split's predictions."""
        return self.path / "predictions" / f"{split}.parquet"

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a JSON file of the folder, with the version of its layout."""
        write_whole(self.path / name, json_text({"schema_version": SCHEMA_VERSION} | value))

    def read(self, name: str) -> dict[str, Any]:
        """Read a JSON file of the folder. Raises InputError where it is missing, damaged or of another version."""
        path = self.path / name
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise InputError("missing from the run folder", where=str(path)) from error
        except (ValueError, OSError) as error:
            raise InputError(f"cannot be read as JSON ({error})", where=str(path)) from error
        version = value.get("schema_version") if isinstance(value, dict) else None
        if version != SCHEMA_VERSION:
            raise InputError(f"layout version {version}, expected {SCHEMA_VERSION}", where=str(path))
        return dict(value)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for writing. Raises InputError where another process holds it."""
        try:
            held = (self.path / ".lock").open("a+")
        except OSError as error:
            raise InputError(f"cannot be written to ({error.strerror})", where=str(self.path)) from error
        with held as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = re.sub(r"\D", "", file.read(20))
                raise InputError(
                    f"this run folder is in use by process {holder or '?'}",
                    where=str(self.path),
                    do="wait for it or stop it first",
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield
