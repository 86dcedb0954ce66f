"""Saved predictions: one row per window, physical units, readable without polyhead."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.trace.folder import write_whole

if TYPE_CHECKING:
    import polars


def columns_of(name: str, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """`values` as columns: `name` for one value per window, else `name.0`, `name.1`, ... in row-major order."""
    if values.ndim == 1:
        return {name: values}
    flat = values.reshape(len(values), -1)
    return {f"{name}.{i}": flat[:, i] for i in range(flat.shape[1])}


def frame_of(
    recording: Sequence[str],
    index: NDArray[np.int64],
    tasks: Mapping[str, Mapping[str, NDArray[Any]]],
    times: Mapping[str, NDArray[np.float64]] | None = None,
) -> polars.DataFrame:
    """The table of predictions: recording, index, `times` (window,) by name, then truth, mask, pred, score and sd of
    each task."""
    import polars

    columns: dict[str, Any] = {"recording": polars.Series(list(recording), dtype=polars.String), "index": index}
    columns |= times or {}
    for task, parts in tasks.items():
        for part, values in parts.items():
            columns |= columns_of(f"{task}.{part}", values)
    return polars.DataFrame(columns)


def write_frame(path: Path, frame: polars.DataFrame) -> None:
    """Write a table whole, as CSV or Parquet by the ending of `path`."""
    write_whole(path, table_bytes(frame, path.suffix))


def table_bytes(frame: polars.DataFrame, ending: str, header: bool = True) -> bytes:
    """A table as the content of a .csv or .parquet file; `header` says whether a csv names its columns."""
    buffer = io.BytesIO()
    if ending == ".csv":
        frame.write_csv(buffer, include_header=header)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()
