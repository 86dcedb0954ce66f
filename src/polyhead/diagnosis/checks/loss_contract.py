"""A loss that does not get what it was made for.

What it finds
    Probabilities that are none: outside 0 to 1, or not adding up to 1; a softmax or sigmoid applied twice; a loss that
    adds over windows where it should average; one below 0 that cannot be; and a loss for another kind of target.

Why it matters
    None of these fails. A cross-entropy of probabilities instead of logits trains, slowly, to a loss it cannot go
    below. A sum instead of a mean ties the step to the size of the batch. A likelihood of probabilities instead of
    their logarithms is negative and falls for ever.

Evidence
    Scores of the predictions: their range, their sums over classes, and whether the surest of them gather at the limit
    e / (e + K - 1) that a softmax of numbers from 0 to 1 has, although they are right far more often. Where scores are
    sound and the loss is not: the logged cross-entropy of validation, if it is to four digits that of the scores put
    through a softmax or sigmoid once more, or more often, and not that of the scores. Losses of batches
    with fewer known labels over those of the steps around them, against the ratio of the labels, early in training.
    The least loss. The names of loss and kind.

Remedy
    Logits into a loss that takes logits; reduction mean over known labels; the loss of the kind.

When it can be wrong
    Calibrated scores that were rounded add up to 1 within that. A squared error of probabilities (Brier) is a sound, if
    slow, loss of classes. Batches of few labels scatter; the interval is over epochs.

Example
    Softmax of three probabilities (1, 0, 0) is (e, 1, 1) / (e + 2) = (0.576, 0.212, 0.212): a loss of 0.551 that no
    training can lower. Windows whose true class is scored .9 beside .05 and .05 have a cross-entropy of .105; a log
    that says .618 took the three for logits. A last batch of 8 windows after batches of 32 has a quarter of their loss
    if losses are summed.

References
    NeuraLint, TOSEM 2021, and UMLAUT, CHI 2021, which look at the program; here the numbers are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.shares import wilson

ROUNDED = 1e-2
"""Scores may be rounded to two digits; per window, for range and sum."""
SHARE = 0.01
"""Of windows that break a rule: one in a hundred is no rounding."""
SUPPORT = 50
"""Windows with a known label, for a rule about scores."""
SURER = 0.1
"""How much oftener the surest tenth is right than its scores say, at least, by the lower end of the interval."""
SUMMED = 0.5
"""Exponent of the loss in the number of labels: 0 of a mean, 1 of a sum; half way between, by the lower end."""
SHORT, LABELS, EPOCHS, EVEN = 0.75, 8, 8, 1 / 3
"""A batch is short below three quarters of the usual labels, of which it must still hold some: the loss of a single one
is mostly far below the mean. Short batches needed for an interval. They count while the loss is above a third of its
start: once learned, few windows hold most of it, and a small batch mostly misses them (in a simulation with a loss of
lognormal sigma 1 no mean was taken for a sum in 1,800 runs; with sigma 3 one in ten was)."""
NEVER_NEGATIVE = (
    "ce",
    "cross_entropy",
    "crossentropyloss",
    "nll",
    "nllloss",
    "bce",
    "bceloss",
    "bcewithlogitsloss",
    "mse",
    "mseloss",
    "l1",
    "l1loss",
    "mae",
    "huber",
    "huberloss",
    "smooth_l1",
    "smoothl1loss",
    "focal",
)
OF_NUMBERS = ("mse", "mseloss", "l1", "l1loss", "l2", "mae", "huber", "huberloss", "smooth_l1", "smoothl1loss")
OF_CLASSES = (
    "ce",
    "cross_entropy",
    "crossentropyloss",
    "categorical_crossentropy",
    "nll",
    "nllloss",
    "bce",
    "bceloss",
    "bcewithlogitsloss",
    "binary_crossentropy",
    "focal",
    "crf",
    "dice",
    "soft_iou",
)
CROSS_ENTROPIES = ("ce", "cross_entropy", "crossentropyloss", "bce", "bceloss", "bcewithlogitsloss")
EXACT, MORE = 1e-4, ("", "once", "twice", "three times")
"""Two means of the same cross-entropy over the same windows agree to a share of so much in single precision; and how
often softmax may be applied again before all scores are one."""
KINDS_OF_CLASSES = ("classification", "binary", "multilabel", "ordinal", "span")
SEVERAL = ("multilabel", "span")
"""Kinds with several answers of yes or no for one window, which need not add up to 1."""


@dataclass(frozen=True)
class Breach:
    """One rule of one task and the number that tells whether it is kept: `range` and `sum` the share of windows that
    break it, `again` how often softmax or sigmoid stands in the loss beyond the first, `twice` how much oftener the
    surest tenth is right than scored (0 where scores go beyond the limit), `reduction` the exponent of the loss in the
    labels, `negative` the share of losses below 0, `kind` 1 for a loss of another kind. `interval` 95 %; `n` windows,
    batches or losses."""

    rule: str
    task: str
    value: float
    n: int
    interval: tuple[float, float] | None = None
    split: str | None = None
    said: str = ""


def measure(case: Case) -> Iterator[Breach]:
    """Every rule of every task for which there are the numbers. Raises NotCheckedError where there are none."""
    breaches = [one for task, facts in case.tasks.items() for one in _rules(case, task, facts)]
    if not breaches:
        raise NotCheckedError("no task with the name of its loss, with scores, or with labels counted by batch")
    yield from breaches


def _rules(case: Case, task: str, facts: TaskFacts) -> Iterator[Breach]:
    wrong = (facts.loss or "").lower() in (OF_NUMBERS if facts.kind in KINDS_OF_CLASSES else OF_CLASSES)
    if facts.loss and facts.kind:
        yield Breach("kind", task, float(wrong), 1, said=f"{facts.loss} for {facts.kind}")
    yield from _negative(case, task, facts)
    yield from _reduction(case, task)
    for split in ("test", "val"):
        predicted = (case.predictions or {}).get(split, {}).get(task)
        if predicted is not None and predicted.score is not None:
            yield from _scores(predicted, facts, split)
            break
    predicted = (case.predictions or {}).get("val", {}).get(task)
    if predicted is not None and (facts.loss or "").lower() in CROSS_ENTROPIES:
        yield from _again(predicted, facts, _at_predictions(case, task))


def _negative(case: Case, task: str, facts: TaskFacts) -> Iterator[Breach]:
    values = (case.losses or {}).get("train", {}).get(task, (case.steps or {}).get(f"loss.{task}"))
    if values is not None and (facts.loss or "").lower() in NEVER_NEGATIVE:
        known = values[np.isfinite(values)]
        if len(known):
            yield Breach("negative", task, float(np.mean(known < -1e-6)), len(known), said=facts.loss or "")


def _reduction(case: Case, task: str) -> Iterator[Breach]:
    """The exponent by short batches: their loss over the mean of the five steps before and after, as a power of their
    labels over the usual ones. The mean over batches is taken before the logarithm, which is skewed."""
    steps = case.steps or {}
    loss, known = steps.get(f"loss.{task}"), steps.get(f"known.{task}")
    if loss is None or known is None or not (known > 0).any():
        return
    usual = float(np.median(known[known > 0]))
    short = np.flatnonzero((known >= LABELS) & (known < SHORT * usual) & (loss > 0))
    full = (known >= SHORT * usual) & (loss > 0)
    start = float(np.median(loss[full][:20])) if full.any() else 0.0
    pairs = []
    for at in short:
        around = np.arange(len(loss))[max(0, int(at) - 5) : int(at) + 6]
        around = around[full[around]]
        if len(around) >= 3 and np.median(loss[around]) > EVEN * start:
            pairs.append((loss[at] / np.mean(loss[around]), known[at] / np.mean(known[around])))
    if len(pairs) >= EPOCHS:
        ratio, labels = np.array(pairs).T
        value, low, high = _mean(ratio)
        least = 1e-3 * value
        exponents = [float(np.log(max(one, least)) / np.log(labels.mean())) for one in (value, low, high)]
        yield Breach("reduction", task, exponents[0], len(pairs), (min(exponents), max(exponents)))


def _mean(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean and its 95 % interval of Student's t."""
    from scipy.stats import t

    mean, half = float(values.mean()), float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def _scores(one: Predicted, facts: TaskFacts, split: str) -> Iterator[Breach]:
    score = _known(one)
    if score is None:
        return
    n, columns = score.shape
    outside = ((score < -ROUNDED) | (score > 1 + ROUNDED)).any(axis=1)
    yield Breach("range", facts.name, float(outside.mean()), n, split=split)
    several = columns > 1 and facts.kind not in SEVERAL
    if several:
        yield Breach(
            "sum", facts.name, float(np.mean(np.abs(score.sum(axis=1) - 1) > ROUNDED * columns / 2)), n, split=split
        )
    if facts.kind in SEVERAL or outside.any():
        return
    # A sigmoid of what a sigmoid gave: no score is below one half.
    limit = np.e / (np.e + max(columns, 2) - 1)
    top = score.max(axis=1)
    low = score.min() >= 0.5 if columns == 1 else True
    right = _right(one, facts, score)
    if right is None:
        return
    surest = np.argsort(-top)[: max(20, n // 10)]
    bounded = low and top.max() <= limit + 1e-6 and top[surest].mean() > 0.98 * limit
    hits, said = int(right[surest].sum()), float(top[surest].mean())
    least, most = wilson(hits, len(surest))
    gap, interval = hits / len(surest) - said, (least - said, most - said)
    yield Breach("twice", facts.name, gap if bounded else 0.0, n, interval if bounded else None, split, f"{limit:.3f}")


def _known(one: Predicted) -> NDArray[np.float64] | None:
    """The scores (window, class) of known windows; None without scores, or of fewer than SUPPORT windows."""
    n = int(one.mask.sum())
    return None if one.score is None or n < SUPPORT else one.score[one.mask].reshape(n, -1)


def _at_predictions(case: Case, task: str) -> NDArray[np.float64]:
    """The logged losses of validation at the epochs that predictions may be of: the last one and the best."""
    logged = (case.losses or {}).get("val", {})
    if task not in logged or not len(logged[task]):
        return np.zeros(0)
    best = ((case.state or {}).get("best") or {}).get("epoch")
    epochs = logged.get("epoch", np.arange(1, len(logged[task]) + 1))
    at = epochs == epochs[-1]
    if best is not None:
        at = at | (epochs == float(best))
    return np.asarray(logged[task][at], np.float64)


def _again(one: Predicted, facts: TaskFacts, logged: NDArray[np.float64]) -> Iterator[Breach]:
    """How often the logged loss takes what a softmax or sigmoid gave for logits."""
    from scipy.special import expit, softmax

    score = _known(one)
    if score is None or facts.kind in SEVERAL or not 0 <= score.min() <= score.max() <= 1:
        return
    true = _true(one, facts, score.shape[1])
    if true is None:
        return
    entropies = []
    for _ in MORE:
        both = score if score.shape[1] > 1 else np.hstack((1 - score, score))
        entropies.append(float(-np.log(np.maximum(both[np.arange(len(true)), true], 1e-12)).mean()))
        score = softmax(score, axis=1) if score.shape[1] > 1 else expit(score)
    fits = [bool(np.isclose(logged, entropy, rtol=EXACT, atol=0).any()) for entropy in entropies]
    times = 0 if fits[0] else next((n for n, fit in enumerate(fits) if fit), 0)
    yield Breach(
        "again", facts.name, float(times), len(true), split="val", said=f"{entropies[times]:.4g}|{MORE[times]}"
    )


def _true(one: Predicted, facts: TaskFacts, columns: int) -> NDArray[np.int64] | None:
    """The true class of each known window as a number of its column; None where a class has no column."""
    names = list(facts.classes)
    truth = [str(value) for value in one.truth[one.mask]]
    if len(names) != max(columns, 2) or not set(truth) <= set(names):
        return None
    return np.array([names.index(value) for value in truth], np.int64)


def _right(one: Predicted, facts: TaskFacts, score: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Whether the surest class of each window is its truth; for one column, whether its truth is yes."""
    truth = one.truth[one.mask]
    if score.shape[1] == 1:
        positive = {"1", "1.0", "True", "yes", *(facts.classes[1:2])}
        return np.array([str(value) in positive for value in truth])
    if len(facts.classes) != score.shape[1]:
        return None
    said = np.array(facts.classes)[score.argmax(axis=1)]
    return np.asarray(said == truth.astype(str), bool)


_SAID = {
    "range": (
        "scores of {n} windows lie outside 0 to 1 at {value:.0%} of them",
        "put them through a sigmoid or softmax",
    ),
    "sum": ("probabilities do not add up to 1 at {value:.0%} of {n} windows", "put the logits through a softmax"),
    "twice": (
        "no score exceeds {said}, the limit of a softmax or sigmoid applied twice, though the surest are right by"
        " {value:.0%} of windows oftener than scored",
        "give the loss logits, and apply softmax or sigmoid once",
    ),
    "again": (
        "the logged loss, {said}, is the cross-entropy of the scores put through a softmax or sigmoid {more} more: the"
        " loss takes probabilities for logits, and cannot reach 0",
        "give the loss logits, and apply softmax or sigmoid once",
    ),
    "reduction": (
        "the loss of short batches follows their number of labels with exponent {value:.2f}: a sum, not a mean",
        "average the loss over known labels",
    ),
    "negative": ("{said} is below 0 at {value:.0%} of {n} records, which it cannot be", "give it logarithms or logits"),
    "kind": ("the loss is {said}", "take a loss of the kind"),
}


def judge(breach: Breach) -> Finding | None:
    """A warning for each broken rule: what it costs shows in the task's metric, which other checks judge. A note for a
    squared error of classes, which is sound."""
    least = {"twice": SURER, "reduction": SUMMED}.get(breach.rule, SHARE)
    low = breach.interval[0] if breach.interval else breach.value
    if low <= least:
        return None
    what, mend = _SAID[breach.rule]
    brier = breach.rule == "kind" and breach.said.split(" ")[0].lower().startswith(("mse", "l2"))
    said, _, more = breach.said.partition("|")
    said = what.format(n=breach.n, value=breach.value, said=said, more=more)
    return Finding(
        severity="note" if brier and not breach.said.endswith(("regression", "forecast")) else "warning",
        what=f"{breach.task}: {said}",
        scope=Scope(task=breach.task, split=breach.split, key=f"tasks.{breach.task}.loss_fn"),
        evidence=(
            Fact(breach.rule, breach.value, breach.interval, least, f"n = {breach.n}", breach.split or "training"),
        ),
        alternatives=(
            Alternative("initial-loss", "the first loss against that of a constant: off by the batch's size for a sum"),
        ),
        fixes=(Fix(mend, {}, _PREDICTS[breach.rule]),),
    )


_PREDICTS = {
    "range": "every score between 0 and 1",
    "sum": "scores that add up to 1",
    "twice": "surest scores near 1, and a loss that falls on",
    "again": "a loss that falls below that of a softmax of 0 and 1, and scores that are surer",
    "reduction": "a short batch loses what full ones do",
    "negative": "no loss below 0",
    "kind": "a first loss of what a constant loses",
}

CHECK = Check(
    id="loss-contract",
    needs=("predictions|losses|steps.loss.",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "initial-loss",
        "negative-total-loss",
        "loss-dominance",
        "stalled-training",
        "probability-collapse",
        "below-floor",
        "below-majority",
        "constant-output",
        "exploding-gradient",
    ),
)
