"""Datasets of an HDF5 file: contiguous ones are mapped where they lie, others converted once when they are large."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.cache import Draft, converted
from polyhead.signals.readers.array import BLOCK, LOADED, arrays_source, wanted
from polyhead.signals.readers.path import nearest, readable
from polyhead.signals.source import Source

if TYPE_CHECKING:
    import h5py

_LISTED = 30  # names that a message shows at most
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)  # whatever h5py raises


class Hdf5Options(Block):
    """The hdf5 reader has no keys of its own."""


def read(data: DataOptions) -> Source:
    """Read the datasets that the config names by their path, e.g. `group/x`, or `table/field` of a compound one.

    Raises InputError naming file and dataset.
    """
    path = readable(data.path)
    try:
        with opened(path) as file:
            return arrays_source(path, data, {key: _array(path, file, key) for key in wanted(data)})
    except _DAMAGED as error:
        raise _not_whole(path, error) from error


def opened(path: Path) -> h5py.File:
    """The file, open for reading although another process may still write it.

    Some file systems know no single-writer-multiple-reader access, some no locks: then it is opened plainly.
    """
    import h5py

    ways: tuple[dict[str, Any], ...] = ({"libver": "latest", "swmr": True}, {}, {"locking": False})
    for way in ways:
        try:
            return h5py.File(path, "r", **way)
        except (OSError, RuntimeError, ValueError) as error:
            failure = error
    if isinstance(failure, PermissionError):
        raise InputError("cannot be opened (permission denied)", where=str(path)) from failure
    raise _not_whole(path, failure)


def _not_whole(path: Path, error: BaseException) -> InputError:
    return InputError(f"not a whole HDF5 file ({reason(error)})", where=str(path), do="copy or export it again")


def reason(error: BaseException) -> str:
    """What HDF5 says in the brackets of its message."""
    text = str(error)
    return text.partition("(")[2].rstrip(")") or text


def _array(path: Path, file: h5py.File, key: str) -> NDArray[Any]:
    import h5py

    dataset, field = _dataset(path, file, key)
    dtype = dataset.dtype if field is None else dataset.dtype[field]
    if dataset.shape is None:
        raise InputError(f"dataset {key!r} is empty", where=str(path))
    if dtype.names:
        fields = ", ".join(dtype.names[:_LISTED])
        do = f"name one of them, e.g. `{key}/{dtype.names[0]}`"
        raise InputError(f"dataset {key!r} is a table of the fields {fields}", where=str(path), do=do)
    try:
        if h5py.check_string_dtype(dtype) is not None:
            return _text(path, key, dataset, field)
        if dtype.kind not in "fiub":
            raise _no_numbers(path, key, dtype)
        if field is None and (mapped := _mapped(path, key, dataset)) is not None:
            return mapped
        if dtype.itemsize * dataset.size <= LOADED:
            return np.asarray(dataset[()] if field is None else dataset.fields(field)[()])
        return convert(path, key, dataset, field)
    except (OSError, RuntimeError) as error:
        raise InputError(f"dataset {key!r} cannot be read ({reason(error)})", where=str(path)) from error


def _dataset(path: Path, file: h5py.File, key: str) -> tuple[h5py.Dataset, str | None]:
    """The dataset at `key`, or the one above it and the field of it that `key` ends in."""
    import h5py

    found = _at(file, key)
    if isinstance(found, h5py.Dataset):
        return found, None
    above, _, field = key.rpartition("/")
    table = _at(file, above) if above else None
    if isinstance(table, h5py.Dataset) and table.dtype.names:
        if field in table.dtype.names:
            return table, field
        listed = ", ".join(table.dtype.names[:_LISTED])
        hint = nearest(field, table.dtype.names)
        raise InputError(f"no field {field!r} in {above!r}{hint}; it has {listed}", where=str(path))
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    what = f"{key!r} is a group, not a dataset" if isinstance(found, h5py.Group) else f"no dataset {key!r}"
    inside = [name for name in names if name.startswith(f"{key.strip('/')}/")] or names
    more = f" and {len(inside) - _LISTED} more" if len(inside) > _LISTED else ""
    listed = ", ".join(inside[:_LISTED]) or "none"
    raise InputError(f"{what}{nearest(key, names)}; it holds {listed}{more}", where=str(path))


def _at(file: h5py.File, key: str) -> Any:
    try:
        return file.get(key)
    except (KeyError, OSError, RuntimeError, ValueError, TypeError):  # a damaged name, or a link that leads nowhere
        return None


def _no_numbers(path: Path, key: str, dtype: np.dtype[Any]) -> InputError:
    import h5py

    if h5py.check_vlen_dtype(dtype) is not None:
        return InputError(
            f"dataset {key!r} holds rows of different lengths",
            where=str(path),
            do="write their values end to end, in one plain dataset",
        )
    kind = "references" if h5py.check_ref_dtype(dtype) is not None else str(dtype)
    return InputError(f"dataset {key!r} holds {kind}, not numbers or text", where=str(path))


def _text(path: Path, key: str, dataset: h5py.Dataset, field: str | None) -> NDArray[Any]:
    values = np.asarray(dataset[()] if field is None else dataset.fields(field)[()])
    if values.dtype.kind == "S":
        return values
    try:
        text = [word.decode("utf-8") if isinstance(word, bytes) else str(word) for word in values.ravel()]
    except UnicodeDecodeError as error:
        raise InputError(f"dataset {key!r} holds bytes that are not UTF-8 text", where=str(path)) from error
    return np.asarray(text, dtype=np.str_).reshape(values.shape)


def _mapped(path: Path, key: str, dataset: h5py.Dataset) -> NDArray[Any] | None:
    """The dataset mapped where it lies in the file, or None where its bytes are not its values, in order."""
    offset = dataset.id.get_offset()
    if offset is None or dataset.external or dataset.is_virtual or not dataset.dtype.isnative or not dataset.size:
        return None
    if dataset.dtype.kind == "b":  # an enumeration; HDF5 checks its values
        return None
    path = Path(dataset.file.filename)  # a link may lead to another file
    if offset + dataset.nbytes > path.stat().st_size:
        raise InputError(f"dataset {key!r} is cut short", where=str(path), do="copy or export it again")
    return np.asarray(np.memmap(path, dataset.dtype, "r", offset, dataset.shape))


def convert(path: Path, key: str, dataset: h5py.Dataset, field: str | None = None) -> NDArray[Any]:
    """The dataset in the cache: read once, in blocks of whole chunks. Raises OSError where HDF5 cannot read it."""
    dtype = (dataset.dtype if field is None else dataset.dtype[field]).newbyteorder("=")

    def build(draft: Draft) -> None:
        values = draft.array("values", dataset.shape, dtype)
        for block in blocks(dataset.shape, dataset.chunks, dtype.itemsize):
            values[block] = dataset[block] if field is None else dataset.fields(field)[block]

    size = dtype.itemsize * dataset.size
    return converted("hdf5", _behind(path, dataset), {"dataset": key}, build, size)["values"]


def _behind(path: Path, dataset: h5py.Dataset) -> list[Path]:
    """Every file that holds values of the dataset: also one a link leads to and those it is made of."""
    own = Path(dataset.file.filename)
    others = [name for name, _, _ in dataset.external or ()]
    others += [source.file_name for source in dataset.virtual_sources()] if dataset.is_virtual else []
    parts = [own.parent / name for name in others if name != "."]
    return list(dict.fromkeys([path, own, *(part for part in parts if part.is_file())]))


def blocks(shape: tuple[int, ...], chunks: tuple[int, ...] | None, itemsize: int) -> Iterator[tuple[slice, ...]]:
    """Parts of an array that cover it, each of whole chunks and, where a chunk allows it, of `BLOCK` bytes at most."""
    step = list(chunks or (1,) * len(shape))
    for axis in reversed(range(len(shape))):
        rest = max(1, itemsize * int(np.prod(step, dtype=object)))
        step[axis] = min(shape[axis], step[axis] * max(1, BLOCK // rest))
    starts = [range(0, length, max(1, each)) for length, each in zip(shape, step, strict=True)]
    for start in itertools.product(*starts):
        yield tuple(slice(first, first + each) for first, each in zip(start, step, strict=True))
