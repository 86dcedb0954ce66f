"""The first rows of the arrays in an npz or hdf5 file, and which of them share their rows."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from polyhead.config.yaml_text import UNREADABLE
from polyhead.errors import InputError
from polyhead.signals.proposal.content import Content, check_rows, values_in
from polyhead.signals.readers.hdf5 import opened, reason

if TYPE_CHECKING:
    import h5py

LOOKED_AT = 16 * 2**20
"""Bytes of one array that are looked at."""
ROWS = 100_000
"""Rows of an array that are looked at."""
_WORDS = 1000  # of a list of names
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError,
    OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class _Sample:
    shape: tuple[int, ...]
    values: NDArray[Any] | None  # the first rows; None where they are no numbers or text, or `why` they cannot be read
    why: str = ""


def look_at_npz(path: Path) -> Content:
    """The arrays of an npz file; a large one is not unpacked further than its first rows. Raises InputError."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            found = {info.filename.removesuffix(".npy"): _member(archive, info) for info in members}
    except PermissionError as error:
        raise InputError("cannot be opened (permission denied)", where=str(path)) from error
    except (*_DAMAGED, NotImplementedError) as error:
        raise InputError(f"not a whole .npz file ({error})", where=str(path), do="copy or export it again") from error
    return _content("npz", path, found)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Sample:
    with archive.open(info) as member:
        version = npy.read_magic(member)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = header(member)
        rows = _sampled(shape, dtype.itemsize)
        if dtype.kind not in "fiubUS" or (fortran and len(shape) > 1 and rows < shape[0]):
            return _Sample(shape, None if dtype.kind not in "fiub" else np.empty((0, *shape[1:]), dtype))
        wanted = (rows, *shape[1:]) if shape else ()
        content = member.read(dtype.itemsize * values_in(wanted))
    values = np.frombuffer(content, dtype)
    if len(values) < values_in(wanted):
        raise ValueError(f"array {info.filename!r} is cut short")
    return _Sample(shape, values.reshape(wanted[::-1]).T if fortran else values.reshape(wanted))


