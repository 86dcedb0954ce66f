"""A table of price bars as series: which columns are meant, and the rows of each series."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
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
    frame = _frame(path, options)
    if frame.height == 0:
        raise InputError("has a header but no rows", where=str(path))
    names = _names(path, frame.schema, options)
    time = seconds(frame[names["time"][0]], path, options.time_format, options.zone)
    prices = {one: _prices(path, frame, names[one][0]) * options.price_unit for one in PRICES if one in names}
    stem = path.name
    for ending in sorted(ENDINGS, key=len, reverse=True):
        stem = stem.removesuffix(ending)
    for name, rows in _rows(frame, names.get("symbol", [])):
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


def _frame(path: Path, options: BarsOptions) -> polars.DataFrame:
    import polars

    if path.suffix.lower() == ".parquet":
        try:
            return polars.read_parquet(path, glob=False)
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
            raise unreadable(path, "parquet", error) from error
    if path.suffix.lower() != ".zip":
        return csv_frame(path, CsvOptions(header=options.header))
    try:
        with zipfile.ZipFile(path) as packed:
            inside = packed.namelist()
            if len(inside) != 1:
                raise InputError(f"holds {len(inside)} files, expected one csv", where=str(path), do="unpack it")
            table = packed.read(inside[0])
        frame = polars.read_csv(io.BytesIO(table), has_header=options.header, infer_schema_length=None)
    except (zipfile.BadZipFile, polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
        raise unreadable(path, "zip", error) from error
    check_names(path, frame.columns)
    return frame


def _names(path: Path, schema: Mapping[str, polars.DataType], options: BarsOptions) -> dict[str, list[str]]:
    """The columns by what they hold; the four prices, or the close alone where bars are made of closes."""
    there = list(schema)
    given = {name: _listed(getattr(options.columns, name)) for name in BarColumns.model_fields}
    if not options.header and not any(given.values()):
        given |= {name: [f"column_{at}"] for at, name in enumerate(("time", *PRICES)) if at < len(there)}
    for key in (key for keys in given.values() for key in keys):
        check_column(path, schema, key)
    found = {name: keys or _guess(path, name, there) for name, keys in given.items()}
    wanted = ("time", "close") if options.closes else ("time", *PRICES)
    missing = [name for name in wanted if not found[name]]
    if missing:
        if options.header and _number(there[-1].partition("_dup")[0]):
            raise InputError(f"line 1 holds {there[0]!r}, no names", where=str(path), do="write data.header: false")
        only_close = not options.closes and found["close"] and set(missing) == set(PRICES) - {"close"}
        do = "write data.closes: 5 to make a bar of five closes" if only_close else "name them in data.columns"
        has = ", ".join(map(repr, there[:12]))
        raise InputError(f"no column for {', '.join(missing)}; it has {has}", where=str(path), do=do)
    return {name: keys for name, keys in found.items() if keys and (name in wanted or name == "symbol")}


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _listed(keys: str | list[str] | None) -> list[str]:
    return [keys] if isinstance(keys, str) else keys or []


def _guess(path: Path, name: str, there: Sequence[str]) -> list[str]:
    plain = {key: key.strip().lower().replace(" ", "_") for key in there}
    for spelling in SPELLINGS[name]:
        keys = [key for key, spelt in plain.items() if spelt in (spelling, f"<{spelling}>")]
        if len(keys) > 1:
            both = " and ".join(map(repr, keys))
            raise InputError(f"{both} may both be {name}", where=str(path), do=f"name one in data.columns.{name}")
        if keys:
            return keys
    return []


def _prices(path: Path, frame: polars.DataFrame, key: str) -> NDArray[np.float64]:
    import polars

    check_column(path, frame.schema, key)
    column = frame[key]
    numbers = column.cast(polars.Float64, strict=False)
    wrong = (numbers.is_null() & column.is_not_null()).arg_true()
    if len(wrong) and not _holiday(column, wrong):
        row = int(wrong[0])
        raise InputError(f"row {row + 1}: {key} is {column[row]!r}, not a number", where=str(path))
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _holiday(column: polars.Series, wrong: polars.Series) -> bool:
    """Whether what is no number is the dot that FRED writes where there was no price."""
    return bool((column.gather(wrong).str.strip_chars() == ".").all())


def _rows(frame: polars.DataFrame, keys: list[str]) -> Iterator[tuple[str, Rows]]:
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
