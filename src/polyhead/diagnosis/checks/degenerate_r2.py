"""R2 of a target that does not vary.

What it finds
    An R2 far below 0 because its denominator is next to nothing: labels that hardly vary in the split, or a mean of R2
    over batches or recordings in which they do not.

Why it matters
    R2 = 1 - MSE / var(y). Where var(y) is next to 0, R2 measures that, not the predictions: a small error looks
    catastrophic, and rescaling the head, the usual answer, changes nothing.

Evidence
    sqrt(1 - R2), the RMSE in units of the spread that R2 was computed with, and that spread, sqrt(MSE / (1 - R2)). In a
    run: the spread of the split against that of training and against the step between labels, R2 of all windows
    together, and its median within recordings.

Remedy
    Compute R2 once over all windows of a split that varies; else report MAE.

When it can be wrong
    Predictions that run away, far outside the range of the labels, have such an R2 by right; MAE then is many times
    the spread of the labels, which the table may not say.

Example
    R2 -2642, MSE .358: sd = sqrt(.358 / 2643) = .0116, while MAE is .527 and MAPE .998. Either the head says 0: then
    MAE is the mean of the labels, their sd sqrt(.358 - .527^2) = .283 and R2 over all windows 1 - .358 / .0803 = -3.5,
    so -2642 is a mean over batches of nearly equal labels. Or the labels are all about .53 with sd .0116, and then it
    is the predictions that scatter. The sd of all labels tells: .283 or .0116.

References
    scikit-learn, r2_score (undefined for constant targets). torchmetrics R2Score averages what it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Shown, Span, claimed_sets, sd_range
from polyhead.diagnosis.pooled import columns_of, is_number, known_of, r2

CATASTROPHE = -9.0
"""R2 of a constant 3 standard deviations off the mean: lower takes predictions beyond nearly all labels, or a spread
that is not that of the labels."""
NARROW = 0.1
"""Spread of a split over that of training below which its R2 says little: what is an R2 of .9 there is one of -9 here;
over the step between two labels: at most one label of a hundred then differs from the others."""
SAME = 0.1
"""Part of R2 by which the one of all windows together may differ and be the one that was logged."""
NEAR_ONE = 0.02
"""MAPE this near to 1 is that of predictions near 0: a few labels of 0 move it so far."""
FEWEST = 5
"""Windows without which a recording has no R2 of its own."""


@dataclass(frozen=True)
class Denominator:
    """R2 as said and the errors beside it; of predictions where there are some, `sd` of the split, of `training`, the
    step between labels, R2 over all windows and its median within recordings."""

    task: str
    split: str
    r2: float
    span: Span
    implied: Span | None
    mse: float | None
    mae: float | None
    mape: float | None
    sd: float | None
    training: float | None
    step: float | None
    pooled: float | None
    within: float | None


def measure(case: Case) -> Iterator[Denominator]:
    """Every R2 of a task of one number."""
    found = 0
    for split, task, own in claimed_sets(case):
        if "r2" in own and task in case.tasks:
            found += 1
            yield _denominator(case, split, task, own)
    if not found:
        raise NotCheckedError("no R2")


def _denominator(case: Case, split: str, task: str, own: dict[str, Shown]) -> Denominator:
    known, training = known_of(case, split, task), known_of(case, "train", task)
    sd = spread = step = pooled = within = None
    if known is not None and is_number(case, task, known) and known.truth.ndim == 1:
        truth, pred = columns_of(known.truth)[:, 0], columns_of(known.pred)[:, 0]
        sd, pooled, distinct = float(np.std(truth)), _pooled(known, own["r2"].value), np.unique(truth)
        step = float(np.diff(distinct).min()) if len(distinct) > 1 else None
        spread = float(np.std(columns_of(training.truth))) if training is not None else None
        each = [r2(truth[own], pred[own]) for own in _recordings(known.recording)]
        within = float(np.median(each)) if each and np.isfinite(each).all() else None
    elif known is not None and is_number(case, task, known):
        pooled = _pooled(known, own["r2"].value)
    values = {name: own[name].value if name in own else None for name in ("mse", "mae", "mape")}
    implied = sd_range(own["mse"].span, own["r2"].span) if "mse" in own else None
    return Denominator(
        task, split, own["r2"].value, own["r2"].span, implied, **values, sd=sd, training=spread, step=step,
        pooled=pooled, within=within,
    )  # fmt: skip


def _pooled(known: Predicted, said: float) -> float | None:
    """R2 over all windows; of several outputs together or the mean of theirs, whichever is nearer to what was said."""
    truth, pred = columns_of(known.truth), columns_of(known.pred)
    each = [r2(truth[:, place], pred[:, place]) for place in range(truth.shape[1])]
    ways = [one for one in (r2(truth.ravel(), pred.ravel()), float(np.mean(each))) if isfinite(one)]
    return min(ways, key=lambda one: abs(one - said), default=None)


def _recordings(names: np.ndarray) -> Iterator[np.ndarray]:
    for name in np.unique(names):
        own = np.flatnonzero(names == name)
        if len(own) >= FEWEST:
            yield own


def judge(one: Denominator) -> Finding | None:
    """A warning where R2 is far below 0, or below 0 on a split that hardly varies."""
    narrow = one.sd is not None and one.r2 < 0 and one.training is not None and one.sd < NARROW * one.training
    coarse = one.sd is not None and one.r2 < 0 and one.step is not None and one.sd < NARROW * one.step
    if one.span[1] >= CATASTROPHE and not narrow and not coarse:
        return None
    if one.pooled is not None and abs(one.pooled - one.r2) < SAME * abs(one.r2) and not narrow and not coarse:
        return None  # all windows together have it: the predictions are far off, see below-floor
    facts = [
        Fact("r2", one.r2, interval=one.span, threshold=CATASTROPHE, source="a constant 3 sd off", window=one.split)
    ]
    if one.implied is not None:
        source = "sqrt(MSE / (1 - R2))"
        facts.append(Fact("sd of the labels by MSE and R2", sum(one.implied) / 2, interval=one.implied, source=source))
    facts += [
        Fact(name, value, source=source)
        for name, value, source in (
            ("sd of the labels", one.sd, f"all windows of {one.split}"),
            ("sd of the labels of training", one.training, ""),
            ("r2 of all windows together", one.pooled, "recomputed from predictions"),
            ("median r2 within recordings", one.within, "recomputed from predictions"),
        )
        if value is not None
    ]
    said, alternatives = _hypotheses(one)
    return Finding(
        severity="warning",
        what=f"{one.task}: R2 {one.r2:.6g} says that its denominator is next to nothing; {said}",
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}"),
        evidence=tuple(facts),
        alternatives=alternatives,
        fixes=(
            Fix(
                "compute R2 once over all windows of the split, and report MAE beside it",
                {f"tasks.{one.task}.metrics": ["r2", "mae", "rmse"]},
                "R2 of the order of 1 - MSE / var(y) of all labels",
            ),
        ),
    )


def _hypotheses(one: Denominator) -> tuple[str, tuple[Alternative, ...]]:
    """What may be behind it, the likelier first, with what tells them apart."""
    if one.sd is not None:
        few = (Alternative("broadcast-target", "count the distinct labels of each recording and batch"),)
        if one.pooled is not None and abs(one.pooled - one.r2) >= SAME * abs(one.r2):
            return f"all windows of {one.split} together have {one.pooled:.3g}: it is a mean over parts of them", few
        return f"the labels of {one.split} have sd {one.sd:.3g}, {_than(one.training)}", few
    implied = "" if one.implied is None else f" of sd {sum(one.implied) / 2:.3g}"
    small = "small" if one.implied is None else f"{sum(one.implied) / 2:.3g}"
    narrow = Alternative("filled-labels", f"sd of all labels together: near-constant labels if it is {small}")
    if one.mae is None or one.mse is None or one.mse < one.mae**2:
        return f"near-constant labels{implied}, or R2 averaged over batches of such", (narrow,)
    zero = one.mape is not None and abs(one.mape - 1) <= NEAR_ONE
    sd = (one.mse - one.mae**2) ** 0.5
    pooled = f", R2 {1 - one.mse / sd**2:.2g} over all windows" if sd > 0 else ""
    first = Alternative(
        "constant-output",
        f"sd of all labels together and of the predictions: {sd:.3g} and about 0 if the head says 0 and R2 is a mean"
        " over near-constant batches",
    )
    about = "" if one.mape is None or one.mape <= 0 else f" about {one.mae / one.mape:.2g}"
    said = (
        f"(1) predictions near 0, a dead head (then labels have mean {one.mae:.3g}, sd {sd:.3g}{pooled}), and R2"
        f" averaged over near-constant batches; or (2) near-constant labels{about}{implied}; the sd of all labels tells"
    )
    other = f"near-constant labels{about}{implied}, or R2 averaged over batches of such; the sd of all labels tells"
    return (said, (first, narrow)) if zero else (other, (narrow,))


def _than(training: float | None) -> str:
    return "hardly more than nothing" if training is None else f"those of training {training:.3g}"


CHECK = Check(
    id="degenerate-r2",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "impossible-metrics"),
)
