"""A table over epochs of someone's loop: columns may come later, and then stand empty in the rows before."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from polyhead.trace.folder import write_whole
from polyhead.trace.tables import Tables, Value


class GrowingTables:
    """The tables of a trace folder, as Tables writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = Tables(folder)
        self._columns: dict[str, list[str]] = {}

    def append(self, table: str, row: Mapping[str, Value]) -> None:
        """Add a row; where it has new columns, the table is written anew with them."""
        columns = self._columns.setdefault(table, list(row))
        new = [name for name in row if name not in columns]
        if new:
            columns += new
            self._widen(table, columns)
        self._tables.append(table, dict.fromkeys(columns) | dict(row))

    def _widen(self, table: str, columns: list[str]) -> None:
        path = self._folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_whole(path, text.getvalue())
        self._tables = Tables(self._folder)
