"""A conversion while it is written: arrays of known and of unknown length, straight to disk."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray


def array_file(folder: Path, name: str) -> Path:
    """Where the array `name` lies; a name may hold slashes, a file name may not."""
    return folder / f"{quote(name, safe=' ()[]')}.npy"


def array_name(file: str) -> str:
    """The name of the array that lies in `file`."""
    return unquote(file.removesuffix(".npy"))


class Draft:
    """The folder that a conversion is written into. `meta` holds what is no array and must fit JSON."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.meta: dict[str, Any] = {}
        self.wanted = 0
        self._growing: list[Grower] = []

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A mapped array of zeros to be written to. Raises OSError where the disk cannot hold all of it."""
        kind = np.dtype(dtype)
        header = _header(shape, kind)
        size = len(header) + int(np.prod(shape, dtype=object)) * kind.itemsize
        self.wanted += size
        path = array_file(self.folder, name)
        with path.open("wb") as file:
            file.write(header)
            file.flush()
            os.posix_fallocate(file.fileno(), 0, size)  # a hole that finds the disk full later kills the process
        if 0 in shape:
            return np.empty(shape, kind)
        return np.asarray(np.memmap(path, kind, "r+", len(header), shape))

    def grow(self, name: str, tail: tuple[int, ...], dtype: DTypeLike) -> Grower:
        """An array of shape (any, *tail) to be appended to."""
        grower = Grower(self, array_file(self.folder, name), tail, np.dtype(dtype))
        self._growing.append(grower)
        return grower

    def save(self, name: str, values: NDArray[Any]) -> None:
        """Write a small array, numbers or text, at once."""
        self.wanted += values.nbytes
        np.save(array_file(self.folder, name), values, allow_pickle=False)

    def close(self) -> None:
        """Finish what was appended to."""
        for grower in self._growing:
            grower.close()


class Grower:
    """Appends blocks to an .npy file whose length stands in its header at the end."""

    def __init__(self, draft: Draft, path: Path, tail: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.length = 0
        self._draft, self._tail, self._dtype = draft, tail, dtype
        self._file: io.BufferedWriter = path.open("wb")
        self._file.write(_header((0, *tail), dtype))

    def append(self, block: NDArray[Any]) -> None:
        """Add `block` (n, *tail). Raises ValueError where its shape does not fit, OSError where the disk is full."""
        if block.shape[1:] != self._tail:
            raise ValueError(f"block of shape {block.shape} appended to (any, {self._tail})")
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(block, dtype=self._dtype)
        self._draft.wanted += values.nbytes
        self._file.write(values.data if values.size else b"")
        self.length += len(block)

    def close(self) -> None:
        """Write the header again, now with the length; numpy leaves room for it."""
        if self._file.closed:
            return
        try:
            self._file.seek(0)
            self._file.write(_header((self.length, *self._tail), self._dtype))
        finally:
            self._file.close()


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    buffer = io.BytesIO()
    fields = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": tuple(map(int, shape))}
    npy.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()
