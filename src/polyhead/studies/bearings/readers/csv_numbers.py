"""A small csv file of nothing but numbers, such as one snapshot of a vibration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError

if TYPE_CHECKING:
    import polars


def read_numbers(path: Path, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """The numbers (line, column) of a file with a comma or semicolon between cells, with or without a header.

    `columns` names what is expected, for messages. Raises InputError with the line of the first cell that is no number
    and of the first line with more or fewer cells.
    """
    try:
        first = _first_line(path, columns)
        separator = ";" if ";" in first else ","
        header = all(_is_name(cell) for cell in first.split(separator))
        frame = _at_once(path, separator, header, columns)
        found = _line_by_line(path, separator, header, columns) if frame is None else frame.to_numpy()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
    if not len(found):
        raise InputError("has a header but no numbers", where=str(path), do="copy it again")
    return found


def _first_line(path: Path, columns: tuple[str, ...]) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline()
    if not first:
        raise InputError("is an empty file", where=str(path), do="copy it again")
    if not first.strip():
        raise InputError(f"line 1 is blank, expected {', '.join(columns)}", where=str(path))
    return first


def _is_name(cell: str) -> bool:
    """Whether a cell of the first line is the name of a column; a number that cannot be read is none."""
    text = cell.strip().strip('"').lower()
    return text[:1].isalpha() and text not in ("nan", "inf", "infinity")


def _at_once(path: Path, separator: str, header: bool, columns: tuple[str, ...]) -> polars.DataFrame | None:
    """The whole file, or None where it is not as regular as it should be."""
    import polars

    try:
        frame = polars.read_csv(
            path,
            separator=separator,
            has_header=False,
            skip_rows=int(header),
            schema=dict.fromkeys(columns, polars.Float64),
            glob=False,
        )
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException):
        return None
    return None if any(frame.null_count().row(0)) else frame


def _line_by_line(path: Path, separator: str, header: bool, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """As `_at_once`, slowly: blank lines and blanks around numbers are let pass, what else is wrong gets its line."""
    numbers: list[list[float]] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            cells = [cell.strip().strip('"') for cell in line.split(separator)]
            if line.strip() and len(cells) != len(columns):
                raise InputError(
                    f"line {number} has {len(cells)} columns, expected {len(columns)} ({', '.join(columns)})",
                    where=str(path),
                    do="it may be cut short: copy it again",
                )
            if line.strip() and not (header and number == 1):
                numbers.append([_number(path, number, *cell) for cell in zip(columns, cells, strict=True)])
    return np.array(numbers, dtype=np.float64)


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        if "_" not in cell:  # Python reads 1_0 as ten
            return float(cell)
    except ValueError:
        pass
    raise InputError(f"line {line}, column {column}: {cell!r} is not a number", where=str(path))
