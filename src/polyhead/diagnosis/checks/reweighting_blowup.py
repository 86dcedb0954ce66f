"""Window weights that leave a handful of windows to learn from.

What it finds
    Weights that even out a target's distribution and, doing so, put nearly all weight on few windows.

Why it matters
    A weight of one over the count of a bin gives a lone window in an empty corner the weight of a whole bin. The
    average over a batch is then that of few windows: the gradient is as noisy as if most of the data had been thrown
    away, and one label at the edge, often a wrong one, steers the step.

Evidence
    Effective sample size (sum w)^2 / sum w^2 over the number of windows, and the largest weight over the median.

Remedy
    A cap on the weights (`reweighting.TASK.cap`), fewer bins, or a range without the outliers.

When it can be wrong
    Weights that follow a known rate of sampling must be uneven. A small effective size is a cost in noise, which more
    epochs and larger batches bear in part; it is no error by itself.

Example
    999 windows of weight 1 and one of weight 1000: (1999)^2 / (999 + 1000^2) = 3.99 effective windows of 1000, share
    0.004, largest over median 1000.

References
    Kish, Survey Sampling, 1965 (effective sample size). Owen, Monte Carlo theory, chapter 9 (weights above 1 / n).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

EFFECTIVE = 0.1
"""Share of the windows that is left: a tenth triples the noise of the gradient."""
LARGEST, HALF = 100.0, 0.5
"""The largest weight over the median, which matters where it costs half of the effective size."""
CAP = 10.0
"""What is proposed: ten times the mean keeps an even target within reach and bounds what one window can do."""


@dataclass(frozen=True)
class Spread:
    """How uneven the weights of `n` training windows are, and the tasks whose targets made them."""

    tasks: tuple[str, ...]
    n: int
    effective: float
    largest_over_median: float

    @property
    def share(self) -> float:
        return self.effective / self.n


def measure(case: Case) -> Iterator[Spread]:
    """The weights of the training windows."""
    weights = case.profile.weights if case.profile else None
    if weights is None or weights.n == 0:
        raise NotCheckedError("no weights of windows")
    named = case.config.reweighting if case.config else {}
    tasks = tuple(name for name, one in named.items() if one.enabled)
    yield Spread(tasks, weights.n, weights.effective, weights.largest_over_median)


def judge(spread: Spread) -> Finding | None:
    """A warning where a tenth of the windows is left, or where one weight costs half of them."""
    towering = spread.largest_over_median >= LARGEST and spread.share < HALF
    if spread.share >= EFFECTIVE and not towering:
        return None
    task = spread.tasks[0] if len(spread.tasks) == 1 else None
    cap = {f"reweighting.{name}.cap": CAP for name in spread.tasks}
    off = {f"reweighting.{name}.enabled": False for name in spread.tasks}
    return Finding(
        severity="warning",
        what=f"weights leave {spread.effective:.4g} effective of {spread.n} training windows; the largest is"
        f" {spread.largest_over_median:.3g} times the median",
        scope=Scope(task=task, split="train", key=f"reweighting.{task}" if task else "reweighting"),
        evidence=(
            Fact("effective share of the windows", spread.share, threshold=EFFECTIVE, source="Kish", window="train"),
            Fact("largest weight over the median", spread.largest_over_median, threshold=LARGEST, window="train"),
        ),
        alternatives=(
            Alternative("filled-labels", "look at the windows of the largest weight: a default has a bin of its own"),
        ),
        fixes=(
            Fix(
                "cap the weights",
                cap,
                f"more than {EFFECTIVE:.0%} of the windows are effective",
                risk="rare regions count less than an even target would have them",
            ),
            Fix("no weights", off, "all windows are effective", risk="rare regions are learned last"),
        ),
    )


CHECK = Check(
    id="reweighting-blowup",
    needs=("profile.weights",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("stalled-training", "below-floor", "overfitting", "constant-output"),
)
