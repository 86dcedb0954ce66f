"""A head that says the same to everything.

What it finds
    Predictions of a number that hardly vary while the target does; predictions of one class only; in a table, the
    marks of a head that says 0 or never yes.

Why it matters
    A constant is what a network says that gets no useful gradient for the task: a ReLU output that died, a target on a
    scale that its loss cannot reach, a share of the step too small to matter. Its loss can still look well, since for
    rare classes and narrow targets a constant loses little.

Evidence
    Variance of the predictions over that of the truth, of each output; with a ratio v, R2 cannot exceed 2 sqrt(v) - v.
    The share of windows of another class than the only one predicted. In a table: MAPE of 1 beside R2 <= 0, since
    |0 - y| / |y| is 1; recall 0 and F1 0; recall 1 and precision at the share of positives.

Remedy
    A head without a dead end (bounds instead of a bare ReLU), a target in units of its spread, a fair share of the
    step.

When it can be wrong
    Where nothing of the target can be told from the input, a constant is the right answer. A rare class may be ranked
    well and only the threshold be wrong; then AUROC is high and this is a note.

Example
    Remaining life as a share in [0, 1], evenly spread: MAE .527, MSE .358, MAPE .998. Saying 0 throughout gives MAE =
    mean = .53, MSE = mean of squares = .36, MAPE = 1 but for labels of 0: the head says 0.

References
    Wardat et al., DeepDiagnosis, ICSE 2022; TheDeepChecker (constant outputs). Lu et al., Dying ReLU,
    arXiv:1903.06733.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.identities import Shown, Span, metric_sets, prevalence_of
from polyhead.diagnosis.pooled import answers, auroc, columns_of, is_binary, is_number, known_of, positive
from polyhead.diagnosis.progress import skill_interval

STILL = 1e-3
"""Ratio of variances at which R2 cannot exceed .062, whatever the predictions."""
OTHERS = 10
"""Windows of other classes that must be there before naming one only says something."""
RANKED = 0.6
"""AUROC from which the score tells the classes apart and only the threshold does not."""
NEAR_ONE = 0.02
"""MAPE this near to 1: a few labels of 0 among the windows, or a last correction, move it so far."""


@dataclass(frozen=True)
class Spread:
    """Variance of the predictions over that of the truth, of one output; the task's skill and its interval."""

    task: str
    split: str
    output: str | None
    ratio: float
    skill: float | None
    interval: Span | None
    n: int


@dataclass(frozen=True)
class Named:
    """How many classes are predicted, one of them, and how many windows, or samples of them, are of other classes; of
    one `output` of many labels, None elsewhere."""

    task: str
    split: str
    predicted: int
    label: str
    others: int
    n: int
    auroc: float | None
    output: str | None = None
    unit: str = "window"


@dataclass(frozen=True)
class Told:
    """What a table tells: MAPE and R2 of a number; recall, F1, precision and the share of positives of yes or no."""

    task: str
    split: str
    mape: Shown | None
    r2: Shown | None
    recall: Shown | None
    f1: Shown | None
    precision: Shown | None
    prevalence: Span | None


def measure(case: Case) -> Iterator[Spread | Named | Told]:
    """Predictions on the judged split where there are some, else the table."""
    found = 0
    for split, task, own in metric_sets(case):
        if (case.metrics is not None and split != case.judged) or task not in case.tasks:
            continue
        known = known_of(case, split, task)
        for one in (
            _of_predictions(case, split, task, known) if known is not None else _of_table(case, split, task, own)
        ):
            found += 1
            yield one
    if not found:
        raise NotCheckedError("needs predictions, or MAPE or recall of a table")


def _of_predictions(case: Case, split: str, task: str, known: Predicted) -> Iterator[Spread | Named]:
    known = answers(case.tasks[task], known)
    n = len(known.truth)
    if is_number(case, task, known):
        truth, pred = columns_of(known.truth), columns_of(known.pred)
        good = np.isfinite(truth).all(axis=1) & np.isfinite(pred).all(axis=1)
        truth, pred = truth[good], pred[good]
        if not len(truth):
            return
        scored = case.score(task, split)
        skill, interval = (scored[1].skill, skill_interval(scored[1])) if scored else (None, None)
        by_output = case.tasks[task].kind in (None, "regression", "pointers")
        for index in range(truth.shape[1]) if by_output else (slice(None),):
            variance = float(np.var(truth[:, index]))
            if variance > 0:
                output = str(index) if isinstance(index, int) and truth.shape[1] > 1 else None
                yield Spread(task, split, output, float(np.var(pred[:, index])) / variance, skill, interval, n)
    elif known.truth.ndim == 1:
        yes = positive(known.truth, case.tasks[task].classes)
        score = known.score if is_binary(case, task, known) else None
        named = _named(task, split, known.truth, known.pred, yes, score)
        yield replace(named, unit="sample") if case.tasks[task].kind == "span" else named
    elif case.tasks[task].kind == "multilabel":
        for index, name in enumerate(case.tasks[task].classes[: known.truth.shape[1]]):
            truth, score = known.truth[:, index], None if known.score is None else known.score[:, index]
            yield _named(task, split, truth, known.pred[:, index], positive(truth, ()), score, name)


