"""Time stamps as seconds since 1970, beside Python's own reading of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars
import pytest

from polyhead.errors import InputError
from polyhead.studies.expansions.readers.stamps import seconds

FILE = Path("x.csv")
NEW_YEAR = 1704067200  # 2024-01-01 00:00 UTC


def read(*cells, written=None, zone=None):
    return seconds(polars.Series("time", list(cells)), FILE, written, zone).tolist()


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-01",
        "2024-01-01 00:00",
        "2024-01-01 00:00:00",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00.000",
        "20240101",
        "20240101 00:00",
        "2024/01/01",
        "2024.01.01 00:00",
        "01.01.2024",
        20240101,
        NEW_YEAR,
        NEW_YEAR * 1000,
        NEW_YEAR * 10**6,
        NEW_YEAR * 10**9,
        float(NEW_YEAR),
        datetime(2024, 1, 1),
        datetime(2024, 1, 1).date(),
        "2024-01-01T00:00:00Z",
        "2024-01-01 01:00:00+01:00",
        "2023-12-31T19:00:00-0500",
    ],
)
def test_one_moment_written_in_many_ways(cell):
    assert read(cell, cell) == [NEW_YEAR, NEW_YEAR]


def test_empty_cells_are_not_known():
    assert np.isnan(read("2024-01-01", None)[1])


@pytest.mark.parametrize("month", [1, 7])  # winter and summer
def test_stamps_of_a_zone(month):
    cell = f"2024-0{month}-15 09:30"
    local = datetime(2024, month, 15, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert read(cell, zone="America/New_York") == [local.timestamp()]
    assert read(cell) == [datetime(2024, month, 15, 9, 30, tzinfo=UTC).timestamp()]
    assert read(datetime(2024, month, 15, 9, 30), zone="America/New_York") == [local.timestamp()]


def test_month_first_where_a_day_above_12_tells():
    assert read("1/4/1999", "1/13/1999") == [915408000, 916185600]  # 4 and 13 January
    assert read("4/1/1999", "13/1/1999") == [915408000, 916185600]


@pytest.mark.parametrize(
    ("cells", "options", "said"),
    [
        (["1/4/1999", "1/5/1999"], {}, "may begin with the month or the day.*time_format: '%m/%d/%Y'"),
        (["2024-01-01", "soon"], {}, "row 2: time 'soon' is not a date and time"),
        (["soon", "later"], {}, "row 1: time 'soon' is not a date and time"),
        (["2024-01-01"], {"written": "%d/%m/%Y"}, "row 1: time '2024-01-01' is not the format %d/%m/%Y"),
        (["2024-01-01 00:00Z", "2024-01-01 00:01"], {}, "row 2: time '2024-01-01 00:01' names no zone, others do"),
        (["2024-01-01 00:00:00Z"], {"zone": "Asia/Tokyo"}, "its stamps name their zone; leave zone out"),
        ([NEW_YEAR], {"zone": "Asia/Tokyo"}, "numbers since 1970 are UTC"),
        (["2024-01-01 00:00"], {"zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        (["2024-11-03 00:30", "2024-11-03 01:30"], {"zone": "America/New_York"}, "row 2: .* is twice or never"),
        (["2024-03-10 02:30"], {"zone": "America/New_York"}, "row 1: .* is twice or never"),
    ],
)
def test_what_is_unclear_is_refused(cells, options, said):
    with pytest.raises(InputError) as caught:
        read(*cells, **options)
    assert re.search(said, caught.value.line), caught.value.line
    assert "\n" not in caught.value.line


def test_a_format_that_is_said_is_used():
    assert read("1/4/1999", written="%d/%m/%Y") == [922924800]  # 1 April


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-01 00:00Z",
        "2024-01-01T00:00Z",
        "2024-01-01 02:00+02:00",
        "2024-01-01 02:00 +0200",
        "2024-01-01T00:00:00 Z",
    ],
)
def test_a_zone_after_minutes(cell):
    assert read(cell) == [NEW_YEAR]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("02/01/2024 00:00Z", "%d/%m/%Y %H:%MZ"),
        ("02/01/2024 00:00Z", "%d/%m/%Y %H:%M"),
        ("02/01/2024 00:00Z", "%d/%m/%Y %H:%M%z"),
        ("01/02/2024 02:00 +0200", "%m/%d/%Y %H:%M %z"),
        ("01/02/2024 02:00+02:00", "%m/%d/%Y %H:%M%z"),
        (202401020000, "%Y%m%d%H%M"),  # not 202401020000 s since 1970
        ("20240102 000000", None),
    ],
)
def test_a_format_is_used_for_stamps_with_a_zone_and_for_numbers_too(cell, written):
    assert read(cell, written=written) == [NEW_YEAR + 86400]


def test_a_stamp_with_a_zone_that_is_not_the_format_is_refused_with_its_row():
    with pytest.raises(InputError, match=r"row 2: time '2024-01-02 00:00Z' is not the format %d/%m/%Y %H:%M"):
        read("02/01/2024 00:00Z", "2024-01-02 00:00Z", written="%d/%m/%Y %H:%M")
