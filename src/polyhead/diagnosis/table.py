"""Tables as text that other programs wrote: separators and encodings found out, one clear line where it is none."""

from __future__ import annotations

import csv
import io
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

    text = _text(path)
    separator = _separator(text)
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
    if separator == ";":
        text = text.str.replace(",", ".", literal=True)
    value = text.cast(pl.Float64, strict=False)
    return (value if value.null_count() == text.null_count() else column).alias(name)


def _text(path: Path) -> str:
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


def _separator(text: str) -> str:
    """The separator of which the header holds most."""
    header = text.lstrip().splitlines()[0]
    return max(",;\t|", key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:120]
