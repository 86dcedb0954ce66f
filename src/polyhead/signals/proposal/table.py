"""The first rows of a csv or parquet file: separator, header, numbers, and words that stand for "no value"."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.yaml_text import UNREADABLE
from polyhead.errors import InputError
from polyhead.signals.proposal.content import Content, check_rows
from polyhead.signals.readers.cells import EMPTY, check_names, stripped, unreadable

if TYPE_CHECKING:
    import polars

LOOKED_AT = 32 * 2**20
"""Bytes of a table, unpacked, that are looked at."""
_ROWS = 100_000  # of a parquet file, which is read by row groups
_LINES = 200  # by which the separator is told, and that all must have as many cells
_FEW_WORDS = 3  # distinct words among numbers that are taken for "no value"


def look_at_csv(path: Path) -> Content:
    """The first rows of a csv file, packed or not. Raises InputError naming what is wrong with it."""
    import polars

    content, whole = _prefix(path)
    lines = _lines(path, content)
    separator = _separator(lines)
    _refuse_ragged(path, lines, separator)
    header = not any(_is_number(cell) for cell in _cells(lines[0], separator))
    if header:
        _refuse_repeated(path, _cells(lines[0], separator))

    def read(decimal_comma: bool) -> polars.DataFrame:
        return polars.read_csv(
            io.BytesIO(content),
            separator=separator,
            decimal_comma=decimal_comma,
            has_header=header,
            infer_schema_length=None,
            null_values=EMPTY,
        )

    try:
        frame = read(decimal_comma=False)
        comma = any(_decimal_commas(column) for column in frame.get_columns())
        frame = read(decimal_comma=True) if comma else frame
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError) as error:
        raise unreadable(path, "csv", error) from error
    check_names(path, frame.columns)
    frame = frame.with_columns(stripped(frame[name]) for name in frame.columns)
    frame, missing = _words_as_missing(frame)
    options: dict[str, Any] = {"header": False} if not header else {}
    options |= {"separator": separator} if separator != "," else {}
    options |= {"decimal_comma": True} if comma else {}
    options |= {"missing": missing} if missing else {}
    return _content("csv", path, frame, frame.height, options, whole)


def look_at_parquet(path: Path) -> Content:
    """The first rows of a parquet file. Raises InputError where it cannot be read."""
    import polars

    try:
        lazy = polars.scan_parquet(path, glob=False)
        rows = int(lazy.select(polars.len()).collect().item())
        frame = lazy.head(_ROWS).collect()
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        raise unreadable(path, "parquet", error) from error
    return _content("parquet", path, frame, rows, {}, True)


def _prefix(path: Path) -> tuple[bytes, bool]:
    """Whole lines from the start of the file, and whether these are all."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            content = file.read(LOOKED_AT)
            whole = not file.read(1)
    except PermissionError as error:
        raise InputError("cannot be opened (permission denied)", where=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be unpacked ({error})", where=str(path), do="copy or export it again") from error
    return (content if whole else content[: content.rfind(b"\n") + 1]), whole


def _lines(path: Path, content: bytes) -> list[str]:
    """The first lines that are not empty. Raises InputError where there is no text."""
    first = content[: 64 * 2**10 if b"\n" in content[: 64 * 2**10] else None]
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(first) == len(content) or error.start < len(first) - 4:
            do = "save it with the encoding UTF-8"
            raise InputError("is not UTF-8 text", where=str(path), do=do) from error
        text = first[: error.start].decode("utf-8-sig")
    if "\0" in text:
        raise InputError("is no text but binary data", where=str(path), do="name a csv file")
    whole = text if len(first) == len(content) else text[: text.rfind("\n")]
    lines = [line for line in whole.splitlines() if line.strip()][:_LINES]
    if not lines:
        raise InputError("holds no text", where=str(path))
    return lines


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _decimal_commas(column: polars.Series) -> bool:
    """Whether a column of text holds nothing but numbers written 1,5."""
    import polars

    known = column.drop_nulls()
    if column.dtype != polars.String or not len(known):
        return False
    return bool(known.str.strip_chars().str.contains(r"^[-+]?\d*,?\d+$").all() and known.str.contains(",").any())


def _separator(lines: list[str]) -> str:
    """The character that cuts the lines into the same number of cells, more than one; else into the most."""
    best, most = ",", 1
    for candidate in (",", ";", "\t", "|", " "):
        counts = {len(_cells(line, candidate)) for line in lines}
        if len(counts) == 1 and min(counts) > most:
            best, most = candidate, min(counts)
    return best


def _refuse_ragged(path: Path, lines: list[str], separator: str) -> None:
    wanted = len(_cells(lines[0], separator))
    for number, line in enumerate(lines, start=1):
        if lines[0].count('"') % 2 or line.count('"') % 2:
            return  # a quoted cell goes on in the next line
        found = len(_cells(line, separator))
        if found != wanted:
            raise InputError(
                f"is no table: line {number} holds {found} cells, the first {wanted}",
                where=str(path),
                do="remove what stands above or below the table",
            )


def _refuse_repeated(path: Path, names: list[str]) -> None:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InputError(f"several columns are called {twice!r}", where=str(path), do="give each its own name")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.strip().lower() not in ("nan", "inf", "infinity")


def _words_as_missing(frame: polars.DataFrame) -> tuple[polars.DataFrame, list[str]]:
    """Columns of numbers but for a few words become numbers; the words are returned."""
    import polars

    texts = {name: frame[name] for name in frame.columns if frame[name].dtype == polars.String}
    numbers = {name: one.cast(polars.Float64, strict=False) for name, one in texts.items()}
    words = {
        name: set(one.filter(numbers[name].is_null() & one.is_not_null()).unique()[: _FEW_WORDS + 1].to_list())
        for name, one in texts.items()
    }
    fits = {name for name, found in words.items() if 2 * numbers[name].null_count() < frame.height}
    fits &= {name for name, found in words.items() if len(found) <= _FEW_WORDS}
    fits -= {name for name in fits if any(UNREADABLE.search(word) for word in words[name])}
    said = set().union(*(texts[name].unique().to_list() for name in texts if name not in fits))
    fits -= {name for name in fits if words[name] & said}  # the word is a value elsewhere
    missing = sorted(set().union(*(words[name] for name in fits)))
    return frame.with_columns(numbers[name] for name in sorted(fits)), missing


def _content(
    reader: str, path: Path, frame: polars.DataFrame, rows: int, options: dict[str, Any], whole: bool
) -> Content:
    import polars

    check_rows(frame.height, str(path))
    columns: dict[str, NDArray[Any]] = {}
    others: dict[str, tuple[int, ...]] = {}
    for name in frame.columns:
        one = frame[name]
        if one.dtype.is_nested() or one.dtype in (polars.Binary, polars.Duration, polars.Object):
            others[name] = (rows,)
        elif one.dtype.is_numeric() or one.dtype == polars.Boolean:
            columns[name] = one.cast(polars.Float64).to_numpy()
        else:
            columns[name] = np.asarray(one.cast(polars.String).fill_null("").to_list(), dtype=np.str_)
    return Content(reader, rows, frame.height, columns, others=others, options=options, whole=whole)