def _named(
    task: str,
    split: str,
    truth: NDArray[Any],
    pred: NDArray[Any],
    yes: NDArray[np.bool_],
    score: NDArray[np.float64] | None,
    output: str | None = None,
) -> Named:
    """The classes among labels (window,); `score` (window,) of yes tells whether they are ranked."""
    value = None if score is None else auroc(yes, score.astype(np.float64))
    names, said = np.unique(pred.astype(str)), pred.astype(str)
    others = int(np.sum(truth.astype(str) != said[0]))
    ranked = value if value is not None and isfinite(value) else None
    return Named(task, split, len(names), str(said[0]), others, len(truth), ranked, output)


def _of_table(case: Case, split: str, task: str, own: dict[str, Shown]) -> Iterator[Told]:
    if "mape" in own or "recall" in own:
        mape, r2, recall, f1, precision = (own.get(name) for name in ("mape", "r2", "recall", "f1", "precision"))
        yield Told(task, split, mape, r2, recall, f1, precision, prevalence_of(case, split, task))


def judge(one: Spread | Named | Told) -> Finding | None:
    """An error where the interval of the task's skill leaves no more than a constant has; a note where it ranks."""
    if isinstance(one, Spread):
        return _judge_spread(one)
    if isinstance(one, Told):
        return _judge_table(one)
    if one.predicted > 1 or one.others < OTHERS:
        return None
    ranks = one.auroc is not None and one.auroc >= RANKED
    where = one.task if one.output is None else f"{one.task}, {one.output}"
    said = f"{where}: every {one.unit} is called {one.label!r}, {one.others} of {one.n} are not"
    facts = (
        Fact("classes predicted", one.predicted, threshold=2, window=f"{one.split}, n {one.n}"),
        Fact(f"{one.unit}s of other classes", one.others, threshold=OTHERS),
    )
    return _finding(
        one, "note" if ranks else "warning", said, facts, output=one.output, ranked=one.auroc if ranks else None
    )


def _judge_spread(one: Spread) -> Finding | None:
    if one.ratio >= STILL:
        return None
    where = one.task if one.output is None else f"{one.task}, output {one.output}"
    most = 2 * one.ratio**0.5 - one.ratio
    said = f"{where}: predictions have {one.ratio:.2g} of the variance of the target; R2 cannot exceed {most:.2g}"
    facts = (
        Fact("variance of predictions over target", one.ratio, threshold=STILL, window=f"{one.split}, n {one.n}"),
        Fact("skill", one.skill, interval=one.interval, threshold=2 * STILL**0.5, source="most that R2 can be there"),
    )
    harm = one.interval is not None and one.interval[1] <= 2 * STILL**0.5
    return _finding(one, "error" if harm else "warning", said, facts, output=one.output)


def _judge_table(one: Told) -> Finding | None:
    """The head says 0; never yes; always yes."""
    if one.mape and one.r2 and one.r2.span[1] <= 0 and abs(one.mape.value - 1) <= NEAR_ONE:
        said = "beside a negative R2 is what saying 0 throughout scores: a dead head"
        facts = (
            Fact("mape", one.mape.value, interval=one.mape.span, threshold=1.0, source="|0 - y| / |y| = 1"),
            Fact("r2", one.r2.value, interval=one.r2.span, threshold=0.0),
        )
        return _finding(one, "warning", f"{one.task}: MAPE {one.mape.value:.3g} {said}", facts)
    if one.recall and one.f1 and one.recall.value == one.f1.value == 0:
        said = f"{one.task}: recall 0 and F1 0: not one positive is found, as where yes is never said"
        return _finding(one, "warning", said, (Fact("recall", 0.0, interval=one.recall.span, threshold=0.0),))
    share = one.prevalence
    if share and one.recall and one.precision and one.recall.value >= 1 - NEAR_ONE / 2:
        low, high = one.precision.span
        if low <= share[1] and share[0] <= high:
            said = f"{one.task}: recall {one.recall.value:.3g} and precision at the share of positives: always yes"
            fact = Fact("precision", one.precision.value, interval=(low, high), threshold=sum(share) / 2)
            return _finding(one, "warning", said, (fact,))
    return None


def _finding(
    one: Spread | Named | Told,
    severity: Severity,
    said: str,
    facts: tuple[Fact, ...],
    *,
    output: str | None = None,
    ranked: float | None = None,
) -> Finding:
    return Finding(
        severity=severity,
        what=said,
        scope=Scope(task=one.task, split=one.split, channel=output, key=f"tasks.{one.task}"),
        evidence=facts,
        counter_evidence=() if ranked is None else (Fact("auroc", ranked, threshold=RANKED, source="the score ranks"),),
        alternatives=(
            Alternative("untuned-threshold", "compute AUROC: it is near .5 if the output is constant"),
            Alternative("degenerate-r2", "compare the spread of the targets of the whole split with MAE"),
            Alternative("ignores-input", "train the task alone on one batch, which it should learn by heart"),
        ),
        fixes=(
            Fix(
                "divide each loss by what a constant loses, so that the task gets its share of the step",
                {"balance": "floor"},
                "variance of the predictions above a tenth of the target's",
                risk="other tasks get less of the step than now",
            ),
            Fix(
                "let the output reach every target: no bare ReLU at the end, bounds only where the target has them",
                {},
                "predictions on both sides of the mean",
            ),
        ),
    )


CHECK = Check(
    id="constant-output",
    needs=("metrics|scores|predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "below-majority"),
)
