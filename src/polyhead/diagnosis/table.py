"""Tables as text that other programs wrote: separators and encodings found out, one clear line where it is none."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.errors import InputError

if TYPE_CHECKING:
    import polars

_NOTHING = ["", "nan", "NaN", "NAN", "null", "None", "NA", "N/A", "-"]


def read_csv(path: Path) -> polars.DataFrame:
    """A table with a header. Numbers are numbers, `inf` and `nan` are read as such; a file cut off in the middle of
    its last line keeps what is whole. Raises InputError where it is no table."""
    import polars as pl

    text, separator = text_of(path)
    try:
        frame = pl.read_csv(
            io.StringIO(text),
            separator=separator,
            infer_schema=False,
            null_values=_NOTHING,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"is no table ({_first(error)})", where=str(path)) from error
    first = frame.columns[0]
    if (frame[first] == first).any():  # a log that was taken up again under a second header
        frame = frame.filter(~pl.all_horizontal(pl.col(name) == name for name in frame.columns).fill_null(False))
    names = [name.strip() for name in frame.columns]
    if len(set(names)) < len(names):
        raise InputError("two columns have one name", where=str(path), do="rename one of them")
    return frame.rename(dict(zip(frame.columns, names, strict=True))).select(
        _number(frame[old], new, separator) for old, new in zip(frame.columns, names, strict=True)
    )


def by_key(frame: polars.DataFrame, key: str, alone: str) -> dict[str, polars.DataFrame]:
    """The rows by the words in column `key`, in the order in which they appear; all as `alone` without that column."""
    if key not in frame.columns:
        return {alone: frame}
    words = frame[key].cast(str).fill_null("")
    return {str(word): frame.filter(words == word) for word in words.unique(maintain_order=True)}


def _number(column: polars.Series, name: str, separator: str) -> polars.Series:
    """A column of text as numbers, where every cell that is not empty is one."""
    import polars as pl

    text = column.str.strip_chars()
    if separator == ";" or (separator == "\t" and _decimal_commas(text)):
        text = text.str.replace(",", ".", literal=True)
    value = text.cast(pl.Float64, strict=False)
    return (value if value.null_count() == text.null_count() else column).alias(name)


def _decimal_commas(text: polars.Series) -> bool:
    """Whether commas stand before decimals: one a cell at most, and not always before three digits, as thousands do."""
    held = text.drop_nulls()
    held = held.filter(held.str.contains(",", literal=True))
    return bool(len(held)) and not held.str.contains(r",.*,|,\d{3}$").all()


def text_of(path: Path) -> tuple[str, str]:
    """A file that should hold a table as text, from its header on, and the separator of which the header holds most.

    Lines of comment (#) before the header are left out, and so is Excel's `sep=;`. Raises InputError where it is no
    text.
    """
    text = read_text(path).lstrip()
    while True:
        header, mark, rest = text.partition("\n")
        if not mark or not (header.startswith("#") or re.fullmatch(r"sep=.\s*", header)):
            return text, _separator(header.rstrip("\r"))
        text = rest


def read_text(path: Path) -> str:
    """The text of a file, UTF-8, UTF-16 by its mark, or else Latin-1. Raises InputError where it holds none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = raw.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text or _is_noise(text):
        raise InputError("is no text", where=str(path), do="name a csv file, or the folder of a log")
    if not text.strip():
        raise InputError("the file is empty", where=str(path))
    return text


def _is_noise(text: str) -> bool:
    head = text[:4096]
    return sum(not (one.isprintable() or one in "\t\r\n") for one in head) > 0.02 * len(head)


def _separator(header: str) -> str:
    """The separator of which the header holds most."""
    return max(",;\t|", key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:120]
