"""Labels cut off at a limit.

What it finds
    A number whose labels pile up at their least or largest value, such as a countdown limited to 20 or a life limited
    to 125 cycles.

Why it matters
    A label at the limit says "at least this", and the loss reads it as "exactly this". Where many windows are so, the
    network earns most by telling limited windows from others, a squared error punishes it for being right about what
    lies beyond, and a score over all windows is high although nothing is known about the part that matters.

Evidence
    The share of labels at each extreme, and how many times that is the share of an ordinary value (share times the
    number of distinct values). From predictions: R2 over the windows whose label is not at the limit, with an interval
    over recordings. It is not above 0 where the network only knows which windows are limited. Where a fifth lies at
    either end and more than half at both, most labels are no measurement, whatever predictions agree with them on:
    what lies beyond is not in the labels, and no score of these data can show what was lost.

Remedy
    Mask the limited labels (`valid`), or keep them and report the scores of the open range beside those of all.

When it can be wrong
    Counts, grades and zero-inflated quantities have mass at an extreme by nature; with fewer than 20 distinct values
    nothing is said. A limited life is a convention in prognosis: a note, unless predictions show harm. A proportion may
    lie at 0 and at 1 by nature: bounds of the task that end there declare it, and keep it to a note. Of the
    ends at which a countdown is cut (its clip) nothing is said.

Example
    1000 labels, 300 of them exactly 20 and 700 all different: share 0.3, 701 distinct values, so the limit is 0.3 x 701
    = 210 times as common as an ordinary value. If predictions on the 700 are their mean plus noise, R2 there is below 0
    while R2 over all is not.

References
    Tobin, Econometrica 1958 (limited dependent variables: least squares is biased).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.interval import bootstrap

DISTINCT = 20
"""Fewer different values are a scale of grades (Data Linter takes 20 as an enumeration)."""
NOTED, WARNED = 0.05, 0.20
"""Shares at a limit: of a note, where it begins to shape a squared loss; of a warning, with harm."""
MOST = 0.5
"""Share at both ends together from which the middle of the labels is at a limit: no statistic stands more (the
breakdown point of the median)."""
SPIKE = 10.0
"""Times as common as an ordinary value."""
GAP = 3.0
"""Standard deviations from the next label: farther off it is no limit but a default (filled-labels)."""
WINDOWS = 30
"""Windows that a score of the open range needs."""
NO_SKILL = 0.0


@dataclass(frozen=True)
class Limit:
    """The `side` of a task's labels: `value`, `share` of labels there, `ratio` to an ordinary value, `distinct` values.
    `opposite` is the share at the other end, `end` the value there, `declared` says that the task's bounds end here.
    `open_r2` is R2 over the `open_windows` of `split` whose label is not there; None where not known. `entry` is
    the target as the configuration would have it with the limit masked."""

    task: str
    target: str
    side: str
    value: float
    share: float
    known: int
    distinct: int
    ratio: float
    gap: float
    open_r2: float | None
    interval: tuple[float, float] | None
    open_windows: int
    split: str | None
    entry: Mapping[str, Any]
    opposite: float
    end: float
    declared: bool


def measure(case: Case) -> Iterator[Limit]:
    """Both ends of every numeric target of training."""
    targets = case.profile.targets if case.profile else {}
    numeric = {
        name: (one, one.splits["train"])
        for name, one in targets.items()
        if "train" in one.splits and one.splits["train"].at_max is not None and one.splits["train"].distinct
    }
    if not numeric:
        raise NotCheckedError("no target of numbers")
    for name, (profile, labels) in numeric.items():
        target = profile.key or name
        written = case.config.data.targets.get(target) if case.config else None
        entry = written.model_dump(exclude_defaults=True) if written else {"key": target}
        for side, share, key in (("min", labels.at_min, "0"), ("max", labels.at_max, "1")):
            value = labels.quantiles.get(key)
            if share is None or value is None or _cut(case, name, value):
                continue
            spike = next((one for one in labels.frequent if one.value == value), None)
            split, r2, interval, n = _open(case, name, value)
            yield Limit(
                task=name,
                target=target,
                side=side,
                value=value,
                share=share,
                known=labels.known,
                distinct=labels.distinct or 0,
                ratio=share * (labels.distinct or 0),
                gap=spike.gap if spike else 0.0,
                open_r2=r2,
                interval=interval,
                open_windows=n,
                split=split,
                entry=entry,
                opposite=(labels.at_min if side == "max" else labels.at_max) or 0.0,
                end=labels.quantiles["0" if side == "max" else "1"],
                declared=_declared(case, name, value),
            )


def _cut(case: Case, task: str, value: float) -> bool:
    """Whether it is the task that cuts its numbers there: a countdown, whose far ends are all alike on purpose."""
    clip = getattr(case.config.tasks.get(task), "clip", None) if case.config else None
    return clip is not None and abs(value) == clip


def _declared(case: Case, task: str, value: float) -> bool:
    """Whether the task's bounds end at the limit."""
    bounds = getattr(case.config.tasks.get(task), "bounds", None) if case.config else None
    return bounds is not None and min(abs(value - one) for one in bounds) <= 1e-6 * (bounds[1] - bounds[0])