def _sampled(shape: tuple[int, ...], itemsize: int) -> int:
    """Rows of an array that are looked at."""
    if not shape:
        return 0
    row = max(1, itemsize * values_in(shape[1:]))
    return min(shape[0], ROWS, max(1, LOOKED_AT // row))


def look_at_hdf5(path: Path) -> Content:
    """The datasets of an hdf5 file, fields of compound ones as columns of their own. Raises InputError."""
    import h5py

    found: dict[str, _Sample] = {}

    def visit(name: str, item: object) -> None:
        indexed = any(part.startswith("_i_") for part in name.split("/"))  # an index that PyTables keeps of a table
        if isinstance(item, h5py.Dataset) and item.shape is not None and not indexed:
            found.update(_dataset(name, item))

    try:
        with opened(path) as file:
            file.visititems(visit)
    except _DAMAGED as error:
        raise InputError(f"not a whole HDF5 file ({error})", where=str(path), do="copy or export it again") from error
    return _content("hdf5", path, found)


def _dataset(name: str, dataset: h5py.Dataset) -> dict[str, _Sample]:
    import h5py

    fields = {f"{name}/{one}": one for one in dataset.dtype.names or ()} or {name: None}
    rows = _sampled(dataset.shape, dataset.dtype.itemsize)
    part = slice(0, rows) if dataset.shape else ()
    samples = {}
    for key, one in fields.items():
        dtype = dataset.dtype if one is None else dataset.dtype[one]
        text = h5py.check_string_dtype(dtype) is not None
        if not text and (dtype.kind not in "fiub" or dtype.shape):
            samples[key] = _Sample(dataset.shape, None)
            continue
        try:
            values = np.asarray(dataset[part] if one is None else dataset.fields(one)[part])
        except (OSError, RuntimeError) as error:  # a damaged chunk, or a compression that is not installed
            samples[key] = _Sample(dataset.shape, None, reason(error))
            continue
        if text:
            decoded = [word.decode("utf-8") if isinstance(word, bytes) else str(word) for word in values.ravel()]
            values = np.asarray(decoded, dtype=np.str_).reshape(values.shape)
        samples[key] = _Sample(dataset.shape, values)
    return samples


def _content(reader: str, path: Path, found: dict[str, _Sample]) -> Content:
    """The arrays that share the first axis of most values."""
    _refuse_joined(path, found)
    usable = {name: one for name, one in found.items() if one.values is not None and one.shape}
    numbers = {name: values_in(one.shape) * (one.values.dtype.kind != "U") for name, one in usable.items()}  # type: ignore[union-attr]
    lengths: Counter[int] = Counter()
    for name, one in usable.items():
        lengths[one.shape[0]] += 1 + numbers[name]
    shared = Counter(one.shape[0] for one in usable.values())
    kept = {length: values for length, values in lengths.items() if shared[length] > 1 and length}
    if not kept:
        listed = ", ".join(f"{name} {one.shape}" for name, one in list(found.items())[:6]) or "nothing"
        do = "store one row per example, and one label per row"
        unread = next((f"dataset {name!r} cannot be read ({one.why})" for name, one in found.items() if one.why), None)
        if unread is not None:
            do = "export it without that compression, or again if it is damaged"
            raise InputError(unread, where=str(path), do=do)
        raise InputError(f"no two of its arrays have rows in common: {listed}", where=str(path), do=do)
    rows = max(kept, key=lambda length: kept[length])
    fits = {name: one for name, one in usable.items() if one.shape[0] == rows}
    _refuse_minor(path, usable, numbers, rows)
    check_rows(rows, str(path))
    flat = {name: one for name, one in fits.items() if values_in(one.shape) == rows}
    columns = {name: _column(one.values) for name, one in flat.items()}
    seen = min((len(column) for column in columns.values()), default=min(rows, ROWS))
    deep = {name: one for name, one in fits.items() if name not in flat}
    return Content(
        reader,
        rows,
        seen,
        {name: column[:seen] for name, column in columns.items()},
        {name: _plain(one.values) for name, one in deep.items()},
        {name: one.shape for name, one in deep.items()},
        {name: one.shape for name, one in found.items() if name not in fits and one.shape},
        {
            name: float(one.values)
            for name, one in found.items()
            if one.values is not None and one.shape == () and one.values.dtype.kind in "fiu"
        },
        {
            name: [UNREADABLE.sub("", word) for word in _plain(one.values).tolist()]
            for name, one in usable.items()
            if name not in fits and len(one.shape) == 1 and one.shape[0] < _WORDS and not numbers[name]
        },
    )


def _plain(values: NDArray[Any] | None) -> NDArray[Any]:
    assert values is not None
    return np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values


def _column(values: NDArray[Any] | None) -> NDArray[Any]:
    plain = _plain(values).reshape(-1)
    return plain if plain.dtype.kind == "U" else plain.astype(np.float64)


def _refuse_joined(path: Path, found: dict[str, _Sample]) -> None:
    """Refuse tables of different lengths that an id joins: their rows are parts of what has a label."""
    keys = {name.rpartition("/")[2] for name, one in found.items() if one.shape and name.lower().endswith("_id")}
    tables = {
        key: {name.rpartition("/")[0]: one.shape[0] for name, one in found.items() if name.endswith(f"/{key}")}
        for key in sorted(keys)
    }
    key = max(tables, key=lambda key: len(tables[key]), default="")
    if key and len(set(tables[key].values())) > 1:
        listed = ", ".join(f"{name} {rows}" for name, rows in tables[key].items())
        raise InputError(
            f"its tables have different rows, which {key} joins: {listed}",
            where=str(path),
            do=f"bring them to one row per example, and keep {key} as `group`",
        )


def _refuse_minor(path: Path, usable: dict[str, _Sample], numbers: dict[str, int], rows: int) -> None:
    """Refuse a file whose arrays of common rows are the smaller part of it, such as samples without labels."""
    inside = sum(count for name, count in numbers.items() if usable[name].shape[0] == rows)
    total = sum(numbers.values())
    if 2 * inside >= total:
        return
    largest = max(numbers, key=lambda name: numbers[name])
    sums = [name for name, one in usable.items() if _sums_to(one.values, usable[largest].shape[0])]
    hint = f"; {sums[0]} sums to it: recordings lie end to end" if sums else ""
    names = [name for name, one in usable.items() if one.shape[0] == rows]
    raise InputError(
        f"{largest} {usable[largest].shape} has no label per row, {', '.join(names[:4])} have {rows:,} rows{hint}",
        where=str(path),
        do=f"repeat the labels per sample, as np.repeat(label, {sums[0]})" if sums else "store one label per row",
    )


def _sums_to(values: NDArray[Any] | None, total: int) -> bool:
    return values is not None and values.ndim == 1 and values.dtype.kind in "iu" and int(values.sum()) == total
