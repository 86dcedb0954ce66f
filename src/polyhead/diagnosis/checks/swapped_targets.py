"""Outputs in the order of other targets.

What it finds
    Predictions of one number that are those of another: the columns of two targets stand in one order where the network
    was trained and in another where it is judged or read.

Why it matters
    Every shape and unit may agree, so nothing complains. Each score reads as if the task had not been learned, and what
    is used downstream carries the wrong name.

Evidence
    The correlation of each prediction with each label, over outputs of one task and over tasks of one unit; the order
    of labels that fits the predictions best; and, for those that move, how much better they fit, with an interval over
    recordings.

Remedy
    Put the columns in the order of the targets, and name them instead of counting them.

When it can be wrong
    Two numbers that go together, one of them hardly learnable, make one prediction fit the other's label better. So all
    that move must fit better, in both directions. Labels that are swapped alike in training and where they are judged
    do not show here; a recording that was swapped alone shows where it has 30 windows.

Example
    Predictions (a, b) of labels (b, a) that are independent: correlation with the own label 0, with the other 0.9, gain
    0.9 for both. If b is a with much noise, the prediction of b fits a better (0.9 against 0.5), but that of a does not
    fit b better than a: no swap.

References
    Kuhn, Naval Research Logistics 1955 (the assignment of greatest sum).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.interval import FEWEST_RECORDINGS, draws

GAIN = 0.1
"""Correlation that each moved output must gain, at the lower end of its interval."""
FIT = 0.3
"""Least correlation in the better order: a prediction that knows nothing has no order."""
SOURCE = 0.5
"""Both of them where there is no interval, as in one recording alone: of numbers that do not wander, two correlations
of 0.5 that both displace others do not meet by chance in 30 windows."""
WINDOWS = 30
"""Windows that a correlation needs."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Order:
    """Outputs `names` whose labels fit better in another order: `fits` names for each of them the label it fits, `own`
    and `best` the correlations, `gain` the least gain among them with its `interval` (None: too few recordings). Of the
    whole split, or of one `recording` alone, where `usual` is the least correlation among them with the own label in
    the median recording. All are empty and the gain is 0 where the order is the best."""

    tasks: tuple[str, ...]
    split: str
    names: tuple[str, ...]
    fits: tuple[str, ...]
    own: tuple[float, ...]
    best: tuple[float, ...]
    gain: float
    interval: tuple[float, float] | None
    recording: str | None = None
    usual: float = 1.0


@dataclass(frozen=True)
class Outputs:
    """Outputs by name, their predictions and labels (window, output), and the recording of each window."""

    tasks: tuple[str, ...]
    split: str
    names: list[str]
    pred: Numbers
    truth: Numbers
    recording: NDArray[Any]


def measure(case: Case) -> Iterator[Order]:
    """Each task of several numbers, and each set of tasks of one unit, on the most independent split; where the order
    is right there, each recording of every split on its own."""
    found = False
    for group in _groups(case):
        table = case.predictions or {}
        splits = [one for split in ("test", "val", "train") if (one := _outputs(group, split, table.get(split, {})))]
        if not splits:
            continue
        found = True
        whole = _order(splits[0])
        yield whole
        if not whole.names:
            for one in splits:
                yield from _sources(one)
    if not found:
        raise NotCheckedError("no two numbers of one task or one unit with predictions")


def _groups(case: Case) -> list[tuple[str, ...]]:
    """Tasks alone, then those that share a unit."""
    numeric = [name for name, facts in case.tasks.items() if facts.kind in (None, "regression")]
    units: dict[str, list[str]] = {}
    for name in numeric:
        if case.tasks[name].unit:
            units.setdefault(case.tasks[name].unit, []).append(name)
    return [(name,) for name in numeric] + [tuple(names) for names in units.values() if len(names) > 1]


def _sources(one: Outputs) -> Iterator[Order]:
    """The order in each recording of at least WINDOWS windows, and how well each output is known in the usual one."""
    names, index, counts = np.unique(one.recording, return_inverse=True, return_counts=True)
    rows = np.split(np.argsort(index, kind="stable"), np.cumsum(counts)[:-1])
    parts = {
        str(name): replace(one, pred=one.pred[here], truth=one.truth[here])
        for name, here in zip(names, rows, strict=True)
        if len(here) >= WINDOWS
    }
    own = [np.diag(_correlations(part.pred, part.truth, np.ones(len(part.pred)))) for part in parts.values()]
    usual = np.median(own, axis=0) if own else np.empty(0)
    for name, part in parts.items():
        order = _order(part, name)
        if order.names:
            known = min(usual[one.names.index(output)] for output in order.names)
            yield replace(order, usual=float(known))


