"""Arrays of an .npz file; those stored uncompressed are mapped, large compressed ones converted, neither loaded."""

from __future__ import annotations

import lzma
import math
import mmap
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.cache import Draft, converted
from polyhead.signals.readers.array import BLOCK, LOADED, arrays_source, wanted
from polyhead.signals.readers.path import nearest, readable
from polyhead.signals.source import Source

_LOCAL_HEADER = struct.Struct("<26xHH")  # of a zip member: lengths of name and extra field, at bytes 26 and 28


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,  # a version of zip that does not exist
    UnicodeDecodeError,  # in the names of members
    MemoryError,  # a shape that no file of this size can hold
)


class NpzOptions(Block):
    """The npz reader has no keys of its own."""


def read(data: DataOptions) -> Source:
    """Read the arrays that the config names. Raises InputError naming file and array."""
    path = readable(data.path)
    return arrays_source(path, data, _arrays(path, wanted(data)))


def _arrays(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for name in names:
                if name not in members:
                    raise InputError(
                        f"no array {name!r}{nearest(name, members)}; it holds {', '.join(sorted(members))}",
                        where=str(path),
                    )
            return {name: _array(path, archive, members[name]) for name in names}
    except PermissionError as error:
        raise InputError("cannot be opened (permission denied)", where=str(path)) from error
    except _DAMAGED as error:
        raise InputError(f"not a whole .npz file ({error})", where=str(path), do="copy or export it again") from error


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    try:
        with archive.open(info) as member:
            packed = info.compress_type != zipfile.ZIP_STORED
            if packed and info.file_size <= LOADED:
                return np.asarray(npy.read_array(member, allow_pickle=False))
            version = npy.read_magic(member)
            header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = header(member)
            inside = member.tell()
    except (ValueError, TypeError, RuntimeError) as error:  # a damaged header; a locked or exotic zip member
        raise InputError(
            f"array {info.filename!r} cannot be read ({error})", where=str(path), do="save plain numbers or strings"
        ) from error
    if dtype.hasobject:
        raise InputError(f"array {info.filename!r} holds Python objects, which are never loaded", where=str(path))
    if inside + math.prod(shape) * dtype.itemsize > info.file_size:
        raise InputError(f"array {info.filename!r} is cut short", where=str(path), do="copy or export it again")
    return (_unpacked if packed else _mapped)(path, info, inside, shape, fortran, dtype)


def _unpacked(
    path: Path, info: zipfile.ZipInfo, inside: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """A large compressed array: unpacked into the cache, once, a block at a time."""
    laid = shape[::-1] if fortran else shape

    def build(draft: Draft) -> None:
        target = draft.array("values", laid, dtype).reshape(-1).view(np.uint8)
        with zipfile.ZipFile(path) as archive, archive.open(info) as member:
            member.read(inside)
            for first in range(0, len(target), BLOCK):
                block = member.read(BLOCK)
                target[first : first + len(block)] = np.frombuffer(block, np.uint8)
            member.read(1)  # at its end the checksum is compared

    values = converted("npz", [path], {"array": info.filename}, build, info.file_size)["values"]
    return values.T if fortran else values


def _mapped(
    path: Path, info: zipfile.ZipInfo, inside: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]
) -> NDArray[Any]:
    with path.open("rb") as file:
        file.seek(info.header_offset)
        name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        offset = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length + inside
        if 0 in shape:
            return np.empty(shape, dtype)
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.ndarray(shape, dtype, buffer=whole, offset=offset, order="F" if fortran else "C")
