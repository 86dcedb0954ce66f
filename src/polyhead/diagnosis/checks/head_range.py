"""A head that cannot say what its targets are, or says far more.

What it finds
    An output range that leaves labels out of reach, one that is hundreds of times as wide as the labels, and
    predictions that pile up at an end of the range where the labels do not.

Why it matters
    A label beyond the range can never be predicted; its error stays, and pulls the output against its end, where the
    gradient is gone. A range far wider than the labels makes the head coarse: the whole answer lies in a sliver of it,
    one step of the optimiser leaps across, and a ReLU that lands below 0 gives 0 from then on, for every window.

Evidence
    The range that the head can reach (tasks.TASK.bounds, or what a log says), the share of labels outside it, its width
    over the width of the labels, and the share of predictions at an end of it beside the share of labels there. The
    skill of the best other task on the same split, at the lower end of its interval.

Remedy
    Bounds a little wider than the labels, or none. Where a few labels are absurd, mask them with `valid`.

When it can be wrong
    A range that is known from physics may be wide on purpose, if later data will fill it. Labels that truly lie at an
    end make predictions do so too; the shares are compared. A step far too large throws every head to its end: where
    the range fits the labels and no other task surely beats its floor, the cause is elsewhere, and this is a note.

Example
    A head of ReLU times 2000 has the range [0, 2000]; life lies in [0, 1]. Width 2000 / 1 = 2000 times that of the
    labels. In a published run it gave 0 for every window: MAE 0.527 and MAPE 0.998, exactly what a constant 0 scores.

References
    Lu et al., Communications in Computational Physics 2020 (dying ReLU: units that give 0 everywhere do not come back).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

UNREACHED = 0.01
"""Share of labels out of reach: an error from one in a hundred, a warning for any."""
WIDE = 100.0
"""Times the width of the labels. A standardised head starts within a few widths; two orders beyond is a unit."""
PILED = 0.5
"""Share of predictions at an end of the range, above the share of labels there."""
WINDOWS = 30
"""Fewer predictions do not pile up."""
MARGIN = 0.05
"""Of the labels' width, on either side, in the bounds that are proposed: a sigmoid does not reach its ends."""
_NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][-+]?\d+)?")
_AT = 1e-3  # of the range or of the labels: a sigmoid is so near its end at a logit of 7


@dataclass(frozen=True)
class Range:
    """What a task's head can say, `low` to `high`, and its labels, `least` to `largest` over all splits; `outside` is
    the share of labels out of reach. `piled` of `windows` predictions of `split` lie at the end `end`, where `there` of
    the labels do; None without predictions. `others` is the skill of the best other task there, at the lower end of
    its interval."""

    task: str
    low: float
    high: float
    least: float
    largest: float
    outside: float
    key: str | None
    split: str | None = None
    end: float | None = None
    piled: float | None = None
    there: float | None = None
    windows: int = 0
    others: float | None = None


def measure(case: Case) -> Iterator[Range]:
    """Every task whose range is known, with labels."""
    found = False
    for task in case.tasks:
        reach = _reach(case, task)
        if reach is None:
            continue
        low, high, key = reach
        labels = _profiled(case, task, low, high) or _predicted(case, task, low, high)
        if labels is None:
            continue
        found = True
        least, largest, outside = labels
        split, end, piled, there, windows = _piled(case, task, low, high, min(high - low, largest - least))
        others = _others(case, task, split)
        yield Range(task, low, high, least, largest, outside, key, split, end, piled, there, windows, others)
    if not found:
        raise NotCheckedError("no task whose head has a range, with numbers as labels")


def _reach(case: Case, task: str) -> tuple[float, float, str | None] | None:
    """The range of the head and the key that sets it: the bounds, or a log's `range` (`2000`, `0 to 2000`)."""
    options = case.config.tasks.get(task) if case.config else None
    bounds = getattr(options, "bounds", None)
    if bounds is not None:
        return float(bounds[0]), float(bounds[1]), f"tasks.{task}.bounds"
    said = str((case.known or {}).get(task, {}).get("range", ""))
    numbers = [float(one) for one in _NUMBER.findall(said)]
    if len(numbers) == 1 and numbers[0] > 0:
        return 0.0, numbers[0], None
    return (numbers[0], numbers[1], None) if len(numbers) == 2 and numbers[0] < numbers[1] else None


def _profiled(case: Case, task: str, low: float, high: float) -> tuple[float, float, float] | None:
    """Least and largest label of all splits and the share out of reach, from quantiles: what lies beyond the last
    quantile that is out of reach is, so the share is a lower bound."""
    profile = case.profile.targets.get(task) if case.profile else None
    splits = [one for one in profile.splits.values() if one.quantiles and one.known] if profile else []
    if not splits:
        return None
    outside = 0.0
    for one in splits:
        below = [float(at) for at, value in one.quantiles.items() if value < low - _slack(low, high)]
        above = [float(at) for at, value in one.quantiles.items() if value > high + _slack(low, high)]
        outside += one.known * (max(below, default=0.0) + 1 - min(above, default=1.0))
    known = sum(one.known for one in splits)
    return min(one.quantiles["0"] for one in splits), max(one.quantiles["1"] for one in splits), outside / known


def _predicted(case: Case, task: str, low: float, high: float) -> tuple[float, float, float] | None:
    """The same from the labels that stand beside predictions."""
    splits = [one[task] for one in (case.predictions or {}).values() if task in one]
    truths = [one.truth[one.mask].reshape(-1) for one in splits if one.truth.dtype.kind in "fiu"]
    truth = np.concatenate([*truths, []]).astype(float)
    truth = truth[np.isfinite(truth)]
    if not len(truth):
        return None
    slack = _slack(low, high)
    return float(truth.min()), float(truth.max()), float(np.mean((truth < low - slack) | (truth > high + slack)))


