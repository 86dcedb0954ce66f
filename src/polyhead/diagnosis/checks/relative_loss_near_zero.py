"""A relative loss on targets near zero.

What it finds
    A loss that divides by the target, or takes its logarithm, where some targets are so near zero that they decide the
    training.

Why it matters
    The gradient of |pred - y| / |y| is 1 / |y| in the units of the target. A label a thousand times smaller than the
    others pulls a thousand times as hard, whatever its own accuracy is, and the network is bent to the labels that
    matter least. A logarithm sends labels near zero far down: a few of them take up most of its spread, and the loss,
    which is scaled by that spread, hardly sees the others.

Evidence
    What the hundredth of the windows with the smallest labels holds: of the sum of 1 / |y| for a relative loss (its
    square for relative_mse), of the variance of log y for a logarithm. Equal parts would give 0.01.

Remedy
    A floor under the logarithm, a plain loss, or no labels near zero (`valid`) where they mean "nothing there".

When it can be wrong
    Where small labels are as exact as large ones, relative to themselves, and matter as much, this weight is meant. In
    polyhead a label counts at least a thousandth of the median, which limits the weight to a thousand times the usual.

Example
    99 labels of 1 and one of 0.01: 100 / (99 + 100) = 0.50 of all weight is on one window of a hundred. Under
    relative_mse it is 10000 / (99 + 10000) = 0.99. Energies evenly from 20 to 55: 0.017.

References
    Tofallis, Journal of the Operational Research Society 2015 (relative errors favour predictions that are too low).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.config.tasks import RegressionOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import at_floor

SHARE = 0.25
"""A hundredth of the windows with a quarter of the weight: 25 times an even part. Under 1 / |y|, labels spread evenly
over a factor of 20 have 0.06, log-normal ones of one e-fold 0.09; under a logarithm log-normal ones have 0.07 whatever
their spread, labels even from 0 to 1 have 0.22."""
ERROR_SHARE = 0.5
"""Half of the weight; an error only where the task's score is no better than its floor."""
WINDOWS = 100
"""A hundredth of fewer windows is less than one."""
Numbers = NDArray[np.float64]
_LEAST = 1e-3  # of the median of |target|: what polyhead's relative losses divide by at least


@dataclass(frozen=True)
class Weight:
    """How the smallest labels of a task weigh: the `share` of the weight on the smallest hundredth, the `smallest` of
    |label| (its 0.1 % quantile), the 5 % quantile `low` and the `median`, and how the loss comes to weigh so.
    `harmed`: its judged score is no better than its floor."""

    task: str
    by: str
    share: float
    smallest: float
    low: float
    median: float
    known: int
    harmed: bool
    score: float | None
    interval: tuple[float, float] | None


def measure(case: Case) -> Iterator[Weight]:
    """Every task with a relative loss or a logarithm."""
    found = False
    for task, facts in case.tasks.items():
        options = case.config.tasks.get(task) if case.config else None
        log = isinstance(options, RegressionOptions) and options.log_transform
        loss = facts.loss or str(getattr(getattr(options, "loss_fn", None), "name", ""))
        relative = loss.startswith("relative_")
        size, known = _magnitudes(case, task) if relative or log else (np.empty(0), 0)
        if not len(size) or np.median(size) <= 0:
            continue
        found = True
        if relative:
            weight = _relative(size, loss, ours=options is not None)
        else:
            weight = _logarithm(size, getattr(options, "log_floor", None))
        score = case.score(task)
        yield Weight(
            task=task,
            by=loss if relative else "log_transform",
            share=_top(weight[np.argsort(size, kind="stable")]),
            smallest=float(np.quantile(size, 0.001)),
            low=float(np.quantile(size, 0.05)),
            median=float(np.median(size)),
            known=known,
            harmed=at_floor(case, task),
            score=score[1].value if score else None,
            interval=score[1].interval if score else None,
        )
    if not found:
        raise NotCheckedError("no task with a relative loss or a logarithm, whose labels are known")


