"""Fingerprints: whether two runs saw the same data, the same split and the same labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.split import Split
from polyhead.signals.windows import Index, WindowSet

_VALUES = 2**22  # values hashed at a time
_WHOLE = 2**30  # values of an input up to which all are hashed (4 GB, some seconds)
_BLOCKS = 1024  # of a larger one so many blocks
_BLOCK = 2**18  # of so many values each (1 GB in all)


def data_fingerprint(windows: WindowSet) -> str:
    """Of every input value, target, recording and of how windows are cut; independent of file format and path.

    Of an input of more than 2^30 values 1,024 blocks of 2^18 values are hashed, evenly spaced from its first to its
    last value, and its shape: a change between them goes unseen.
    """
    digest = hashlib.sha256(repr((windows.length, windows.stride, windows.horizon)).encode())
    for name, array in sorted(windows.inputs.items()):
        digest.update(repr((name, array.channels, array.values.shape)).encode())
        for first, last in _parts(array.values):
            with np.errstate(over="ignore"):
                digest.update(np.ascontiguousarray(array.values[first:last], dtype=np.float32).tobytes())
    for name, target in sorted(windows.targets.items()):
        _update(digest, name, np.where(_broad(target.mask, target.values), target.values, target.values.dtype.type()))
        _update(digest, f"{name} known", target.mask)
    _update_recordings(digest, windows, windows.recording)
    _update(digest, "row", windows.row)
    _update(digest, "start", windows.start)
    if windows.filled is not None:
        _update(digest, "filled", windows.filled)
    return digest.hexdigest()[:16]


def _parts(values: NDArray[Any]) -> Iterator[tuple[int, int]]:
    """(first, last) row of each part that is hashed: all of them, or the blocks of an input that is too large."""
    width = max(1, values[:1].size)
    if values.size <= _WHOLE:
        rows = max(1, _VALUES // width)
        firsts = np.arange(0, len(values), rows)
    else:
        rows = max(1, _BLOCK // width)
        firsts = np.unique(np.linspace(0, max(0, len(values) - rows), _BLOCKS).astype(np.int64))
    yield from ((int(first), int(first) + rows) for first in firsts)


def _broad(mask: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    return mask[:, None] if values.ndim == 2 else mask


def _update(digest: Any, name: str, values: NDArray[Any]) -> None:
    digest.update(repr((name, values.shape)).encode())
    if values.dtype.kind in "fiub":
        digest.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return
    words, inverse = np.unique(values, return_inverse=True)
    digest.update(repr(words.tolist()).encode())
    digest.update(inverse.astype(np.int64).tobytes())


def _update_recordings(digest: Any, windows: WindowSet, recording: Index) -> None:
    """Names in the order in which they come, and which of them each window has: whatever their numbers are."""
    codes, first, inverse = np.unique(recording, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    digest.update(repr([windows.recordings[code] for code in codes[order]]).encode())
    _update(digest, "recording", place[inverse])


def split_fingerprint(windows: WindowSet, split: Split) -> str:
    """Of which recordings, and which of their windows, stand on which side."""
    digest = hashlib.sha256()
    for name, index in split.index.items():
        digest.update(name.encode())
        _update_recordings(digest, windows, windows.recording[index])
        _update(digest, "at", windows.at[index])
        _update(digest, "start", windows.start[index])
    return digest.hexdigest()[:16]


def label_fingerprint(classes: Mapping[str, Sequence[str] | None]) -> str:
    """Of the label set of each task."""
    parts: Iterable[str] = (f"{task}={list(labels or [])}" for task, labels in sorted(classes.items()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
