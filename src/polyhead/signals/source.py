"""What a reader brings: arrays as they were found; nothing cut, nothing scaled, nothing dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class InputArray:
    """One named input.

    `values` has shape (row, channel, time) for signals, (row, feature) for numbers known per row, or, where `flat`,
    (sample, channel): stretches of signal one after another, or a table whose rows are samples in time.
    """

    values: NDArray[np.floating]
    channels: tuple[str, ...]
    unit: str | None = None
    flat: bool = False


@dataclass(frozen=True)
class Source:
    """Inputs and columns that share their first axis.

    `columns` holds targets, groups, times and split columns by key, each of shape (row,) or (row, column).
    `sampled` is true where a row is one sample in time (tables cut into windows) and false where a row
    is a stretch of signal of its own. Stretches of different lengths lie one after another in flat inputs, row i the
    `extent[i]` samples after those of the rows before it. `files` were read to make it, for messages.
    """

    inputs: dict[str, InputArray]
    columns: dict[str, NDArray[np.generic]]
    sampling_hz: float | None = None
    sampled: bool = False
    files: tuple[Path, ...] = field(default=())
    extent: NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """Stretches of signal, or samples of a table: what columns have one entry for."""
        return len(next(iter(self.inputs.values())).values) if self.extent is None else len(self.extent)
