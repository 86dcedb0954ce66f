"""An angle learned as if its ends were far apart.

What it finds
    A target that goes round, such as an angle or a time of day, under a loss that takes 359 and 1 degree for 358 apart.

Why it matters
    Windows on either side of the seam look alike and have labels a whole period apart. The network can only answer
    between them, which is the opposite side of the circle, and the few windows near the seam make most of a squared
    error and of its gradient.

Evidence
    The period, from the unit or from labels that span a whole one with both ends populated; the share of windows whose
    error is more than half a period; and the share of the squared error that is gone when errors are taken round the
    circle. What is left must be well below that of guessing, period / sqrt(12).

Remedy
    Learn sine and cosine as two numbers and read the angle from both, or turn the origin to where no label lies.

When it can be wrong
    An angle that never crosses its seam, such as 118 to 242 degrees, is a number like others and is left alone. A
    quantity in degrees that does not go round, such as a temperature, may span 360.

Example
    Labels 1 and 359 degrees, predictions 359 and 2: errors 358 and -357, round the circle -2 and 3. Squared: 255 613
    against 13, so all but 5e-5 of the squared error is the seam.

References
    Mardia and Jupp, Directional Statistics, 2000. Zhou et al., CVPR 2019 (an angle needs two numbers to be continuous).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.interval import bootstrap

GONE = 0.2
"""Share of the squared error that is the seam's alone, from which mending it is worth while."""
FAR = 0.005
"""Share of windows wrong by more than half a period; a single one is an outlier."""
WINDOWS = 30
"""Windows that these shares need."""
GUESS = 0.5
"""Error round the circle over that of guessing: above it the network does not know the angle at all."""
ERROR_GONE = 0.5
"""Half the squared error: the task's score is mostly the seam."""

PERIODS = {
    **dict.fromkeys(("rad", "radian", "radians"), 2 * np.pi),
    **dict.fromkeys(("deg", "degree", "degrees", "°"), 360.0),
    **dict.fromkeys(("h", "hour", "hours"), 24.0),
}
"""By unit; of the three, the labels must span one whole in any case."""
CIRCULAR = ("cos", "circular", "von_mises")
"""Beginnings of the names of losses that know the circle."""
Numbers = NDArray[np.float64]
_SPANS = (2 * np.pi, 360.0, 24.0)
_WHOLE, _END, _POPULATED = 0.9, 0.05, 0.01  # span over period, what counts as an end of it, share of labels there


@dataclass(frozen=True)
class Seam:
    """A number that spans a period: `far` of the `windows` of `split` are wrong by more than half of it, taking errors
    round the circle removes `gone` of the squared error, and leaves `guess` of the error of guessing."""

    task: str
    output: int | None
    split: str
    period: float
    unit: str
    windows: int
    far: float
    gone: float
    interval: tuple[float, float] | None
    guess: float


def measure(case: Case) -> Iterator[Seam]:
    """Each number whose labels span a period, on the most independent split with predictions."""
    found = False
    for task, facts in case.tasks.items():
        if facts.kind not in (None, "regression") or (facts.loss or "").startswith(CIRCULAR):
            continue
        for split in ("test", "val", "train"):
            one = (case.predictions or {}).get(split, {}).get(task)
            if one is not None and one.truth.dtype.kind in "fiu" and one.mask.sum() >= WINDOWS:
                found = True
                yield from _seams(facts, split, one)
                break
    if not found:
        raise NotCheckedError("no number with predictions under a loss that is not circular")


def _seams(facts: TaskFacts, split: str, one: Predicted) -> Iterator[Seam]:
    """Each output of a task whose labels span a period."""
    truth, pred = (values.reshape(len(values), -1)[one.mask].astype(float) for values in (one.truth, one.pred))
    for output in range(truth.shape[1]):
        used = np.isfinite(truth[:, output]) & np.isfinite(pred[:, output])
        period = _period(truth[used, output], facts.unit) if used.any() else None
        if period is None:
            continue
        off = pred[used, output] - truth[used, output]
        near = (off + period / 2) % period - period / 2
        gone = partial(_gone, off**2, near**2)
        yield Seam(
            task=facts.name,
            output=output if truth.shape[1] > 1 else None,
            split=split,
            period=period,
            unit=facts.unit,
            windows=len(off),
            far=float(np.mean(np.abs(off) > period / 2)),
            gone=gone(np.ones(len(off))),
            interval=bootstrap(gone, one.recording[one.mask][used], seed=0)[0],
            guess=float(np.sqrt(np.mean(near**2)) / (period / np.sqrt(12))),
        )


def _gone(whole: Numbers, near: Numbers, weight: Numbers) -> float:
    """Share of the squared errors that is not there round the circle; `weight` (n,) counts each window."""
    total = float(weight @ whole)
    return 1 - float(weight @ near) / total if total > 0 else 0.0


def _period(truth: Numbers, unit: str) -> float | None:
    """The period of a unit that goes round, or one that the labels span, if they reach from end to end of it."""
    known = PERIODS.get(unit.lower())
    low, high = float(truth.min()), float(truth.max())
    for period in _SPANS if not unit else () if known is None else (known,):
        if not _WHOLE <= (high - low) / period <= 1 + 1e-6:
            continue
        ends = np.mean(truth <= low + _END * period), np.mean(truth >= high - _END * period)
        if min(ends) >= _POPULATED:
            return period
    return None


def judge(seam: Seam) -> Finding | None:
    """A warning where errors across the seam are a fifth of the squared error of a network that knows the angle, an
    error from a half."""
    sure = seam.interval[0] if seam.interval else 0.0
    if seam.windows < WINDOWS or seam.far < FAR or seam.gone < GONE or seam.guess > GUESS:
        return None
    name = seam.task if seam.output is None else f"{seam.task}.{seam.output}"
    return Finding(
        severity="error" if sure >= ERROR_GONE else "warning",
        what=f"{name}: {seam.gone:.0%} of the squared error is a whole period of {seam.period:.4g}"
        f"{' ' + seam.unit if seam.unit else ''}, on {seam.far:.1%} of the windows",
        scope=Scope(
            task=seam.task,
            split=seam.split,
            channel=None if seam.output is None else str(seam.output),
            key=f"tasks.{seam.task}.loss_fn",
        ),
        evidence=(
            Fact("share of the squared error that is the seam", seam.gone, seam.interval, GONE, window=seam.split),
            Fact("share of windows wrong by over half a period", seam.far, threshold=FAR, window=seam.split),
            Fact("error round the circle over that of guessing", seam.guess, threshold=GUESS, window=seam.split),
        ),
        alternatives=(Alternative("filled-labels", "errors near the period from a default value all have one label"),),
        fixes=(
            Fix(
                "give sine and cosine of the angle as a target of two numbers, and read the angle as atan2",
                {},
                f"the error falls to {np.sqrt(max(0.0, 1 - seam.gone)):.0%} of what it is, if not further",
                risk="scores are then of sine and cosine; take the angle's from the predictions",
            ),
            Fix(
                "turn the origin of the angle to where the fewest labels lie",
                {},
                "no label within a twentieth of a period of the seam",
                risk="helps only where some direction is empty",
            ),
        ),
    )


CHECK = Check(
    id="periodic-target",
    needs=("predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "constant-output"),
)
