"""The generator as a reader: bases one after another, a row per bar."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.signals.source import InputArray, Source
from polyhead.studies.expansions.features import NAMES, features
from polyhead.studies.expansions.market import Base, generate
from polyhead.studies.expansions.options import MarketOptions


def read(data: DataOptions) -> Source:
    """The generated bases; the features of each know its history, whose bars are dropped.

    Input: `signal` (bar, 12), the features. Columns (bar,): `series` (the base), `time` in s, `expansion` (1 within the
    expansion, else 0), `state` (consolidation or retracement from its first bar on, '' before), `direction` (up or
    down, '' outside it), `open`, `high`, `low`, `close`.
    """
    options = MarketOptions.model_validate_json(json.dumps(data.options))
    bases = generate(options)
    signal = [features(*base.bars.prices, window=options.length)[options.history :] for base in bases]
    parts = [_columns(base, options.history) for base in bases]
    columns: dict[str, NDArray[np.generic]] = {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }
    columns["series"] = np.repeat([f"b{base:04d}" for base in range(len(bases))], [len(part) for part in signal])
    values = {"signal": InputArray(np.concatenate(signal), NAMES, flat=True)}
    return Source(values, columns, sampling_hz=1 / options.bar_seconds, sampled=True)


def _columns(base: Base, history: int) -> dict[str, NDArray[np.generic]]:
    bars = base.bars
    at = np.arange(len(bars) - history)
    inside = (at >= base.start) & (at <= base.end)
    prices = dict(zip(("open", "high", "low", "close"), bars.prices, strict=True))
    return {
        "time": bars.time[history:],
        "expansion": inside.astype(np.int8),
        "state": np.where(at >= base.start, base.state, ""),
        "direction": np.where(inside, "up" if base.direction > 0 else "down", ""),
        **{name: price[history:] for name, price in prices.items()},
    }
