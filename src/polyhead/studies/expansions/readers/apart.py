"""Which columns tell the series of a table of bars apart, where their usual names do not say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.studies.expansions.features import WARM_UP
from polyhead.studies.expansions.readers.bar_table import frame_of, names_of, rows_of, stamps_of
from polyhead.studies.expansions.readers.bars_options import BarsOptions
from polyhead.studies.expansions.readers.stamps import seconds

if TYPE_CHECKING:
    import polars

MOST = 4
"""Text columns that are tried together."""


def telling_apart(path: Path, options: BarsOptions) -> list[str]:
    """The fewest text columns within which times rise, in the table's order; none where those the reader takes by
    itself do, or where no columns do. Raises InputError for a table that is none, or is too short for a first row."""
    frame = frame_of(path, options)
    if frame.height <= WARM_UP:
        what = f"holds {frame.height or 'no'} bar{'s'[: frame.height != 1]}, features need {WARM_UP} before the first"
        raise InputError(what, where=str(path), do="give a longer series")
    try:
        names = names_of(path, frame, options)
        time = seconds(stamps_of(path, frame, names["time"]), path, options.time_format, options.zone)
    except InputError:
        return []  # it has a key that mends it, which `check` names
    if _rises(time, frame, names.get("symbol", [])):
        return []
    others = _repeating(frame, {key for name, keys in names.items() if name != "symbol" for key in keys})
    tried = chain.from_iterable(combinations(others, count) for count in range(1, MOST + 1))
    return next((list(keys) for keys in tried if _rises(time, frame, list(keys))), [])


def _repeating(frame: polars.DataFrame, used: set[str]) -> list[str]:
    """Text columns with more than one value, each of which stands in more rows than features need on average."""
    import polars

    texts = [key for key in frame.columns if frame[key].dtype == polars.String and key not in used]
    return [key for key in texts if 1 < frame[key].n_unique() < frame.height / WARM_UP]


def _rises(time: NDArray[np.float64], frame: polars.DataFrame, keys: list[str]) -> bool:
    parts: Iterator[NDArray[np.int64]] = (rows for _, rows in rows_of(frame, keys))
    return all(bool((np.diff(time[rows]) > 0).all()) for rows in parts)
