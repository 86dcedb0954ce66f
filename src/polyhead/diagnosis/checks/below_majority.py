"""Accuracy no better than always naming the commonest class.

What it finds
    An accuracy at or below the share of the commonest class, in a task that no other metric shows to be learned, or
    whose answers F1 does not justify either.

Why it matters
    With nine windows of ten of one class, always naming it is right nine times of ten. An accuracy near that share
    says nothing of the rare classes, which are usually those the task was made for.

Evidence
    (accuracy - majority) / (1 - majority); the 95 % interval of the difference, paired over recordings where
    predictions are there, else Wilson's of n labels; the best skill among metrics that imbalance does not flatter
    (AUROC, average precision, macro F1, F1), of those whose own interval lies off their floor; and the skill of F1,
    which judges the answers as accuracy does.

Remedy
    Judge by macro F1 or AUROC; weigh or sample the rare classes; choose the threshold on validation.

When it can be wrong
    A threshold chosen for F1 gives accuracy away on purpose; then F1 is well above its floor and this is at most a
    note. Where F1 is at its floor too, a good ranking is of no use to who reads the answers, and it is a warning. The
    commonest class is that of training; in a split with other shares it is worth less.

Example
    A reported accuracy of .923 called healthy; 7726 of 8374 recordings are normal, .9226: skill
    (.923 - .9226) / .0774 = .005.

References
    deepchecks SimpleModelComparison (gain below .1 of the way to perfect fails). Wilson, JASA 22, 1927.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.identities import Shown, Span, fact, metric_sets
from polyhead.diagnosis.pooled import known_of
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.metric import Score

GAIN = 0.1
"""Part of the way from the majority to perfect below which deepchecks fails a model; of any metric, it shows that
something beyond the majority was learned."""
TIMES = 2.0
"""Surely above twice the majority is another answer than the majority's: of 50 even classes .11 right is five times
chance, though a tenth of the way to perfect is .118."""
NOT_FLATTERED = ("auroc", "macro_auroc", "average_precision", "macro_f1", "f1")
"""Metrics that always naming the commonest class cannot raise."""


@dataclass(frozen=True)
class Accuracy:
    """An accuracy beside the majority; `interval` of their difference, None unknown; `other` is the best skill among
    the metrics that imbalance does not flatter, 0 where all of them may be at their floor, None without any; `f1` the
    skill of F1, None where not known."""

    task: str
    split: str
    accuracy: float
    majority: float
    interval: Span | None
    source: str
    other: float | None
    kind: str | None
    f1: float | None = None


def measure(case: Case) -> Iterator[Accuracy]:
    """Every task with an accuracy and a known majority, on the judged split."""
    found = 0
    for split, task, own in metric_sets(case):
        if "accuracy" not in own or (case.metrics is not None and split != case.judged) or task not in case.tasks:
            continue
        scores = (case.metrics or {}).get(split, {}).get(task, {})
        said = fact(case, task, "majority")
        floor = scores["accuracy"].floor if "accuracy" in scores else None
        majority = floor if floor is not None else None if said is None else sum(said) / 2
        if majority is None or majority >= 1:
            continue
        found += 1
        skills = {name: one for name, one in scores.items() if name in NOT_FLATTERED and one.skill is not None}
        above = [one.skill for one in skills.values() if one.skill is not None and not _at_floor(one)]
        interval, source = _interval(case, split, task, own["accuracy"], majority)
        value = own["accuracy"].value
        best = max(above, default=0.0) if skills else None
        f1 = next((skills[name].skill for name in ("macro_f1", "f1") if name in skills), None)
        yield Accuracy(task, split, value, majority, interval, source, best, case.tasks[task].kind, f1)
    if not found:
        raise NotCheckedError("no accuracy beside the share of the commonest class")


def _at_floor(score: Score) -> bool:
    """Whether the floor lies within the interval of the score; False without an interval."""
    if score.interval is None or score.floor is None:
        return False
    return score.interval[0] <= score.floor <= score.interval[1]


def _interval(case: Case, split: str, task: str, shown: Shown, majority: float) -> tuple[Span | None, str]:
    known, training = known_of(case, split, task), known_of(case, "train", task)
    if known is not None and training is not None and known.truth.ndim == 1:
        names, counts = np.unique(training.truth, return_counts=True)
        gain = (known.truth == known.pred).astype(float) - (known.truth == names[counts.argmax()]).astype(float)
        _, recording = np.unique(known.recording, return_inverse=True)
        interval, why = bootstrap(lambda weight: _mean(gain, weight), recording, seed=0)
        return interval, why or "paired bootstrap over recordings"
    score = (case.metrics or {}).get(split, {}).get(task, {}).get("accuracy")
    if score is None or not score.n:
        return None, "number of labels unknown"
    low, high = wilson(shown.value, score.n)
    return (low - shown.half - majority, high + shown.half - majority), f"Wilson, n {score.n}"


def _mean(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sum(values * weight) / np.sum(weight))


def wilson(share: float, n: int, z: float = 1.959964) -> Span:
    """Wilson's 95 % interval of a share of n."""
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return middle - half, middle + half


def judge(one: Accuracy) -> Finding | None:
    """An error surely below and nothing learned elsewhere; a warning at the majority, or surely below with an F1 at its
    floor; a note where it was learned."""
    skill = (one.accuracy - one.majority) / (1 - one.majority)
    below = one.interval is not None and one.interval[1] < 0
    learned = one.other is not None and one.other >= GAIN
    above = one.interval is not None and one.interval[0] > 0
    if skill >= GAIN or (learned and not below) or (above and one.accuracy >= TIMES * one.majority):
        return None
    useless = below and one.f1 is not None and one.f1 < GAIN
    severity: Severity = "error" if below and one.other is not None else "warning"
    if learned:
        severity = "warning" if useless else "note"
    where = "below" if below else "hardly above" if above else "about"
    return Finding(
        severity=severity,
        what=f"{one.task}: accuracy {one.accuracy:.4g} on {one.split} is {where} what always naming the commonest class"
        f" scores, {one.majority:.4g}" + (f", and F1 has a skill of {one.f1:.2f}" if useless and learned else ""),
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}"),
        evidence=(
            Fact("skill of the accuracy", skill, threshold=GAIN, source="gain over the majority, deepchecks"),
            Fact(
                "accuracy above the majority",
                one.accuracy - one.majority,
                interval=one.interval,
                threshold=0.0,
                source=one.source,
                window=one.split,
            ),
        ),
        counter_evidence=(Fact("best skill of other metrics", one.other, threshold=GAIN),) if learned else (),
        alternatives=(
            Alternative("untuned-threshold", "compute AUROC: it is well above .5 if only the threshold is wrong"),
            Alternative("class-imbalance", "compute the recall of each class"),
        ),
        fixes=(
            Fix(
                "judge by a metric that the commonest class cannot raise, and weigh the rare ones",
                {f"tasks.{one.task}.loss_fn": "focal"} if one.kind in ("classification", "binary") else {},
                "recall of the rare classes above 0, macro F1 above its floor",
                risk="accuracy may fall below the majority",
            ),
        ),
    )


CHECK = Check(
    id="below-majority",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
