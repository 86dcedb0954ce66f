"""Tables over epochs once more, under the names that their columns have in a study's own publication."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from polyhead.trace.folder import RunFolder, write_whole

Columns = Mapping[str, Mapping[str, str]]
"""{table: {our name of a column: theirs}}."""


def write_published(run: RunFolder, columns: Columns) -> list[Path]:
    """Write published/TABLE.csv for each table of the trace that has one of these columns; returns the files.

    Only the names in its first line change: values, rows and columns that have the same name are those of the trace.
    Raises InputError where the disk has no room.
    """
    written = []
    for table, names in columns.items():
        path = run.trace / f"{table}.csv"
        if not path.is_file():
            continue
        header, _, rows = path.read_text(encoding="utf-8").partition("\n")
        ours = next(csv.reader([header]), [])
        if any(name in names for name in ours):
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow(names.get(name, name) for name in ours)
            target = run.path / "published" / path.name
            write_whole(target, line.getvalue() + rows)
            written.append(target)
    return written
