"""Real price bars with features, and labels by a rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source
from polyhead.studies.expansions.bars import Bars, cut, gaps, longest_pause, split_ratios
from polyhead.studies.expansions.features import BARS, NAMES, WARM_UP, features
from polyhead.studies.expansions.readers.bar_table import Series, files_of, read_series
from polyhead.studies.expansions.readers.bars_options import BarsOptions
from polyhead.studies.expansions.readers.embedded_bars import read_arch
from polyhead.studies.expansions.rule import RuleOptions, expansions, marks, recent_state, states

Columns = dict[str, NDArray[np.generic]]


def read(data: DataOptions) -> Source:
    """A row per bar; the first 15 of each series, which the features need, are left out.

    Input: `signal` (bar, 12), the features, the age of swings in windows of `data.window.length` bars. Columns (bar,):
    `series`, `time` in s since 1970, `expansion` (0 or 1) and
    `state` by the rule, `open`, `high`, `low`, `close`, `gap` (time since the bar before in usual steps), `zero_range`
    (1 where high is low) and `split` (as 2:1 where the open looks like one, else ''). Raises InputError with file and
    row.
    """
    options = BarsOptions.model_validate(data.options)
    files = files_of(data.path) if data.path is not None else []
    found = [one for file in files for one in read_series(file, options)] if files else read_arch()
    pieces = [piece for series in found for piece in _pieces(series, options)]
    parts = [_columns(piece, options.rule) for piece in pieces]
    window = data.window.length if data.window and data.window.length else BARS
    signal = np.concatenate([features(*piece.bars.prices, window=window)[WARM_UP:] for piece in pieces])
    columns: Columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    read_from = tuple(dict.fromkeys(series.file for series in found))
    return Source({"signal": InputArray(signal, NAMES, flat=True)}, columns, sampled=True, files=read_from)


def _pieces(series: Series, options: BarsOptions) -> Iterator[Series]:
    """The series, or where it is cut its pieces by name; pieces that end before the features are known are left out."""
    bars = series.bars
    split = split_ratios(bars)
    before = (split != "") & (options.splits == "cut")
    if options.gap_s is not None:
        before = before | (np.diff(bars.time, prepend=bars.time[:1]) > options.gap_s)
    jumps = np.flatnonzero((split != "") & ~before)
    if options.splits == "refuse" and len(jumps):
        _refuse_jumps(series, split, jumps, options.gap_s)
    parts = cut(bars, before)
    long = [part for part in parts if part.stop - part.start > WARM_UP]
    if not long:
        most = max(part.stop - part.start for part in parts)
        pieces = f"is cut into {len(parts)} pieces, the longest of which has" if len(parts) > 1 else "has"
        raise InputError(
            f"{series.name} {pieces} {most} bar{'s'[: most != 1]}, features need {WARM_UP} before the first",
            where=str(series.file),
            do="raise data.gap_s, or write data.splits: keep"
            if len(parts) > 1
            else "give a longer series, or leave it out",
        )
    for number, part in enumerate(long, 1):
        yield Series(series.name if len(parts) == 1 else f"{series.name} #{number}", bars[part], series.file)


def _refuse_jumps(series: Series, split: NDArray[np.str_], jumps: NDArray[np.intp], gap_s: float | None) -> None:
    """Raise InputError for the first of `jumps` (jump,), bars that open as after a split, or after a hole in the data
    unless `gap_s` allows it."""
    bars = series.bars
    for at in map(int, jumps):
        last, now = (np.datetime64(int(bars.time[n]), "s") for n in (at - 1, at))
        if _after_hole(bars)[at]:
            if gap_s is not None:
                continue
            raise InputError(
                f"{series.name} has a hole of {(bars.time[at] - bars.time[at - 1]) / 86400:.3g} days, from {last} to"
                f" {now}, and goes from {bars.close[at - 1]:g} to {bars.open[at]:g} over it",
                where=str(series.file),
                do=f"write data.gap_s: {longest_pause(bars):.0f} to begin a new series after such holes, or"
                " data.splits: keep to read on over it",
            )
        raise InputError(
            f"{series.name}, bar {at + 1} of {now}: opens at {bars.open[at]:g} after a close of"
            f" {bars.close[at - 1]:g}, as a split of {split[at]} would",
            where=str(series.file),
            do="write data.splits: cut to begin a new series there, or keep",
        )


def _after_hole(bars: Bars) -> NDArray[np.bool_]:
    if len(bars) < 2:
        return np.zeros(len(bars), dtype=bool)
    return np.diff(bars.time, prepend=bars.time[:1]) > longest_pause(bars)


def _columns(series: Series, rule: RuleOptions) -> Columns:
    bars = series.bars
    spans = expansions(bars, rule)
    columns: Columns = {
        "series": np.full(len(bars), series.name),
        "time": bars.time,
        "expansion": marks(len(bars), spans),
        "state": recent_state(len(bars), spans, states(bars, spans, rule), rule),
        "open": bars.open,
        "high": bars.high,
        "low": bars.low,
        "close": bars.close,
        "gap": gaps(bars),
        "zero_range": (bars.high == bars.low).astype(np.int8),
        "split": np.where(_after_hole(bars), "", split_ratios(bars)),
    }
    return {name: values[WARM_UP:] for name, values in columns.items()}
