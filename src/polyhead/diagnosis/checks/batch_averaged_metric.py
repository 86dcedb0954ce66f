"""A metric averaged over batches.

What it finds
    An AUROC, macro F1 or R2 that is the mean of its values over batches, many of which hold one class only.

Why it matters
    AUROC is undefined in a batch of one class; libraries return 0 there with a warning, and the mean over batches then
    mostly counts how many batches hold both classes. Grouped batches turn a good scorer into one that looks inverted,
    and the remedy for an inverted score, to flip it, would ruin it.

Evidence
    In a table: an AUROC below R (1 - FPR), which no curve through the point of recall and false alarms can have, and
    an F1 below that of its precision and recall, as a mean of F1 is. In a run: the logged value against the one from
    all predictions together and against the mean over batches, and the share of training batches with a single class.

Remedy
    Collect the predictions of the epoch and compute the metric once.

When it can be wrong
    Precision, recall and accuracy of a table may be of other data than the AUROC. Batches are taken in the order of
    the predictions; in another order their mean is another one.

Example
    P = .078, R = .063 and accuracy = .929 would, pooled, be a point with FPR = .033, and AUROC at least
    .063 x .967 = .061; the table says .020. With 0 for single-class batches the mean is at most the share of mixed
    ones: 2.5 % of them at AUROC .8 give .020, and the scorer is good.

References
    torchmetrics pull request 583 and issue 2494: a warning and 0 where a batch lacks a class. Forman and Scholz,
    SIGKDD Explorations 12(1), 2010: averaged AUROC and F1 are biased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Shown, Span, auroc_range, claimed_sets, f1_range, micro
from polyhead.diagnosis.pooled import auroc, columns_of, is_binary, is_number, known_of, macro_f1, positive, r2

DIFFERENT = 0.02
"""A logged value this near the pooled one is the pooled one: rounding to two digits moves it by .005."""
NEARER = 0.5
"""The mean over batches must be at least twice as near to the logged value as the pooled one, to be taken for it."""


@dataclass(frozen=True)
class Claimed:
    """What a table says: AUROC, and the least that the others would allow, were they pooled; F1, and F1 of P and R."""

    task: str
    split: str
    auroc: float
    span: Span
    least: float
    f1: Span | None
    f1_of: Span | None
    others: str


@dataclass(frozen=True)
class Recomputed:
    """A metric as logged, from all predictions together, and as a mean over `count` batches of `size`; `single` is the
    share of training batches with one class, None where nobody counted."""

    task: str
    split: str
    metric: str
    logged: float
    pooled: float
    averaged: float | None
    size: int | None
    single: float | None


def measure(case: Case) -> Iterator[Claimed | Recomputed]:
    """Tables by their identities, runs by their predictions."""
    found: list[Claimed | Recomputed] = []
    for split, task, own in claimed_sets(case):
        if task not in case.tasks:
            continue
        recomputed = _recomputed(case, split, task, own)
        claimed = _claimed(split, task, own) if case.tasks[task].kind in (None, "binary") else None
        found += [one for one in (recomputed, claimed if recomputed is None else None) if one is not None]
    if not found:
        raise NotCheckedError("needs predictions, or AUROC beside precision, recall and accuracy of a yes-or-no task")
    yield from found


def _claimed(split: str, task: str, own: dict[str, Shown]) -> Claimed | None:
    if not {"auroc", "precision", "recall", "accuracy"} <= own.keys() or micro(own):
        return None
    p, r, a = (own[name] for name in ("precision", "recall", "accuracy"))
    bounds = auroc_range(p.span, r.span, a.span)
    if bounds is None:
        return None
    f1 = own.get("f1")
    others = f"precision {p.value:.4g}, recall {r.value:.4g} and accuracy {a.value:.4g}"
    one = own["auroc"]
    return Claimed(
        task, split, one.value, one.span, bounds[0], f1.span if f1 else None, f1_range(p.span, r.span), others
    )


def _recomputed(case: Case, split: str, task: str, own: dict[str, Shown]) -> Recomputed | None:
    predicted = known_of(case, split, task)
    metric = None if predicted is None else _metric(case, task, predicted)
    if predicted is None or metric is None or metric[0] not in own:
        return None
    name, compute = metric
    pooled = compute(slice(None))
    if not isfinite(pooled):
        return None
    size = _batch(case, task)
    averaged = None
    if size:
        parts = [compute(slice(at, at + size)) for at in range(0, len(predicted.truth), size)]
        averaged = float(np.mean([part if isfinite(part) else 0.0 for part in parts]))
    return Recomputed(task, split, name, own[name].value, pooled, averaged, size, _single(case.steps, task))


def _metric(case: Case, task: str, known: Predicted) -> tuple[str, Callable[[slice], float]] | None:
    """The metric that batches distort, as a function of which windows are taken."""
    score = known.score
    if score is not None and is_binary(case, task, known):
        truth = positive(known.truth, case.tasks[task].classes)
        return "auroc", lambda part: auroc(truth[part], score[part].astype(np.float64))
    if is_number(case, task, known):
        numbers, pred = columns_of(known.truth), columns_of(known.pred)
        return ("r2", lambda part: r2(numbers[part], pred[part])) if numbers.shape[1] == 1 else None
    if known.truth.ndim == 1 and case.tasks[task].kind == "classification":
        return "macro_f1", lambda part: macro_f1(known.truth[part], known.pred[part])
    return None


def _batch(case: Case, task: str) -> int | None:
    if case.config is not None:
        return case.config.train.batch_size
    said = (case.known or {}).get(task, {}).get("batch_size")
    return round(said) if isinstance(said, int | float) and said >= 1 else None


def _single(steps: Columns | None, task: str) -> float | None:
    """The share of batches with labels of the task that hold one class only."""
    names = [name for name in steps or {} if name.startswith(f"count.{task}.")]
    if steps is None or len(names) < 2:
        return None
    counts: NDArray[np.float64] = np.stack([np.nan_to_num(steps[name]) for name in names])
    classes = np.sum(counts > 0, axis=0)
    return float(np.mean(classes[classes > 0] == 1)) if (classes > 0).any() else None


def judge(evidence: Claimed | Recomputed) -> Finding | None:
    """An error where the numbers exclude a pooled metric and fit a mean over batches."""
    return _judge_table(evidence) if isinstance(evidence, Claimed) else _judge_run(evidence)


def _judge_table(one: Claimed) -> Finding | None:
    if one.span[1] >= one.least:
        return None
    mean = one.f1 is not None and one.f1_of is not None and one.f1[1] < one.f1_of[0]
    facts = [
        Fact("auroc", one.auroc, interval=one.span, threshold=one.least, source=f"least for {one.others}, pooled"),
        Fact("least share of mixed batches", max(one.span[0], 0.0), source="0 in all others, at most 1 there"),
    ]
    if mean and one.f1 is not None and one.f1_of is not None:
        source = "F1 of precision and recall; a mean of F1 is at most the F1 of the means"
        facts.append(Fact("f1", sum(one.f1) / 2, interval=one.f1, threshold=one.f1_of[0], source=source))
    return Finding(
        severity="error",
        what=f"{one.task}: AUROC {one.auroc:.4g} is a per-batch average over single-class batches, no property of the"
        f" scores: pooled, {one.others} would not allow less than {one.least:.3g}"
        + ("; F1 is a mean too, so no share of positives follows from these numbers" if mean else ""),
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}"),
        evidence=tuple(facts),
        alternatives=_ALTERNATIVES,
        fixes=(_FIX,),
    )


def _judge_run(one: Recomputed) -> Finding | None:
    off = abs(one.logged - one.pooled)
    if off <= DIFFERENT or one.averaged is None or abs(one.logged - one.averaged) > NEARER * off:
        return None
    facts = [
        Fact(one.metric, one.logged, threshold=one.pooled, source="all predictions together", window=one.split),
        Fact(f"mean of {one.metric} over batches", one.averaged, source=f"batches of {one.size}, 0 where undefined"),
    ]
    if one.single is not None:
        facts.append(Fact("share of training batches with one class", one.single, source="counts of each step"))
    return Finding(
        severity="error",
        what=f"{one.task}: {one.metric} {one.logged:.4g} on {one.split} is a mean over batches of {one.size}"
        f" ({one.averaged:.4g}); all predictions together have {one.pooled:.4g}",
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}"),
        evidence=tuple(facts),
        alternatives=_ALTERNATIVES,
        fixes=(_FIX,),
    )


_ALTERNATIVES = (
    Alternative(
        "inverted-score", "pool the scores of the split: an inverted one stays below .5, an averaged one does not"
    ),
)
_FIX = Fix(
    "collect all predictions of the split and compute the metric once; do not flip labels or scores",
    {},
    "an AUROC within the bounds of the other metrics",
    risk="none: the network is not changed",
)
CHECK = Check(
    id="batch-averaged-metric",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("impossible-metrics", "inverted-score", "below-floor", "below-majority"),
)
