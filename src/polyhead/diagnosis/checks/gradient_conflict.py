"""Two tasks that pull the backbone apart.

What it finds
    Two tasks whose gradients over the shared parameters point against each other in most of the sampled steps, while
    one of the two is at its floor or falls back.

Why it matters
    A step along the sum of two gradients that point against each other raises the loss of one task to lower that of
    the other. Now and then that is ordinary, since noise alone gives negative cosines; if it is most steps, the shared
    layers have no room for both tasks, and the one with the longer gradient wins.

Evidence
    Share of sampled steps in which the cosine between the two gradients is below -.1, with the interval of Wilson, the
    median cosine, and how alike the gradients are in length: 2 |a| |b| / (|a|^2 + |b|^2) of the weighted norms.

Remedy
    More shared capacity, a branch of its own for one of the tasks, or a balance that takes from each gradient what
    points against another (balance: pcgrad). Whether one task is better left out only a trial tells.

When it can be wrong
    Conflict does no harm where both tasks are learned: common features are a compromise, and this is then a note. Where
    one gradient is much longer (likeness near 0), it is the other's size and not its direction that decides.

Example
    Gradients (3, 0) and (-1, 1) have the cosine -3 / (3 sqrt 2) = -.71 and the likeness 2 x 3 x 1.41 / (9 + 2) = .77:
    their sum (2, 1) still lowers the first loss, and raises the second to first order by 1 per unit of step.

References
    Yu et al., NeurIPS 2020 (PCGrad): conflict, and likeness of length. Wilson, JASA 1927, for the interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Standing, standing_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.shares import wilson

AGAINST = -0.1
"""Cosines between 0 and this are what gradients of two unrelated tasks scatter over with few thousand parameters."""
MOST = 0.5
"""Share of sampled steps above which conflict is the rule."""
SAMPLES = 20
"""With fewer the interval of a share of one half is wider than .2 to either side."""
ALIKE = 0.1
"""Below this likeness one gradient is twenty times as long as the other."""


@dataclass(frozen=True)
class Conflict:
    """Of `samples` steps the `share` with a cosine below AGAINST, its 95 % interval, the median cosine and likeness of
    length in (0, 1], None where no norms are there; how both tasks stand."""

    first: str
    second: str
    share: float
    interval: tuple[float, float]
    cosine: float
    alike: float | None
    samples: int
    standing: tuple[Standing, Standing]
    epochs: tuple[int, int]


def measure(case: Case) -> Iterator[Conflict]:
    """Every pair with cosines. Raises NotCheckedError where no pair has enough of them."""
    steps = case.steps or {}
    pairs = [(first, second) for first in case.tasks for second in case.tasks if first != second]
    counts = {pair: int(np.isfinite(steps[_column(pair)]).sum()) for pair in pairs if _column(pair) in steps}
    if not any(count >= SAMPLES for count in counts.values()):
        most = max(counts.values(), default=0)
        raise NotCheckedError(f"cosines of {most} steps, {SAMPLES} are needed (trace.every)")
    for (first, second), count in counts.items():
        if count < SAMPLES:
            continue
        cosines = steps[_column((first, second))]
        at = np.isfinite(cosines)
        against = int((cosines[at] < AGAINST).sum())
        yield Conflict(
            first,
            second,
            against / count,
            wilson(against, count),
            float(np.median(cosines[at])),
            _alike(steps, first, second),
            count,
            (standing_of(case, first), standing_of(case, second)),
            (int(steps["epoch"][at][0]), int(steps["epoch"][at][-1])),
        )


def _column(pair: tuple[str, str]) -> str:
    return f"cosine.{pair[0]}~{pair[1]}"


def _alike(steps: Columns, first: str, second: str) -> float | None:
    """Median likeness of the lengths of the weighted gradients at the backbone's output."""
    if not all(f"{part}.{task}" in steps for part in ("grad_norm", "weight") for task in (first, second)):
        return None
    a, b = (steps[f"grad_norm.{task}"] * steps[f"weight.{task}"] for task in (first, second))
    good = np.isfinite(a) & np.isfinite(b) & (a**2 + b**2 > 0)
    return float(np.median(2 * a[good] * b[good] / (a[good] ** 2 + b[good] ** 2))) if good.any() else None


def judge(one: Conflict) -> Finding | None:
    """Conflict as the rule; a warning where it goes with harm to one of the two."""
    if one.share <= MOST:
        return None
    harmed = [
        task
        for task, standing in zip((one.first, one.second), one.standing, strict=True)
        if standing in ("floor", "fell")
    ]
    severity: Severity = "warning" if harmed else "note"
    task = harmed[0] if harmed else one.first
    counter = [Fact("standing of both tasks", " and ".join(one.standing))] if not harmed else []
    if one.alike is not None and one.alike < ALIKE:
        counter.append(Fact("likeness of length", one.alike, threshold=ALIKE, source="length decides, not direction"))
    said = f"; {', '.join(harmed)} learned nothing or fell back" if harmed else ""
    window = f"{one.samples} sampled steps, epochs {one.epochs[0]} to {one.epochs[1]}"
    return Finding(
        severity=severity,
        what=f"the gradients of {one.first} and {one.second} point against each other in {one.share:.0%} of"
        f" {one.samples} sampled steps{said}",
        scope=Scope(task=task, epochs=one.epochs, parameter=f"{one.first}~{one.second}", key=f"tasks.{task}"),
        evidence=(
            Fact(f"share of steps with a cosine below {AGAINST}", one.share, one.interval, MOST, "Wilson", window),
            Fact("median cosine", one.cosine, source="over the shared parameters", window=window),
            Fact("likeness of length", one.alike, source="2 |a| |b| / (|a|^2 + |b|^2), weighted"),
        ),
        counter_evidence=tuple(counter),
        alternatives=(
            Alternative("loss-dominance", "equal lengths (balance: imtl): what a longer gradient did is then mended"),
            Alternative("negative-transfer", "train without the other task: harm by conflict goes with it"),
        ),
        fixes=(
            Fix(
                "take from each gradient what points against another",
                {"balance": "pcgrad"},
                f"{task} rises above its floor",
                "a backward pass for each task",
            ),
        ),
    )


CHECK = Check(
    id="gradient-conflict",
    needs=("steps.cosine.",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor",),
)