def _outputs(group: tuple[str, ...], split: str, table: Mapping[str, Predicted]) -> Outputs | None:
    every = [table[task] for task in group if task in table]
    if len(every) < len(group) or any(
        one.truth.dtype.kind not in "fiu" or one.pred.dtype.kind not in "fiu" for one in every
    ):
        return None
    if len({len(one.truth) for one in every}) > 1 or not len(every[0].truth):
        return None
    names = [name for task, one in zip(group, every, strict=True) for name in _names(task, one)]
    truth, pred = (
        np.concatenate([getattr(one, part).reshape(len(one.truth), -1).astype(float) for one in every], axis=1)
        for part in ("truth", "pred")
    )
    used = np.all([one.mask for one in every], axis=0) & np.isfinite(truth).all(axis=1) & np.isfinite(pred).all(axis=1)
    if len(names) < 2 or used.sum() < WINDOWS:
        return None
    return Outputs(group, split, names, pred[used], truth[used], every[0].recording[used])


def _order(one: Outputs, recording: str | None = None) -> Order:
    """The order of labels that fits best; `recording` names the only one that `one` holds."""
    from scipy.optimize import linear_sum_assignment

    fit = _correlations(one.pred, one.truth, np.ones(len(one.truth)))
    _, order = linear_sum_assignment(-fit)
    moved = np.flatnonzero(order != np.arange(len(order)))
    if not len(moved):
        return Order(one.tasks, one.split, (), (), (), (), 0.0, None, recording)
    own, best = fit[moved, moved], fit[moved, order[moved]]
    return Order(
        one.tasks,
        one.split,
        tuple(one.names[i] for i in moved),
        tuple(one.names[i] for i in order[moved]),
        tuple(map(float, own)),
        tuple(map(float, best)),
        float((best - own).min()),
        _interval(one, moved, order[moved]) if recording is None else None,
        recording,
    )


def _interval(one: Outputs, moved: NDArray[np.intp], to: NDArray[np.intp]) -> tuple[float, float] | None:
    """Of the least gain, over recordings; None for too few of them."""
    known, index = np.unique(one.recording, return_inverse=True)
    if len(known) < FEWEST_RECORDINGS:
        return None
    gains = []
    for times in draws(len(known), seed=0):
        drawn = _correlations(one.pred, one.truth, times[index])
        gains.append((drawn[moved, to] - drawn[moved, moved]).min())
    low, high = np.percentile(gains, [2.5, 97.5])
    return float(low), float(high)


def _names(task: str, one: Predicted) -> list[str]:
    return [task] if one.truth.ndim == 1 else [f"{task}.{i}" for i in range(one.truth[0].size)]


def _correlations(pred: Numbers, truth: Numbers, weight: Numbers) -> Numbers:
    """(prediction, label); 0 where one does not vary."""
    p, t = (values - np.average(values, axis=0, weights=weight) for values in (pred, truth))
    size = np.sqrt(np.outer((weight[:, None] * p**2).sum(axis=0), (weight[:, None] * t**2).sum(axis=0)))
    return np.divide((weight[:, None] * p).T @ t, size, out=np.zeros(size.shape), where=size > 0)


def judge(order: Order) -> Finding | None:
    """An error where every output that moves fits the other label better beyond doubt, a warning without interval."""
    low = order.interval[0] if order.interval else order.gain
    gain, fit = (GAIN, FIT) if order.interval else (SOURCE, SOURCE)
    if not order.names or low < gain or min(order.best) < fit:
        return None
    if order.usual < SOURCE:
        return None  # smooth numbers of a network that knows nothing fit each other in single recordings
    where = "" if order.recording is None else f" in recording {order.recording}"
    pairs = ", ".join(f"{name} fits {other}" for name, other in zip(order.names, order.fits, strict=True))
    task = order.tasks[0] if len(order.tasks) == 1 else None
    return Finding(
        severity="error" if order.interval else "warning",
        what=f"predictions stand in another order than the labels{where}: {pairs} (correlation"
        f" {min(order.best):.2f} or more, against {max(order.own):.2f} or less with their own)",
        scope=Scope(task=task, split=order.split, channel=" ".join(sorted(order.names))),
        evidence=(
            Fact("least gain in correlation", order.gain, order.interval, gain, "best assignment", order.split),
            Fact("least correlation in the better order", min(order.best), threshold=fit, window=order.split),
        ),
        alternatives=(
            Alternative("misaligned-target", "look for a lag at which each output fits its own label"),
            Alternative("inverted-score", "a sign that is flipped correlates below 0 with its own label"),
        ),
        fixes=(
            Fix(
                "put the columns of the labels in the order of the outputs",
                {},
                f"each correlates {min(order.best):.2f} or more with its own label",
                risk="a swap on the other side: check which of the two tables is named rightly",
            ),
        ),
    )


CHECK = Check(
    id="swapped-targets",
    needs=("predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "misaligned-target", "constant-output"),
)
