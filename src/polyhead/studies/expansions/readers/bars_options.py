"""Keys of the bars reader."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from polyhead.config.block import Block, Names
from polyhead.studies.expansions.rule import RuleOptions


class BarColumns(Block):
    """What a file's columns are called. Left out: found by their usual names, whatever their case."""

    time: str | Names | None = None
    """Time stamps: text, dates, or numbers since 1970 in s, ms, us or ns. Usually time, date, datetime, timestamp. Of
    several columns the texts are joined by a blank, as of `[date, time]`; these two are found by themselves."""
    open: str | None = None
    """First price. Usually open or o."""
    high: str | None = None
    """Highest price. Usually high or h."""
    low: str | None = None
    """Lowest price. Usually low or l."""
    close: str | None = None
    """Last price. Usually close, c or last; an adjusted close is never taken for it."""
    symbol: str | Names | None = None
    """The column, or several that tell series apart. Usually symbol or ticker; none where the file holds one series."""


class BarsOptions(Block):
    """Keys of the bars reader."""

    columns: BarColumns = BarColumns()
    """What a file's columns are called."""
    header: bool = True
    """The first line holds names. Without one, columns are called column_0, column_1, ... and the first five are
    taken for time, open, high, low and close."""
    separator: str = ","
    """One character that stands between the cells of a csv file; `"\\t"` for tabs."""
    decimal_comma: bool = False
    """Numbers are written 1,5 instead of 1.5."""
    time_format: str | None = None
    """How stamps are written, as `%d/%m/%Y %H:%M`, with `%z` where they name their zone. Default: found out, and
    refused where two ways fit."""
    zone: str | None = None
    """Zone of text stamps that name none, as `America/New_York`. Default: UTC."""
    price_unit: PositiveFloat = 1.0
    """What a price of 1 in the file is worth, as 1.0e-4 for LEAN's equities."""
    closes: PositiveInt | None = None
    """For files of closes only: make a bar of so many closes, its open the close before. Rows without a close are then
    left out. A file that has open, high or low is refused. Default: a file of closes is."""
    splits: Literal["refuse", "cut", "keep"] = "refuse"
    """Where an open is to the close before as a split of shares would make it: refuse the file, begin a new series
    there, or keep it as a move of the market."""
    gap_s: PositiveFloat | None = None
    """A series ends where its next bar is more than so many seconds later, and a new one begins. Default: nights,
    weekends and missing days are passed over; the column `gap` tells how long they are."""
    rule: RuleOptions = RuleOptions()
    """When bars are labelled an expansion, and what precedes it."""