def _open(case: Case, task: str, value: float) -> tuple[str | None, float | None, tuple[float, float] | None, int]:
    """R2 over windows whose label is not `value`, of the most independent split with predictions."""
    for split in ("test", "val", "train"):
        one: Predicted | None = (case.predictions or {}).get(split, {}).get(task)
        if one is None or one.truth.dtype.kind not in "fiu" or one.truth.ndim != 1:
            continue
        truth, pred = one.truth.astype(float), one.pred.astype(float)
        spread = float(np.ptp(truth[one.mask])) if one.mask.any() else 0.0
        used = one.mask & np.isfinite(truth) & np.isfinite(pred) & (np.abs(truth - value) > 1e-9 * spread)
        if used.sum() < 2:
            continue
        truth, pred = truth[used], pred[used]
        found, _ = bootstrap(partial(_r2, truth, pred), one.recording[used], seed=0)
        return split, _r2(truth, pred, np.ones(len(truth))), found, len(truth)
    return None, None, None, 0


def _r2(truth: NDArray[np.float64], pred: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    if not weight.sum():
        return float("nan")
    mean = np.average(truth, weights=weight)
    spread = float((weight * (truth - mean) ** 2).sum())
    return 1 - float((weight * (truth - pred) ** 2).sum()) / spread if spread > 0 else float("nan")


def judge(limit: Limit) -> Finding | None:
    """A note for a limit with mass; a warning for a fifth of the labels where the open range is not learned, or where
    another fifth is at the other end, and more than half at both."""
    if limit.distinct < DISTINCT or limit.share < NOTED or limit.ratio < SPIKE or limit.gap >= GAP:
        return None
    learned = limit.open_r2 is None or limit.open_windows < WINDOWS or limit.open_r2 > NO_SKILL
    harmful = limit.share > WARNED and not learned
    most = min(limit.share, limit.opposite) > WARNED and limit.share + limit.opposite > MOST and not limit.declared
    most = most and limit.opposite * limit.distinct >= SPIKE
    most = most and (limit.share, limit.value) > (limit.opposite, limit.end)  # said once, of the fuller end
    ends = [limit.value, limit.end] if most else [limit.value]
    masked = {**limit.entry, "missing": [*limit.entry.get("missing", []), *ends]}
    score = (Fact("R2 off the limit", limit.open_r2, limit.interval, NO_SKILL, window=limit.split or ""),)
    return Finding(
        severity="warning" if harmful or most else "note",
        what=f"{limit.task}: {limit.share:.1%} of the labels are exactly {limit.value:g}, their {limit.side}imum"
        + (f", and {limit.opposite:.1%} {limit.end:g}, the other end: most are no measurement" if most else "")
        + (f", and R2 over the other windows is {limit.open_r2:.2g}" if harmful else ""),
        scope=Scope(task=limit.task, key=f"data.targets.{limit.target}"),
        evidence=(
            Fact(f"share of labels at the {limit.side}imum", limit.share, threshold=WARNED, window="train"),
            Fact("times as common as an ordinary value", limit.ratio, threshold=SPIKE, window="train"),
            *((Fact("share of labels at both ends", limit.share + limit.opposite, threshold=MOST),) if most else ()),
            *(score if harmful else ()),
        ),
        counter_evidence=score if learned and limit.open_r2 is not None else (),
        alternatives=(
            Alternative("filled-labels", "a default value comes with whole recordings, a limit within each of them"),
        ),
        fixes=(
            Fix(
                "mask the labels at the limit",
                {f"data.targets.{limit.target}": masked},
                "R2 over the other windows rises above 0",
                risk="nothing is then learned about when the limit is reached",
            ),
            Fix("report the scores of the open range beside those of all windows", {}, "the claim says what it covers"),
        ),
    )


CHECK = Check(
    id="clipped-target",
    needs=("profile.targets",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("degenerate-r2",),
)
