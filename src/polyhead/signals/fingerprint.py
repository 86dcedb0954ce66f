"""Fingerprints: whether two runs saw the same data, the same split and the same labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.split import Split
from polyhead.signals.windows import WindowSet

_VALUES = 2**22  # values hashed at a time


def data_fingerprint(windows: WindowSet) -> str:
    """Of every input value, target, recording and of how windows are cut; independent of file format and path."""
    digest = hashlib.sha256(repr((windows.length, windows.stride, windows.horizon)).encode())
    for name, array in sorted(windows.inputs.items()):
        digest.update(repr((name, array.channels, array.values.shape)).encode())
        rows = max(1, _VALUES // max(1, array.values[0].size))
        for first in range(0, len(array.values), rows):
            with np.errstate(over="ignore"):
                digest.update(np.ascontiguousarray(array.values[first : first + rows], dtype=np.float32).tobytes())
    for name, target in sorted(windows.targets.items()):
        _update(digest, name, np.where(_broad(target.mask, target.values), target.values, target.values.dtype.type()))
        _update(digest, f"{name} known", target.mask)
    _update(digest, "recording", np.asarray(windows.recordings)[windows.recording])
    return digest.hexdigest()[:16]


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


def split_fingerprint(windows: WindowSet, split: Split) -> str:
    """Of which recordings, and which of their windows, stand on which side."""
    digest = hashlib.sha256()
    for name, index in split.index.items():
        digest.update(name.encode())
        _update(digest, "recording", np.asarray(windows.recordings)[windows.recording[index]])
        _update(digest, "at", windows.at[index])
        _update(digest, "start", windows.start[index])
    return digest.hexdigest()[:16]


def label_fingerprint(classes: Mapping[str, Sequence[str] | None]) -> str:
    """Of the label set of each task."""
    parts: Iterable[str] = (f"{task}={list(labels or [])}" for task, labels in sorted(classes.items()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
