"""The steps of a run: one Parquet file per stretch between checkpoints, written whole."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.errors import InputError
from polyhead.trace.folder import write_whole

if TYPE_CHECKING:
    import polars


def write_steps(folder: Path, number: int, columns: Mapping[str, Any]) -> None:
    """Write steps/NNNNN.parquet. `columns` are arrays or lists of one length; NaN becomes null."""
    import polars

    frame = polars.DataFrame(dict(columns)).fill_nan(None)
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_whole(steps_path(folder, number), buffer.getvalue())


def steps_path(folder: Path, number: int) -> Path:
    """Path of one stretch under the trace folder."""
    return folder / "steps" / f"{number:05d}.parquet"


def cut_steps(folder: Path, count: int) -> None:
    """Drop the stretches that were written after the checkpoint, which knew of `count`."""
    for path in (folder / "steps").glob("*.parquet"):
        if int(path.stem) >= count:
            path.unlink()


def read_steps(folder: Path, latest: int | None = None) -> polars.DataFrame:
    """All steps of a run in order, or those of its `latest` so many stretches; an empty frame where none was written. A
    column that only some stretches have is null in the others."""
    import polars

    paths = sorted((folder / "steps").glob("*.parquet"), key=lambda path: int(path.stem))
    frames = [_read(path) for path in paths[-latest if latest else None :]]
    return polars.concat(frames, how="diagonal_relaxed") if frames else polars.DataFrame()


def _read(path: Path) -> polars.DataFrame:
    import polars

    try:
        return polars.read_parquet(path, glob=False)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise InputError("cannot be read as parquet", where=str(path), do="leave the file out to go without") from error
