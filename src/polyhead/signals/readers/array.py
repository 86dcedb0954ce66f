"""Named arrays of a file as inputs and columns: put into one order of axes, side by side, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions, InputOptions
from polyhead.errors import InputError
from polyhead.signals.cache import Draft, converted
from polyhead.signals.source import InputArray, Source

LOADED = 64 * 2**20
"""Bytes of one array that may be held in memory; a larger one that cannot be mapped is converted once."""
BLOCK = 16 * 2**20
"""Bytes that a conversion reads at a time."""


def wanted(data: DataOptions) -> list[str]:
    """Every array that the config names, sorted."""
    names = {name for spec in data.inputs.values() for name in spec.names}
    return sorted(names | column_keys(data))


def column_keys(data: DataOptions) -> set[str]:
    """Keys of targets, groups, times and whatever else stands per row."""
    return {target.key for target in data.targets.values()} | set(data.column_keys())


def arrays_source(path: Path, data: DataOptions, arrays: Mapping[str, NDArray[Any]]) -> Source:
    """Inputs and columns out of the arrays that the config names. Raises InputError naming file and array."""
    inputs = {name: _input(path, name, spec, arrays) for name, spec in data.inputs.items()}
    sampled = {name for name, spec in data.inputs.items() if "sample" in (spec.axes or ())}
    if sampled and len(sampled) < len(inputs):
        raise InputError("inputs mix axes that start with `sample` and with `window`", where=str(path))
    columns = {key: _column(path, key, arrays[key]) for key in sorted(column_keys(data))}
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


def _input(path: Path, name: str, spec: InputOptions, arrays: Mapping[str, NDArray[Any]]) -> InputArray:
    parts = [_oriented(path, key, spec, arrays[key]) for key in spec.names]
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        raise InputError(
            f"arrays {spec.names} of input {name!r} have unequal lengths {sorted(lengths)}", where=str(path)
        )
    if len({part.shape[2:] for part in parts}) > 1:
        shapes = ", ".join(f"{key} {part.shape}" for key, part in zip(spec.names, parts, strict=True))
        raise InputError(f"arrays of input {name!r} do not fit side by side: {shapes}", where=str(path))
    values = parts[0] if len(parts) == 1 else _beside(path, spec, parts)
    given = spec.channels or (spec.names if len(parts) > 1 and values.shape[1] == len(parts) else None)
    channels = tuple(given) if given else tuple(str(i) for i in range(values.shape[1]))
    if len(channels) != values.shape[1]:
        raise InputError(
            f"input {name!r} has {values.shape[1]} channels but {len(channels)} names in `channels`", where=str(path)
        )
    return InputArray(values, channels, spec.unit)


def _beside(path: Path, spec: InputOptions, parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Arrays side by side along the second axis; written to the cache where they are more than memory should hold."""
    if sum(part.nbytes for part in parts) <= LOADED:
        return np.concatenate(parts, axis=1)
    dtype = np.result_type(*parts)
    shape = (len(parts[0]), sum(part.shape[1] for part in parts), *parts[0].shape[2:])

    def build(draft: Draft) -> None:
        values = draft.array("values", shape, dtype)
        rows = max(1, BLOCK // (dtype.itemsize * int(np.prod(shape[1:]))))
        for first in range(0, len(values), rows):
            np.concatenate([part[first : first + rows] for part in parts], axis=1, out=values[first : first + rows])

    size = dtype.itemsize * int(np.prod(shape, dtype=object))
    return converted("side by side", [path], {"keys": spec.names, "axes": spec.axes}, build, size)["values"]


def _oriented(path: Path, key: str, spec: InputOptions, array: NDArray[Any]) -> NDArray[Any]:
    """The array as (row, channel, time), (row, feature) or (sample, channel): a view, whatever it lies in."""
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
