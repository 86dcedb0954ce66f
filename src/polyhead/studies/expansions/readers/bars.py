"""Real price bars with features, and labels by a rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source
from polyhead.studies.expansions.bars import cut, gaps, split_ratios
from polyhead.studies.expansions.features import NAMES, WARM_UP, features
from polyhead.studies.expansions.readers.bar_table import Series, files_of, read_series
from polyhead.studies.expansions.readers.bars_options import BarsOptions
from polyhead.studies.expansions.readers.embedded_bars import read_arch
from polyhead.studies.expansions.rule import RuleOptions, expansions, marks, recent_state, states

Columns = dict[str, NDArray[np.generic]]


def read(data: DataOptions) -> Source:
    """A row per bar; the first 15 of each series, which the features need, are left out.

    Input: `signal` (bar, 12), the features. Columns (bar,): `series`, `time` in s since 1970, `expansion` (0 or 1) and
    `state` by the rule, `open`, `high`, `low`, `close`, `gap` (time since the bar before in usual steps), `zero_range`
    (1 where high is low) and `split` (as 2:1 where the open looks like one, else ''). Raises InputError with file and
    row.
    """
    options = BarsOptions.model_validate(data.options)
    files = files_of(data.path) if data.path is not None else []
    found = [one for file in files for one in read_series(file, options)] if files else read_arch()
    pieces = [piece for series in found for piece in _pieces(series, options)]
    parts = [_columns(piece, options.rule) for piece in pieces]
    signal = np.concatenate([features(*piece.bars.prices)[WARM_UP:] for piece in pieces])
    columns: Columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    read_from = tuple(dict.fromkeys(series.file for series in found))
    return Source({"signal": InputArray(signal, NAMES, flat=True)}, columns, sampled=True, files=read_from)


def _pieces(series: Series, options: BarsOptions) -> Iterator[Series]:
    """The series, or where it is cut its pieces by name; pieces that end before the features are known are left out."""
    bars = series.bars
    split = split_ratios(bars)
    if options.splits == "refuse" and (split != "").any():
        at = int(np.flatnonzero(split != "")[0])
        raise InputError(
            f"{series.name}, bar {at + 1} of {np.datetime64(int(bars.time[at]), 's')}: opens at {bars.open[at]:g} after"
            f" a close of {bars.close[at - 1]:g}, as a split of {split[at]} would",
            where=str(series.file),
            do="write data.splits: cut to begin a new series there, or keep",
        )
    before = (split != "") & (options.splits == "cut")
    if options.gap_s is not None:
        before = before | (np.diff(bars.time, prepend=bars.time[:1]) > options.gap_s)
    parts = cut(bars, before)
    long = [part for part in parts if part.stop - part.start > WARM_UP]
    if not long:
        raise InputError(
            f"{series.name} has {len(bars)} bar{'s'[: len(bars) != 1]}, features need {WARM_UP} before the first",
            where=str(series.file),
        )
    for number, part in enumerate(long, 1):
        yield Series(series.name if len(parts) == 1 else f"{series.name} #{number}", bars[part], series.file)


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
        "split": split_ratios(bars),
    }
    return {name: values[WARM_UP:] for name, values in columns.items()}
