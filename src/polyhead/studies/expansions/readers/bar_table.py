"""A table of price bars as series: which columns are meant, and the rows of each series."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.readers.cells import check_column, check_names, column_of, unreadable
from polyhead.signals.readers.path import readable
from polyhead.signals.readers.table import CsvOptions, csv_frame
from polyhead.studies.expansions.bars import Bars, Rows, bars_of_closes, check_bars
from polyhead.studies.expansions.readers.bars_options import BarColumns, BarsOptions
from polyhead.studies.expansions.readers.stamps import seconds

if TYPE_CHECKING:
    import polars

SPELLINGS = {
    "time": ("time", "datetime", "date", "timestamp", "date_time", "open_time", "t"),
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price", "max"),
    "low": ("low", "l", "low_price", "min"),
    "close": ("close", "c", "last", "close_price"),
    "symbol": ("symbol", "ticker", "instrument"),
}
"""Names by what they hold, the usual first; case and blanks do not count."""
PRICES = ("open", "high", "low", "close")
CLOCK = r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?"
"""A time of day without a date."""
ENDINGS = (".csv", ".csv.gz", ".parquet", ".zip")


@dataclass(frozen=True)
class Series:
    """One series of a file by name."""

    name: str
    bars: Bars
    file: Path


def read_series(path: Path, options: BarsOptions) -> Iterator[Series]:
    """Every series of a csv, csv.gz, zip (of one csv) or parquet file, in order of appearance, checked.

    Raises InputError with file and row.
    """
    frame = frame_of(path, options)
    if frame.height == 0:
        raise InputError("has a header but no rows", where=str(path))
    names = names_of(path, frame, options)
    time = seconds(stamps_of(path, frame, names["time"]), path, options.time_format, options.zone)
    prices = {one: _prices(path, frame, names[one][0]) * options.price_unit for one in PRICES if one in names}
    stem = path.name
    for ending in sorted(ENDINGS, key=len, reverse=True):
        stem = stem.removesuffix(ending)
    for name, rows in rows_of(frame, names.get("symbol", [])):
        known = {one: values[rows] for one, values in prices.items()}
        bars = _bars(time[rows], known, rows + 1, str(path), options)
        yield Series(f"{stem} {name}" if name else stem, bars, path)


def files_of(path: str) -> list[Path]:
    """The file, or the files of a folder that may hold bars, by name. Raises InputError."""
    root = Path(path)
    if not root.is_dir():
        return [readable(path)]
    files = sorted(file for file in root.iterdir() if file.is_file() and file.name.lower().endswith(ENDINGS))
    if not files:
        raise InputError(f"holds no file that ends in {', '.join(ENDINGS)}", where=path, do="check data.path")
    return [readable(str(file)) for file in files]


def frame_of(path: Path, options: BarsOptions) -> polars.DataFrame:
    """The whole table as it stands in the file. Raises InputError where it is none."""
    import polars

    broken = (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError, ValueError)
    if path.suffix.lower() == ".parquet":
        try:
            return polars.read_parquet(path, glob=False)
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
            raise unreadable(path, "parquet", error) from error
    if path.suffix.lower() != ".zip":
        separator, comma = options.separator, options.decimal_comma
        return csv_frame(path, CsvOptions(header=options.header, separator=separator, decimal_comma=comma))
    try:
        with zipfile.ZipFile(path) as packed:
            inside = packed.namelist()
            if len(inside) != 1:
                raise InputError(f"holds {len(inside)} files, expected one csv", where=str(path), do="unpack it")
            table = packed.read(inside[0])
        frame = polars.read_csv(
            io.BytesIO(table),
            separator=options.separator,
            decimal_comma=options.decimal_comma,
            has_header=options.header,
            infer_schema_length=None,
        )
    except (zipfile.BadZipFile, *broken) as error:
        raise unreadable(path, "zip", error) from error
    check_names(path, frame.columns)
    return frame


def names_of(path: Path, frame: polars.DataFrame, options: BarsOptions) -> dict[str, list[str]]:
    """The columns by what they hold; the four prices, or the close alone where bars are made of closes."""
    schema, there = frame.schema, frame.columns
    given = {name: _listed(getattr(options.columns, name)) for name in BarColumns.model_fields}
    if not options.header and not any(given.values()):
        two = len(there) > 1 and _is_clock(frame[there[1]])  # date and time stand in two columns
        given["time"] = there[: 1 + two]
        given |= {name: [key] for name, key in zip(PRICES, there[1 + two :], strict=False)}
    for key in (key for keys in given.values() for key in keys):
        check_column(path, schema, key)
    found = {name: keys or _guess(path, name, there) for name, keys in given.items()}
    dates = spelt_as("date", there)
    if dates and not given["time"] and found["time"] != dates:
        clock = frame[found["time"][0]]
        found["time"] = [*dates, *found["time"]] if _is_clock(clock) or _digits(clock) else found["time"]
    full = [key for name in ("open", "high", "low") for key in found[name]]
    if options.closes is not None and full:
        what = f"bars have columns of their own here, {', '.join(map(repr, full))}, and data.closes would not use them"
        raise InputError(what, where=str(path), do="leave data.closes out")
    wanted = ("time", "close") if options.closes else ("time", *PRICES)
    missing = [name for name in wanted if not found[name]]
    if missing:
        if options.header and _number(there[-1].partition("_dup")[0]):
            raise InputError(f"line 1 holds {there[0]!r}, no names", where=str(path), do="write data.header: false")
        other = next((one for one in ";\t|" if one in there[0] and one != options.separator), None)
        if len(there) == 1 and other:
            what = f"one column, {there[0]!r}, holds the whole line"
            raise InputError(what, where=str(path), do=f"write data.separator: {json.dumps(other)}")
        only_close = not options.closes and found["close"] and set(missing) == set(PRICES) - {"close"}
        do = "write data.closes: 5 to make a bar of five closes" if only_close else "name them in data.columns"
        has = ", ".join(map(repr, there[:12]))
        raise InputError(f"no column for {', '.join(missing)}; it has {has}", where=str(path), do=do)
    return {name: keys for name, keys in found.items() if keys and (name in wanted or name == "symbol")}


def _is_clock(column: polars.Series) -> bool:
    """Whether it holds times of day without a date."""
    import polars

    first = column.drop_nulls().head(1)
    text = first.dtype == polars.String and bool(first.str.strip_chars().str.contains(f"^{CLOCK}$").any())
    return first.dtype == polars.Time or text


def _digits(column: polars.Series) -> int:
    """Digits of times of day as whole numbers, 930 or 93000, which have lost their zeros in front; 0 for others."""
    if not column.dtype.is_integer() or not len(values := column.drop_nulls().to_numpy()):
        return 0
    least, most = int(values.min()), int(values.max())
    return 0 if least < 0 or most > 235959 else 4 if most < 2400 else 6


def stamps_of(path: Path, frame: polars.DataFrame, keys: list[str]) -> polars.Series:
    """The stamps, the texts of several columns joined, times such as 930 as 0930. Raises InputError for times of day
    without a date."""
    import polars

    if len(keys) > 1:
        first, *others = (polars.col(key).cast(polars.String).str.strip_chars() for key in keys)
        padded = [one.str.zfill(_digits(frame[key])) for one, key in zip(others, keys[1:], strict=True)]
        return frame.select(polars.concat_str([first, *padded], separator=" "))[keys[0]]
    column = frame[keys[0]]
    if _is_clock(column):
        row = int(column.is_not_null().arg_true()[0])
        raise InputError(
            f"row {row + 1}: {keys[0]} {str(column[row])!r} has no date",
            where=str(path),
            do=f"name both columns, as `columns: {{time: [DATE, {keys[0]}]}}`",
        )
    return column


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _listed(keys: str | list[str] | None) -> list[str]:
    return [keys] if isinstance(keys, str) else keys or []


def _guess(path: Path, name: str, there: Sequence[str]) -> list[str]:
    for spelling in SPELLINGS[name]:
        keys = spelt_as(spelling, there)
        if len(keys) > 1:
            both = " and ".join(map(repr, keys))
            raise InputError(f"{both} may both be {name}", where=str(path), do=f"name one in data.columns.{name}")
        if keys:
            return keys
    return []


def spelt_as(spelling: str, there: Sequence[str]) -> list[str]:
    """The names that are written so, or in angle brackets; case and blanks do not count."""
    plain = {key: key.strip().lower().replace(" ", "_") for key in there}
    return [key for key, spelt in plain.items() if spelt in (spelling, f"<{spelling}>")]


def _prices(path: Path, frame: polars.DataFrame, key: str) -> NDArray[np.float64]:
    import polars

    check_column(path, frame.schema, key)
    column = frame[key]
    if column.dtype.is_temporal():
        raise InputError(f"{key} holds times, not prices", where=str(path), do="name another in data.columns")
    numbers = column.cast(polars.Float64, strict=False)
    wrong = (numbers.is_null() & column.is_not_null()).arg_true()
    if len(wrong) and not _holiday(column, wrong):
        row = int(wrong[0])
        comma = re.fullmatch(r"\s*\d+,\d+\s*", str(column[row]))
        do = "write data.decimal_comma: true" if comma else "leave the row out, or fill in its price"
        raise InputError(f"row {row + 1}: {key} is {column[row]!r}, not a number", where=str(path), do=do)
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _holiday(column: polars.Series, wrong: polars.Series) -> bool:
    """Whether what is no number is the dot that FRED writes where there was no price."""
    return bool((column.gather(wrong).str.strip_chars() == ".").all())


def rows_of(frame: polars.DataFrame, keys: list[str]) -> Iterator[tuple[str, Rows]]:
    """Name and rows from 0 of each series that the columns `keys` tell apart, all rows without a name for no column."""
    if not keys:
        yield "", np.arange(frame.height)
        return
    labels = np.array([" ".join(map(str, row)) for row in zip(*(column_of(frame[key]) for key in keys), strict=True)])
    names, first, of = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(of, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(of))[:-1])
    for at in np.argsort(first):
        yield str(names[at]), parts[at]


def _bars(
    time: NDArray[np.float64], prices: dict[str, NDArray[np.float64]], rows: Rows, where: str, options: BarsOptions
) -> Bars:
    if options.closes is None:
        bars = Bars(time, *(prices[one] for one in PRICES))
        check_bars(bars, rows, where)
        return bars
    kept = ~np.isnan(prices["close"])
    close, time = prices["close"][kept], time[kept]
    check_bars(Bars(time, close, close, close, close), rows[kept], where)
    return bars_of_closes(time, close, options.closes)
