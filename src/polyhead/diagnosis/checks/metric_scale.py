"""An error metric on the scale of the training.

What it finds
    MAE, RMSE or MSE that are in units of the scaled target, not of the target.

Why it matters
    Targets are scaled for the loss. Where the scaling is not undone before the metric, an error of .3 reads as .3
    days and is .3 standard deviations. R2 does not change with the scale, so that nothing else tells.

Evidence
    In a run, the logged value over the one recomputed from predictions in physical units, against 1 / sd of training.
    In a table, the spread of the target that MSE and R2 imply, sqrt(MSE / (1 - R2)), against the known one.

Remedy
    Undo the scaling of predictions and targets before computing metrics.

When it can be wrong
    A target that is given in units of its spread has both scales alike. In a table, the known spread may be of another
    split; a factor of 3 is far beyond what splits of one population differ by.

Example
    MSE .25 and R2 .75 imply var(y) = .25 / .25 = 1. The target, a pressure, has sd 40 bar: the MSE is in squares of the
    sd, and the RMSE is not .5 bar but .5 x 40 = 20 bar.

References
    scikit-learn, TransformedTargetRegressor, which undoes the transform before scoring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Shown, Span, claimed_sets, fact, sd_range
from polyhead.diagnosis.pooled import columns_of, is_number, known_of

UNIT = 1.25
"""An implied sd within this factor of 1 is that of a standardised target: test and training differ so much."""
FAR = 3.0
"""A known sd beyond this factor of 1 is not. Errors logged at another epoch than that of the predictions differ by
less; units of one quantity seldom do."""
OFF = 1.05
"""Factor by which a logged error may differ from the recomputed one: another checkpoint of the same run does so."""
EXACT = 1.1
"""Factor within which the ratio is that of the training set's sd."""
POWER = {"mae": 1, "rmse": 1, "mse": 2}
"""How the metrics grow with the unit."""


@dataclass(frozen=True)
class Logged:
    """Error metrics as logged over recomputed, as a factor of the unit; `sd` is that of the training set."""

    task: str
    split: str
    factors: dict[str, float]
    value: float
    recomputed: float
    sd: float | None


@dataclass(frozen=True)
class Implied:
    """The target's sd that MSE and R2 imply, and the known one."""

    task: str
    split: str
    implied: Span
    known: Span


def measure(case: Case) -> Iterator[Logged | Implied]:
    """Every task of numbers whose spread or predictions are known."""
    found = 0
    for split, task, own in claimed_sets(case):
        if task in case.tasks and (one := _logged(case, split, task, own) or _implied(case, split, task, own)):
            found += 1
            yield one
    if not found:
        raise NotCheckedError("needs predictions of a number, or MSE and R2 beside target_sd")


def _logged(case: Case, split: str, task: str, own: dict[str, Shown]) -> Logged | None:
    known = known_of(case, split, task)
    if known is None or not is_number(case, task, known):
        return None
    error = columns_of(known.pred) - columns_of(known.truth)
    mse = float(np.mean(error**2))
    truth = {"mae": float(np.mean(np.abs(error))), "rmse": mse**0.5, "mse": mse}
    factors = {
        name: (own[name].value / value) ** (1 / POWER[name])
        for name, value in truth.items()
        if name in own and value > 0 and own[name].value > 0
    }
    if not factors:
        return None
    first = next(iter(factors))
    training = known_of(case, "train", task)
    sd = float(np.std(columns_of(training.truth))) if training is not None and training.truth.ndim == 1 else None
    return Logged(task, split, factors, own[first].value, truth[first], sd or None)


def _implied(case: Case, split: str, task: str, own: dict[str, Shown]) -> Implied | None:
    known = fact(case, task, "target_sd")
    implied = sd_range(own["mse"].span, own["r2"].span) if "mse" in own and "r2" in own else None
    return Implied(task, split, implied, known) if known is not None and implied is not None else None


def judge(one: Logged | Implied) -> Finding | None:
    """A warning: the predictions are sound, the numbers are in another unit than they say."""
    if isinstance(one, Implied):
        if not (_within(one.implied, UNIT) and (one.known[0] > FAR or one.known[1] < 1 / FAR)):
            return None
        implied, known = sum(one.implied) / 2, sum(one.known) / 2
        said = f"{one.task}: MSE and R2 imply a target of sd {implied:.3g}, it has {known:.3g}: the errors are in"
        facts = (
            Fact("sd implied by MSE and R2", implied, interval=one.implied, threshold=known, source="MSE / (1 - R2)"),
        )
        return _finding(one.task, one.split, f"{said} units of its sd", facts)
    middle = float(np.median(list(one.factors.values())))
    spread = max(one.factors.values()) / min(one.factors.values())
    scaled = one.sd is not None and abs(log(middle * one.sd)) <= log(EXACT)
    if 1 / OFF <= middle <= OFF or spread > OFF or not (scaled or abs(log(middle)) > log(FAR)):
        return None
    unit = f"units of the sd of training, {one.sd:.4g}" if scaled else "another unit than the predictions"
    said = f"{one.task}: the logged error {one.value:.4g} is {middle:.4g} times that of the predictions on {one.split},"
    facts = (
        Fact("logged over recomputed", middle, threshold=1.0, source=", ".join(one.factors), window=one.split),
        Fact("recomputed", one.recomputed, source="predictions in physical units"),
        *((Fact("1 / sd of training", 1 / one.sd, source="what standardising would give"),) if one.sd else ()),
    )
    return _finding(one.task, one.split, f"{said} {one.recomputed:.4g}: it is in {unit}", facts)


def _within(span: Span, factor: float) -> bool:
    return 1 / factor <= span[0] and span[1] <= factor


def _finding(task: str, split: str, said: str, facts: tuple[Fact, ...]) -> Finding:
    return Finding(
        severity="warning",
        what=said,
        scope=Scope(task=task, split=split, key=f"tasks.{task}"),
        evidence=facts,
        alternatives=(
            Alternative("impossible-metrics", "recompute MSE and R2 from one set of predictions: they then fit"),
            Alternative("filled-labels", "look for one value that many labels share: it narrows or widens the spread"),
        ),
        fixes=(
            Fix(
                "undo the scaling of predictions and targets before the metric; polyhead reports in target units",
                {},
                "errors larger by the factor of the unit, R2 as before",
            ),
        ),
    )


CHECK = Check(
    id="metric-scale",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("impossible-metrics",),
)
