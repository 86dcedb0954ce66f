"""Statistics of what the network was given, channel by channel, over the batches that were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from polyhead.trace.tables import Value
from polyhead.training.monitoring.answer import array_of


@dataclass(frozen=True)
class _Part:
    """One batch: values of a channel, their moments (channel,) and median (channel,)."""

    count: int
    mean: NDArray[np.float64]
    square: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    median: NDArray[np.float64]


class InputStatistics:
    """What was seen of each split since the last epoch."""

    def __init__(self) -> None:
        self._parts: dict[str, list[_Part]] = {}

    def add(self, split: str, inputs: Tensor) -> None:
        """Look at a batch, (window, channel), (window, channel, time) or (window, channel, height, width)."""
        values = array_of(inputs).astype(np.float64)
        if values.ndim < 2 or not values.size:
            return
        rows = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        part = _Part(
            rows.shape[1],
            rows.mean(axis=1),
            (rows**2).mean(axis=1),
            rows.min(axis=1),
            rows.max(axis=1),
            np.median(rows, axis=1),
        )
        self._parts.setdefault(split, []).append(part)

    def rows(self) -> list[dict[str, Value]]:
        """Rows of feature_stats.csv without their epoch; a median is that of the batches' medians."""
        found: list[dict[str, Value]] = []
        for split, parts in self._parts.items():
            parts = [one for one in parts if len(one.mean) == len(parts[0].mean)]
            count = np.array([one.count for one in parts], np.float64)
            mean = np.average([one.mean for one in parts], axis=0, weights=count)
            square = np.average([one.square for one in parts], axis=0, weights=count)
            columns: dict[str, Any] = {
                "mean": mean,
                "std": np.sqrt(np.maximum(square - mean**2, 0)),
                "min": np.min([one.low for one in parts], axis=0),
                "max": np.max([one.high for one in parts], axis=0),
                "median": np.median([one.median for one in parts], axis=0),
            }
            for channel in range(len(mean)):
                row: dict[str, Value] = {"phase": split, "feature_name": f"input.{channel}"}
                found.append(row | {name: float(each[channel]) for name, each in columns.items()})
        self._parts = {}
        return found
