"""A few made-up windows like the run's, and what `predict` says of them: what an exported file is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.position import POSITION, ramp
from polyhead.signals.source import InputArray
from polyhead.signals.windows import WindowSet
from polyhead.tasks import SignalTask, Task
from polyhead.tasks.marks import MarksTask
from polyhead.tasks.regression import Regression
from polyhead.training.evaluation import Decisions, decided, pool
from polyhead.training.feed import Feed
from polyhead.training.finish import prediction_parts
from polyhead.training.network import Network

Arrays = dict[str, NDArray[Any]]

TRIED = 8
"""Windows that are tried."""
TOLERATED = 1e-4
"""Largest difference in probabilities, and in numbers as a share of the target's scale (of itself, under a logarithm):
float32 sums in another order differ by about a hundredth of this."""


def trial_windows(described: Mapping[str, Any], fill: bool) -> WindowSet:
    """Windows of noise with the means and spreads of a run's data.json; with lost samples and numbers where `fill`,
    and absent ones where some of the run's windows lacked them."""
    rng = np.random.default_rng(0)
    length = described["windows"]["length"]
    rows = np.arange(TRIED)
    inputs = {}
    positioned = bool(described["windows"].get("position"))  # runs of before have no word of it
    for name, one in described["inputs"].items():
        if positioned and name == POSITION:
            inputs[name] = InputArray(ramp(length)[None, None], (POSITION,))
            continue
        shape = (TRIED, len(one["channels"]), length) if one["timed"] else (TRIED, len(one["channels"]))
        profile = [one["profile"][channel] for channel in one["channels"]]
        mean, sd = (np.array([each[key] or 0.0 for each in profile]) for key in ("mean", "sd"))
        noise = rng.standard_normal(shape)
        values = np.moveaxis(np.moveaxis(noise, 1, -1) * sd + mean, -1, 1).astype(np.float32)
        if fill:
            values[rng.random(shape) < 1 / 16] = np.nan
        inputs[name] = InputArray(values, tuple(one["channels"]), one["unit"])
    filled = np.linspace(1, length, TRIED).astype(np.int64) if described["windows"]["masked"] else None
    return WindowSet(
        inputs=inputs,
        targets={},
        columns={},
        recordings=tuple(map(str, rows)),
        recording=rows,
        row=rows,
        start=np.zeros_like(rows),
        at=rows,
        length=length,
        horizon=0,
        stride=length,
        sampled=False,
        sampling_hz=described["sampling_hz"],
        filled=filled,
        positioned=positioned,
    )


def predicted(network: Network, feed: Feed, at: Decisions) -> Arrays:
    """What `predict` says of the feed's windows, {TASK.part: array}."""
    index = np.arange(len(feed.windows))
    pooled = decided(feed.tasks, pool(network, feed, index, TRIED), at)
    parts = prediction_parts(feed.tasks, feed.windows, index, pooled, truth=False)
    return {f"{task}.{part}": values for task, each in parts.items() for part, values in each.items()}


def difference(tasks: Sequence[Task], expected: Arrays, found: Arrays) -> tuple[float, str]:
    """The largest difference between two sets of columns, and the column that has it. Labels that differ count 1, but
    for those whose probabilities lie so near each other, or a threshold, that rounding decides."""
    if expected.keys() != found.keys():
        return np.inf, ", ".join(expected.keys() ^ found.keys())
    worst = (0.0, "")
    for task in tasks:
        parts = {name: (expected[name], found[name]) for name in expected if name.rpartition(".")[0] == task.name}
        scores = parts.get(f"{task.name}.score")
        for name, (one, other) in parts.items():
            if one.shape != other.shape:
                return np.inf, name
            if one.dtype.kind in "fc":
                worst = max(worst, (_distance(one, other, _size(task, one, name.endswith(".score"))), name))
            elif scores is None or np.array_equal(scores[0], scores[1]) or _firm(one != other, *scores):
                worst = max(worst, (float((one != other).any()), name))
    return worst


def _firm(differ: NDArray[np.bool_], score: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether some windows are labelled differently although their probabilities moved by more than is tolerated."""
    moved = np.abs(score - other)
    moved = moved if moved.shape == differ.shape else moved.max(axis=1)
    return bool((moved[differ] > TOLERATED).any())


def _distance(one: NDArray[np.float64], other: NDArray[np.float64], size: NDArray[np.float64]) -> float:
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(one - other) / size)
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))


def _size(task: Task, values: NDArray[np.float64], probability: bool) -> NDArray[np.float64]:
    """What a difference is measured in."""
    if isinstance(task, MarksTask) and not probability:
        return np.full((), float(task.length))
    if probability or not isinstance(task, Regression | SignalTask):
        return np.ones(())
    scale = task.numbers.scale.scale
    scale = scale[:, 0] if values.ndim == 2 and scale.ndim == 2 else scale  # an error of each channel
    return scale * np.abs(values) if task.numbers.scale.log else np.broadcast_to(scale, values.shape)
