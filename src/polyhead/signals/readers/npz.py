"""Arrays of an .npz file; those stored uncompressed are mapped, not loaded."""

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
from polyhead.config.data import DataOptions, InputOptions
from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest, readable
from polyhead.signals.source import InputArray, Source

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
    names = {name for spec in data.inputs.values() for name in spec.names}
    names |= {target.key for target in data.targets.values()} | set(data.column_keys())
    arrays = _arrays(path, names)
    inputs = {name: _input(path, name, spec, arrays) for name, spec in data.inputs.items()}
    sampled = {name for name, spec in data.inputs.items() if "sample" in (spec.axes or ())}
    if sampled and len(sampled) < len(inputs):
        raise InputError("inputs mix axes that start with `sample` and with `window`", where=str(path))
    keys = {target.key for target in data.targets.values()} | set(data.column_keys())
    columns = {key: _column(path, key, arrays[key]) for key in sorted(keys)}
    return Source(inputs, columns, sampled=bool(sampled), files=(path,))


def _column(path: Path, key: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 0:
        raise InputError(f"array {key!r} is a single value, expected one per row", where=str(path))
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"array {key!r} holds bytes that are not UTF-8 text", where=str(path)) from error


def _arrays(path: Path, names: set[str]) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for name in sorted(names):
                if name not in members:
                    raise InputError(
                        f"no array {name!r}{nearest(name, members)}; it holds {', '.join(sorted(members))}",
                        where=str(path),
                    )
            return {name: _array(path, archive, members[name]) for name in sorted(names)}
    except PermissionError as error:
        raise InputError("cannot be opened (permission denied)", where=str(path)) from error
    except _DAMAGED as error:
        raise InputError(f"not a whole .npz file ({error})", where=str(path), do="copy or export it again") from error


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    try:
        with archive.open(info) as member:
            if info.compress_type != zipfile.ZIP_STORED:
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
    return _mapped(path, info, inside, shape, fortran, dtype)


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
    if offset + math.prod(shape) * dtype.itemsize > len(whole):
        raise InputError(f"array {info.filename!r} is cut short", where=str(path), do="copy or export it again")
    return np.ndarray(shape, dtype, buffer=whole, offset=offset, order="F" if fortran else "C")


def _input(path: Path, name: str, spec: InputOptions, arrays: dict[str, NDArray[Any]]) -> InputArray:
    parts = [_oriented(path, key, spec, arrays[key]) for key in spec.names]
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        raise InputError(
            f"arrays {spec.names} of input {name!r} have unequal lengths {sorted(lengths)}", where=str(path)
        )
    if len({part.shape[2:] for part in parts}) > 1:
        shapes = ", ".join(f"{key} {part.shape}" for key, part in zip(spec.names, parts, strict=True))
        raise InputError(f"arrays of input {name!r} do not fit side by side: {shapes}", where=str(path))
    values = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    given = spec.channels or (spec.names if len(parts) > 1 and values.shape[1] == len(parts) else None)
    channels = tuple(given) if given else tuple(str(i) for i in range(values.shape[1]))
    if len(channels) != values.shape[1]:
        raise InputError(
            f"input {name!r} has {values.shape[1]} channels but {len(channels)} names in `channels`", where=str(path)
        )
    return InputArray(values, channels, spec.unit)


def _oriented(path: Path, key: str, spec: InputOptions, array: NDArray[Any]) -> NDArray[Any]:
    """The array as (row, channel, time), (row, feature) or (sample, channel)."""
    if array.dtype.kind not in "fiub":
        raise InputError(f"array {key!r} is an input but holds {array.dtype}, not numbers", where=str(path))
    default = {1: ["window"], 2: ["window", "feature"], 3: ["window", "channel", "time"]}.get(array.ndim)
    axes: list[str] = list(spec.axes or default or [])
    if len(axes) != array.ndim or not axes:
        raise InputError(
            f"array {key!r} has shape {array.shape} but axes {axes or '(none given)'}",
            where=str(path),
            do=f"write `axes` with {array.ndim} names",
        )
    if axes in (["window"], ["sample"]):
        array, axes = array[:, None], [*axes, "channel"]
    order = ["sample" if "sample" in axes else "window", "feature" if "feature" in axes else "channel"]
    order += ["time"] if "time" in axes and "sample" not in axes else []
    if sorted(order) != sorted(axes):
        raise InputError(
            f"axes {axes} of {key!r} are none of [window, channel, time], [window, feature], [sample, channel]",
            where=str(path),
        )
    return array.transpose([axes.index(axis) for axis in order])