def _slack(low: float, high: float) -> float:
    return 1e-9 * (high - low)


def _piled(
    case: Case, task: str, low: float, high: float, width: float
) -> tuple[str | None, float | None, float | None, float | None, int]:
    """Split, end, share of predictions and of labels at the end of the range with more predictions; `width` is that of
    the range or of the labels, whichever is less."""
    for split in ("test", "val", "train"):
        one = (case.predictions or {}).get(split, {}).get(task)
        if one is None or one.pred.dtype.kind not in "fiu" or not one.mask.any():
            continue
        pred, truth = (values[one.mask].reshape(-1).astype(float) for values in (one.pred, one.truth))
        near = _AT * width
        ends = {low: (pred <= low + near, truth <= low + near), high: (pred >= high - near, truth >= high - near)}
        end = max(ends, key=lambda value: ends[value][0].mean() - ends[value][1].mean())
        return split, end, float(ends[end][0].mean()), float(ends[end][1].mean()), len(pred)
    return None, None, None, None, 0


def _others(case: Case, task: str, split: str | None) -> float | None:
    """The largest skill that a task other than this one surely has on a split; None where none is known."""
    found = []
    for other in case.tasks:
        scored = case.score(other, split) if other != task and split is not None else None
        if scored is None or scored[1].skill is None:
            continue
        one = scored[1]
        surely = one.skill
        if one.interval is not None and one.floor is not None and one.best is not None and one.best != one.floor:
            surely = min((end - one.floor) / (one.best - one.floor) for end in one.interval)
        found.append(surely)
    return max((one for one in found if one is not None), default=None)


def judge(reach: Range) -> Finding | None:
    """An error for labels out of reach or predictions stuck at an end, a warning for a few or a range too wide."""
    wider = (reach.high - reach.low) / max(reach.largest - reach.least, np.finfo(float).tiny)
    out = reach.least < reach.low - _slack(reach.low, reach.high) or reach.largest > reach.high
    out = out and (reach.outside > 0 or _beyond(reach))
    stuck = (
        reach.piled is not None
        and reach.there is not None
        and reach.windows >= WINDOWS
        and reach.piled - reach.there >= PILED
    )
    if not out and not stuck and wider <= WIDE:
        return None
    thrown = not out and wider <= WIDE and reach.others is not None and reach.others <= 0
    severity: Severity = "note" if thrown else "error" if stuck or reach.outside >= UNREACHED else "warning"
    return Finding(
        severity=severity,
        what=f"{reach.task}: the head can say {reach.low:g} to {reach.high:g}, the labels are {reach.least:.4g} to"
        f" {reach.largest:.4g}" + (f", and {reach.piled:.0%} of its predictions are {reach.end:g}" if stuck else ""),
        scope=Scope(task=reach.task, split=reach.split if stuck else None, key=reach.key or f"tasks.{reach.task}"),
        evidence=tuple(_facts(reach, wider, out, stuck)),
        counter_evidence=tuple(_against(reach, stuck, thrown)),
        alternatives=(
            Alternative("filled-labels", "mask the labels that are out of reach: defaults are all of one value"),
            Alternative("learning-rate", "a tenth of it: heads that were thrown to their ends come back"),
            Alternative("dead-units", "widen the bounds: units that are dead for another reason stay at the end"),
        ),
        fixes=tuple(_fixes(reach, out)),
    )


def _against(reach: Range, stuck: bool, thrown: bool) -> Iterator[Fact]:
    if thrown:
        source = "the range fits, and they fail alike"
        yield Fact("skill of the best other task, lower end", reach.others, None, 0.0, source, reach.split or "")
    elif not stuck and reach.piled is not None:
        yield Fact("share of predictions at an end", reach.piled, threshold=PILED, window=reach.split or "")


def _beyond(reach: Range) -> bool:
    """Whether the extremes lie out of reach by more than rounding."""
    slack = 1e-6 * (reach.high - reach.low)
    return reach.least < reach.low - slack or reach.largest > reach.high + slack


def _facts(reach: Range, wider: float, out: bool, stuck: bool) -> Iterator[Fact]:
    if out:
        yield Fact("share of labels out of reach, at least", reach.outside, threshold=UNREACHED, window="all splits")
    if wider > WIDE:
        yield Fact("width of the range over that of the labels", wider, threshold=WIDE, window="all splits")
    if stuck and reach.piled is not None:
        from scipy.stats import binomtest

        near = binomtest(round(reach.piled * reach.windows), reach.windows).proportion_ci(method="wilson")
        interval = (float(near.low), float(near.high))
        window = reach.split or ""
        yield Fact(f"share of predictions at {reach.end:g}", reach.piled, interval, PILED, window=window)
        yield Fact(f"share of labels at {reach.end:g}", reach.there, window=window)


def _fixes(reach: Range, out: bool) -> Iterator[Fix]:
    margin = MARGIN * (reach.largest - reach.least)
    low, high = (float(f"{value:.4g}") for value in (reach.least - margin, reach.largest + margin))
    low = 0.0 if low < 0 <= reach.least else low
    if low < high:
        yield Fix(
            "bounds a little wider than the labels",
            {f"tasks.{reach.task}.bounds": [low, high]},
            "no label is out of reach, and predictions spread as labels do",
            risk="later data may lie outside",
        )
    yield Fix("no bounds", {f"tasks.{reach.task}.bounds": None}, "predictions spread as labels do")


CHECK = Check(
    id="head-range",
    needs=("profile.targets|predictions|known",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("constant-output", "below-floor", "dead-units", "metric-scale"),
)
