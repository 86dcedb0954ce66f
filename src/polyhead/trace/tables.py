"""The seven tables over epochs: appended while training, cut back to the checkpoint on resume."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from pathlib import Path

from polyhead.errors import InputError
from polyhead.trace.folder import no_room

TABLES = (
    "epoch_metrics",
    "loss_components",
    "uncertainty_params",
    "probability_stats",
    "feature_stats",
    "gradient_stats",
    "parameter_sums",
)
Value = float | int | str | None


class Tables:
    """The CSV files of `trace/`. The first row of a table fixes its columns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns: dict[str, list[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, table: str, row: Mapping[str, Value]) -> None:
        """Add a row. None becomes an empty cell; floats keep every digit."""
        path = self._folder / f"{table}.csv"
        text = io.StringIO()
        columns = self._columns.get(table) or self._read_columns(path)
        writer = csv.DictWriter(text, fieldnames=columns or list(row), lineterminator="\n")
        if columns is None:
            writer.writeheader()
        self._columns[table] = columns or list(row)
        writer.writerow({key: "" if value is None else value for key, value in row.items()})
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(text.getvalue())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise no_room(path, len(text.getvalue()), error) from error

    def _read_columns(self, path: Path) -> list[str] | None:
        if not path.exists() or path.stat().st_size == 0:
            return None
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file))

    def sizes(self) -> dict[str, int]:
        """Bytes of each table, for a checkpoint to remember."""
        return {table: self._size(table) for table in TABLES}

    def cut(self, sizes: Mapping[str, int]) -> None:
        """Drop what was appended after the checkpoint that remembered `sizes`.

        Raises InputError where a table is shorter than it was, so rows are lost.
        """
        self._columns.clear()
        for table, size in sizes.items():
            path = self._folder / f"{table}.csv"
            if self._size(table) < size:
                raise InputError(f"shorter than at the checkpoint ({size:,} bytes)", where=str(path))
            if size == 0:
                path.unlink(missing_ok=True)
            elif path.exists():
                os.truncate(path, size)

    def _size(self, table: str) -> int:
        path = self._folder / f"{table}.csv"
        return path.stat().st_size if path.exists() else 0


def read_epochs(folder: Path) -> list[dict[str, float | None]]:
    """The rows of epoch_metrics.csv under the trace folder, in order; None where a cell is empty or not finite."""
    path = folder / "epoch_metrics.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: _finite(cell) for name, cell in row.items()} for row in rows]


def _finite(cell: str) -> float | None:
    value = float(cell) if cell else math.nan
    return value if math.isfinite(value) else None
