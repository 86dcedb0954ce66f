"""Scores of parts of a split: by system, load, condition, or whatever else a column says of the windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.board import Part, score_parts
from polyhead.scoring.known import taken
from polyhead.scoring.metric import Score

MOST_VALUES = 50  # a table of more rows is not read


@dataclass(frozen=True)
class Slices:
    """{value of the column: {metric: score}}, the values in ascending order; empty with the `reason` if not sliced."""

    scores: dict[str, dict[str, Score]]
    reason: str | None = None


def score_slices(
    kind: str,
    parts: Sequence[Part],
    by: Mapping[str, NDArray[np.generic]],
    *,
    metrics: Sequence[str] | None = None,
    unit: str = "",
) -> dict[str, Slices]:
    """The scores on the windows of each value of each column (n,) in `by`, without intervals: {column: slices}; the
    windows are those of all `parts`, one or one of each fold, one after another.

    Every slice stands beside the trivial predictors of the whole training set, as the network does, so that one on
    which the network is no better than a constant shows. A column of more than 50 numbers is cut at its quartiles on
    this split; one of more than 50 words is not sliced.
    """
    sliced: dict[str, Slices] = {}
    ends = np.cumsum([len(prediction.mask) for prediction, _ in parts])
    for column, values in by.items():
        if values.shape != (ends[-1],):
            raise ValueError(f"{column} has shape (window,) = {(int(ends[-1]),)}, found {values.shape}")
        slices = _slices(values)
        if isinstance(slices, str):
            sliced[column] = Slices({}, slices)
            continue
        sliced[column] = Slices(
            {
                label: score_parts(kind, _chosen(parts, np.split(chosen, ends[:-1])), metrics=metrics, unit=unit)
                for label, chosen in slices.items()
            }
        )
    return sliced


def _chosen(parts: Sequence[Part], chosen: Sequence[NDArray[np.bool_]]) -> list[Part]:
    """Each part's windows where its `chosen` (window,) is true."""
    return [(taken(one, some), reference) for (one, reference), some in zip(parts, chosen, strict=True)]


def _slices(values: NDArray[np.generic]) -> dict[str, NDArray[np.bool_]] | str:
    """Which windows (n,) each slice holds, by label; or why there are none."""
    numbers = values.dtype.kind in "biuf"
    plain = values if numbers else values.astype(str)
    found = np.unique(plain)
    if len(found) > MOST_VALUES:
        if not numbers:
            return f"{len(found)} values, more than {MOST_VALUES}"
        return _quartiles(plain.astype(np.float64))
    index = np.searchsorted(found, plain)  # NaN is sorted last and found there
    return {str(value): index == position for position, value in enumerate(found)}


def _quartiles(values: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """Four slices of about as many windows each, fewer where one number fills a quarter; apart those not finite."""
    finite = np.isfinite(values)
    edges = np.unique(np.quantile(values[finite], [0, 0.25, 0.5, 0.75, 1]))
    index = np.searchsorted(edges[1:-1], values, side="right")
    text = _distinct(edges)
    slices = {
        f"[{low}, {high}{')' if position < len(edges) - 2 else ']'}": finite & (index == position)
        for position, (low, high) in enumerate(pairwise(text))
    }
    return slices if finite.all() else slices | {"not finite": ~finite}


def _distinct(edges: NDArray[np.float64]) -> list[str]:
    """The numbers in the fewest digits, at least 3, that tell them apart."""
    for digits in range(3, 17):
        text = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(text)) == len(text):
            return text
    return [repr(float(edge)) for edge in edges]
