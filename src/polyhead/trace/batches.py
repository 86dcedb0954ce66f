"""Samples of batches: one NumPy archive for each epoch of which one was kept, written whole, readable without polyhead.

trace/batches/NNNN.npz, numbered by the epoch from 1, holds the first windows of the epoch's first training batch. Axes
begin with the window:

    epoch                                the epoch, from 1
    recording, index                     the windows: recording (window,) and their number in the data set (window,)
    signal (window, channel, time)       what the backbone got: after cutting, augmentation, masks and scaling
    signal.names (channel,)              its channels, as INPUT.CHANNEL
    signal.offset, .scale (window, channel)   signal = (physical - offset) / scale
    present (window, time)               false where a window lacks samples, if any does
    known, known.names, .offset, .scale  the same for inputs without a time axis
    TASK.truth, TASK.mask                what was to be predicted, and whether it is known
    TASK.pred, TASK.score, TASK.sd       what the network says of these inputs at the end of the epoch

Truth and predictions are in physical units, classes are labels. Of yes-or-no tasks there is the score alone, since
where it turns into yes is decided on validation.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.trace.folder import write_whole

Arrays = Mapping[str, NDArray[Any]]


def write_batch(folder: Path, epoch: int, arrays: Arrays) -> None:
    """Write the sample of one epoch under the trace folder. Equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_whole(batch_path(folder, epoch), buffer.getvalue())


def batch_path(folder: Path, epoch: int) -> Path:
    """Path of an epoch's sample under the trace folder."""
    return folder / "batches" / f"{epoch:04d}.npz"


def cut_batches(folder: Path, epochs: int) -> None:
    """Drop the samples of epochs that the checkpoint, which knew of so many, does not have."""
    for epoch in batch_epochs(folder):
        if epoch > epochs:
            batch_path(folder, epoch).unlink()


def batch_epochs(folder: Path) -> list[int]:
    """The epochs that there are samples of, in order."""
    stems = [path.stem for path in (folder / "batches").glob("*.npz")]
    return sorted(int(stem) for stem in stems if re.fullmatch(r"\d{4,}", stem))


def read_batch(folder: Path, epoch: int) -> dict[str, NDArray[Any]]:
    """The sample of an epoch. Raises InputError where the file is damaged."""
    path = batch_path(folder, epoch)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError("cannot be read as npz", where=str(path), do="leave the file out to go without") from error
