"""A threshold that nobody chose.

What it finds
    A yes-or-no task decided at a threshold that gives away F1 which another one, chosen on validation, would have.

Why it matters
    A probability of .5 divides well only where both classes are as frequent as in training and probabilities are
    calibrated. With rare positives nearly all scores lie below .5; F1 is then near 0 while the score ranks well, and
    the task looks unlearned.

Evidence
    F1 at the threshold in use against F1 at the one that is best on validation, both on a split that did not choose it,
    and the 95 % interval of the gain, paired over recordings. In a table: an F1 below the least that some threshold
    reaches at the given AUROC and share of positives (a bound, derived in polyhead.diagnosis.identities).

Remedy
    Choose the threshold on validation.

When it can be wrong
    A threshold may be set by the cost of false alarms, not by F1. The bound of a table is for the best threshold of
    that very split, which one chosen elsewhere misses by a little.

Example
    AUROC .99 with 7.2 % positives: some threshold has F1 of at least .75. A table that says F1 .10 beside them decides
    at a threshold that nobody chose. With AUROC .5 the bound is 2p/(1+p) = .1343, which yes to all reaches.

References
    Lipton, Elkan and Naryanaswamy, ECML 2014: the best threshold for F1 is half the best F1, not one half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.identities import Shown, Span, least_best_f1, metric_sets, prevalence_of
from polyhead.diagnosis.pooled import answers, asks_yes_or_no, is_binary, known_of, positive
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.threshold import choose_threshold

GAIN = 0.05
"""F1 that a better threshold must bring: less is within what thresholds of different splits differ by."""


@dataclass(frozen=True)
class Decided:
    """F1 in use and at `threshold`, which is best on validation, with the interval of the gain; `used` is between which
    scores the answers change."""

    task: str
    split: str
    f1: float
    best: float
    threshold: float
    used: Span
    gain: Span


@dataclass(frozen=True)
class Bound:
    """F1 of a table, and the least that the best threshold reaches by AUROC and the share of positives."""

    task: str
    split: str
    f1: float
    span: Span
    least: float
    auroc: float
    prevalence: float


def measure(case: Case) -> Iterator[Decided | Bound]:
    """Every yes-or-no task with scores on validation and test, else with AUROC, F1 and a share of positives."""
    found = 0
    for task, facts in case.tasks.items():
        if asks_yes_or_no(facts) and (one := _decided(case, task)) is not None:
            found += 1
            yield one
    for split, task, own in metric_sets(case) if not case.predictions else ():
        binary = task in case.tasks and asks_yes_or_no(case.tasks[task])
        if binary and (bound := _bound(case, split, task, own)) is not None:
            found += 1
            yield bound
    if not found:
        raise NotCheckedError(
            "needs scores of a yes-or-no task on val and on enough recordings of test, or AUROC, F1 and prevalence"
        )


def _decided(case: Case, task: str) -> Decided | None:
    val, test = known_of(case, "val", task), known_of(case, "test", task)
    if val is None or test is None:
        return None
    val, test = answers(case.tasks[task], val), answers(case.tasks[task], test)
    if val.score is None or test.score is None or not is_binary(case, task, val):
        return None
    classes = case.tasks[task].classes
    chosen = choose_threshold(positive(val.truth, classes).astype(np.int64), val.score)
    truth, said = positive(test.truth, classes), positive(test.pred, classes)
    if not truth.any():
        return None
    better = test.score >= chosen
    _, recording = np.unique(test.recording, return_inverse=True)
    gain, _ = bootstrap(lambda w: _f1(truth, better, w) - _f1(truth, said, w), recording, seed=0)
    if gain is None:
        return None
    one, no, yes = np.ones(len(truth)), test.score[~said], test.score[said]
    used = float(no.max()) if len(no) else 0.0, float(yes.min()) if len(yes) else 1.0
    return Decided(task, "test", _f1(truth, said, one), _f1(truth, better, one), chosen, used, gain)


def _f1(truth: NDArray[np.bool_], said: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """F1 under weights; NaN without a positive."""
    actual, predicted = float(weight[truth].sum()), float(weight[said].sum())
    return 2 * float(weight[truth & said].sum()) / (actual + predicted) if actual > 0 else float("nan")


def _bound(case: Case, split: str, task: str, own: dict[str, Shown]) -> Bound | None:
    share = prevalence_of(case, split, task)
    if share is None or not {"auroc", "f1"} <= own.keys() or not 0 < share[0] <= share[1] < 1:
        return None
    auroc, f1 = own["auroc"].span[0], own["f1"]
    if auroc < 0.5:
        return None
    return Bound(task, split, f1.value, f1.span, least_best_f1(auroc, share[0]), own["auroc"].value, share[0])


def judge(one: Decided | Bound) -> Finding | None:
    """A warning where the gain is beyond chance, a note where a table's numbers prove that there is one."""
    if isinstance(one, Bound):
        if one.span[1] >= one.least - GAIN:
            return None
        said = f"{one.task}: F1 {one.f1:.3g}, while AUROC {one.auroc:.3g} with {one.prevalence:.3g} positives means"
        fact = Fact(
            "f1", one.f1, interval=one.span, threshold=one.least, source="bound by AUROC and share of positives"
        )
        return _finding(
            one.task, one.split, "note", f"{said} that some threshold has at least {one.least:.3g}", (fact,)
        )
    if one.best - one.f1 < GAIN or one.gain[0] <= 0:
        return None
    said = f"{one.task}: F1 {one.f1:.3g} at a threshold between {one.used[0]:.3g} and {one.used[1]:.3g}; at"
    facts = (
        Fact("gain of F1", one.best - one.f1, interval=one.gain, threshold=GAIN, source="paired over recordings"),
        Fact("best threshold of val", one.threshold, source="largest F1"),
    )
    what = f"{said} {one.threshold:.3g}, the best of val, it is {one.best:.3g} on {one.split}"
    return _finding(one.task, one.split, "warning", what, facts)


def _finding(task: str, split: str, severity: Severity, said: str, facts: tuple[Fact, ...]) -> Finding:
    return Finding(
        severity=severity,
        what=said,
        scope=Scope(task=task, split=split, key=f"tasks.{task}"),
        evidence=facts,
        alternatives=(
            Alternative("probability-collapse", "compute AUROC: it is near .5 if no threshold can help"),
            Alternative("shifted-input", "compare the scores of negatives between val and test"),
        ),
        fixes=(
            Fix("choose the threshold of largest F1 on validation; polyhead does", {}, "F1 up, AUROC as before"),
            Fix(
                "weigh positives by how rare they are, so that scores spread about .5",
                {f"tasks.{task}.pos_weight": "auto"},
                "scores of positives above .5",
                risk="probabilities are no longer calibrated",
            ),
        ),
    )


CHECK = Check(
    id="untuned-threshold",
    needs=("predictions|metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-majority",),
)
