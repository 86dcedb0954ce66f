"""Time stamps of a table as seconds since 1970."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError

if TYPE_CHECKING:
    import polars

FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y%m%d %H:%M",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d %H%M",
    "%Y%m%d %H%M%S",
    "%Y-%m-%d %H%M",
    "%Y-%m-%d %H%M%S",
    "%Y%m%d",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d",
    "%Y.%m.%d %H:%M",
    "%Y.%m.%d %H:%M:%S%.f",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H%M",
    "%d/%m/%Y %H%M",
    "%m/%d/%Y %H%M%S",
    "%d/%m/%Y %H%M%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
)
AWARE = r"(Z|[+-]\d{2}:?\d{2})$"
"""What ends a stamp that names its zone, after a time of day."""
UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (np.inf, 1e9))
"""Numbers since 1970 up to the first are so many in a second: s up to the year 5138, then ms, us and ns."""
DAYS = (19000101, 21001231)
"""Whole numbers between these are dates, as 20240131."""


def seconds(column: polars.Series, where: Path, written: str | None, zone: str | None) -> NDArray[np.float64]:
    """Stamps (row,) as s since 1970, NaN where empty. Text that names no zone is of `zone`, UTC by default.

    Raises InputError naming the row for a stamp that cannot be read, that fits two formats, that names a zone where
    others do not, or that `zone` has twice or never, when its clocks change.
    """
    import polars

    if column.dtype.is_numeric() and not _is_date(column) and written is None:
        if zone is not None:
            raise InputError("numbers since 1970 are UTC and have no zone", where=str(where), do="leave zone out")
        return _numbers(column)
    if column.dtype == polars.Date:
        column = column.cast(polars.Datetime("us"))
    if column.dtype.is_numeric():
        column = column.cast(polars.Int64, strict=False).cast(polars.String)
    if isinstance(column.dtype, polars.Datetime):
        if column.dtype.time_zone is not None:
            return _since(column)
        return _since(_in_zone(column, where, zone))
    text = column.cast(polars.String).str.strip_chars()
    aware = text.str.contains(r"\d:\d\d.*" + AWARE).fill_null(False)
    known = text.is_not_null()
    if (aware & known).any():
        return _aware(text, aware, where, zone, written)
    return _since(_in_zone(_parsed(text, where, written), where, zone))


def _is_date(column: polars.Series) -> bool:
    values = column.drop_nulls()
    low, high = values.min(), values.max()
    return isinstance(low, int) and isinstance(high, int) and DAYS[0] <= low and high <= DAYS[1]


def _numbers(column: polars.Series) -> NDArray[np.float64]:
    values = column.cast(float).to_numpy().astype(np.float64)
    largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    return np.asarray(values / next(per for limit, per in UNITS if largest < limit))


def _since(stamps: polars.Series) -> NDArray[np.float64]:
    import polars

    whole = stamps.dt.epoch("us").cast(polars.Float64).to_numpy()
    return np.asarray(whole / 1e6)


def _parsed(text: polars.Series, where: Path, written: str | None) -> polars.Series:
    import polars

    best = text.head(0)
    for one in (written,) if written else FORMATS:
        stamps = _read(text, one)
        if stamps.null_count() > text.null_count():
            best = stamps if len(best) == 0 or stamps.null_count() < best.null_count() else best
            continue
        if not written and one.startswith("%m/%d"):
            other = _read(text, one.replace("%m/%d", "%d/%m"))
            if other.null_count() == stamps.null_count() and not other.equals(stamps):
                raise InputError(
                    f"stamps such as {text.drop_nulls()[0]!r} may begin with the month or the day",
                    where=str(where),
                    do=f"write data.time_format: '{one}', or the other way about",
                )
        return stamps
    unread = (best.is_null() & text.is_not_null()).arg_true() if len(best) else polars.Series([0])
    row = int(unread[0])
    expected = f"the format {written}" if written else "a date and time, such as 2024-01-31 14:30"
    raise InputError(
        f"row {row + 1}: time {text[row]!r} is not {expected}", where=str(where), do="write or correct data.time_format"
    )


def _read(text: polars.Series, written: str) -> polars.Series:
    """Stamps in one format, null where they are not."""
    import polars

    kind = polars.Datetime("us")
    if any(code in written for code in ("%H", "%I", "%T", "%s")):
        return text.str.strptime(kind, written, strict=False)
    return text.str.strptime(polars.Date, written, strict=False).cast(kind)


def _aware(
    text: polars.Series, aware: polars.Series, where: Path, zone: str | None, written: str | None
) -> NDArray[np.float64]:
    import polars

    if zone is not None:
        raise InputError("its stamps name their zone", where=str(where), do="leave zone out")
    without = (~aware & text.is_not_null()).arg_true()
    if len(without):
        row = int(without[0])
        raise InputError(
            f"row {row + 1}: time {text[row]!r} names no zone, others do", where=str(where), do="write them one way"
        )
    utc = polars.Datetime("us", "UTC")
    plain = text.str.replace(r" ?Z$", "+00:00")
    if written is None:
        plain = plain.str.replace(" ", "T", n=1, literal=True).str.replace(r" ?([+-]\d\d):?(\d\d)$", "$1:$2")
        stamps = plain.str.replace(r"(T\d\d:\d\d)([+-])", "$1:00$2").str.strptime(utc, "%+", strict=False)
    else:
        whole = written.replace("%:z", "%z").replace("%#z", "%z").removesuffix("Z").rstrip()
        stamps = plain.str.strptime(utc, whole if "%z" in whole else f"{whole}%z", strict=False)
    unread = (stamps.is_null() & text.is_not_null()).arg_true()
    if len(unread):
        row = int(unread[0])
        what = "cannot be read" if written is None else f"is not the format {written}"
        do = "" if written is None else "correct data.time_format"
        raise InputError(f"row {row + 1}: time {text[row]!r} {what}", where=str(where), do=do)
    return _since(stamps)


def _in_zone(stamps: polars.Series, where: Path, zone: str | None) -> polars.Series:
    import polars

    try:
        moved = stamps.dt.replace_time_zone(zone or "UTC", ambiguous="null", non_existent="null")
    except polars.exceptions.PolarsError as error:
        raise InputError(f"no time zone {zone!r}", where="data.zone", do="write one as America/New_York") from error
    lost = (moved.is_null() & stamps.is_not_null()).arg_true()
    if len(lost):
        row = int(lost[0])
        raise InputError(
            f"row {row + 1}: {stamps[row]} is twice or never in {zone}, when its clocks change",
            where=str(where),
            do="write times in UTC",
        )
    return moved