def _relative(size: Numbers, loss: str, ours: bool) -> Numbers:
    """Slope of the loss by the error; polyhead's own losses divide by a thousandth of the median at least."""
    weight = 1 / np.maximum(size, _LEAST * np.median(size) if ours else np.finfo(float).tiny)
    return weight**2 if loss == "relative_mse" else weight


def _logarithm(size: Numbers, floor: float | None) -> Numbers:
    """Squared distance of each logarithm from their mean."""
    moved = np.log(np.maximum(size, floor or np.finfo(float).tiny))
    return np.asarray((moved - moved.mean()) ** 2)


def _top(ranked: Numbers) -> float:
    """Share of the first hundredth of (n,) weights, parts of a window counted in part."""
    n = len(ranked) / 100
    whole = int(n)
    rest = (n - whole) * ranked[whole] if whole < len(ranked) else 0.0
    total = float(ranked.sum())
    return float(ranked[:whole].sum() + rest) / total if total > 0 else 0.0


def _magnitudes(case: Case, task: str) -> tuple[Numbers, int]:
    """|label| of training, one by one from predictions or evenly spread between the profile's quantiles, and of how
    many labels."""
    one = (case.predictions or {}).get("train", {}).get(task)
    if one is not None and one.truth.dtype.kind in "fiu" and one.mask.any():
        size = np.abs(one.truth[one.mask].astype(float)).reshape(-1)
        return size[np.isfinite(size)], int(one.mask.sum())
    profile = case.profile.targets.get(task) if case.profile else None
    labels = profile.splits.get("train") if profile else None
    if labels is None or not labels.magnitudes:
        return np.empty(0), 0
    at = sorted(labels.magnitudes, key=float)
    # Between two quantiles the logarithm moves evenly: labels that approach zero do so over decades.
    value = np.maximum([labels.magnitudes[key] for key in at], np.finfo(float).tiny)
    levels = (np.arange(10_000) + 0.5) / 10_000
    return np.exp(np.interp(levels, [float(key) for key in at], np.log(value))), labels.known


def judge(weight: Weight) -> Finding | None:
    """A warning where a hundredth of the windows has a quarter of the weight; an error for half, with a task that
    learned nothing."""
    if weight.known < WINDOWS or weight.share < SHARE:
        return None
    low = float(f"{weight.low or 0.1 * weight.median:.3g}")
    log = weight.by == "log_transform"
    of = "the spread" if log else "the weight"
    plain = {f"tasks.{weight.task}.loss_fn": "smooth_l1"}
    floor = {f"tasks.{weight.task}.log_transform": True, f"tasks.{weight.task}.log_floor": low}
    return Finding(
        severity="error" if weight.share >= ERROR_SHARE and weight.harmed else "warning",
        what=f"{weight.task}: {weight.by} puts {weight.share:.0%} of {of} on the 1 % of the windows with the smallest"
        f" labels, {weight.smallest / weight.median:.2g} of the median and less",
        scope=Scope(
            task=weight.task,
            split="train",
            key=f"tasks.{weight.task}.{'log_transform' if log else 'loss_fn'}",
        ),
        evidence=(
            Fact("share of the weight on the smallest 1 %", weight.share, threshold=SHARE, window="train"),
            Fact("0.1 % quantile of |label| over the median", weight.smallest / weight.median, window="train"),
            *(
                (Fact("score", weight.score, weight.interval, source="not better than its floor"),)
                if weight.harmed
                else ()
            ),
        ),
        alternatives=(Alternative("filled-labels", "count the labels that are exactly 0 or one other value"),),
        fixes=(
            Fix(
                f"the logarithm with a floor of {low:g}, which one label in twenty lies below",
                floor if log else plain | floor,
                f"the smallest 1 % hold less than {SHARE:.0%} of the weight",
                risk="labels below the floor are told apart no longer",
            ),
            Fix(
                "a plain loss",
                {f"tasks.{weight.task}.log_transform": False} if log else plain,
                "every window weighs alike",
                risk="the largest labels weigh most in the squared error",
            ),
        ),
    )


CHECK = Check(
    id="relative-loss-near-zero",
    needs=("profile.targets|predictions",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("loss-metric-divergence",),
)
