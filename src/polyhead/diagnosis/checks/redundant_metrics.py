"""Metrics that are one number.

What it finds
    Accuracy, precision, recall and F1 (three or more of them) that are equal to the last digit.

Why it matters
    Over several classes every wrong window is one false alarm and one miss, so that with micro averaging precision,
    recall, F1 and accuracy are one number by definition. Four columns then look like four confirmations, but none
    says anything of classes that are rare: a classifier that always names the commonest class gets its share in all.

Evidence
    The metrics that equal the accuracy, to 1e-6, or to their printed digits where fewer are printed.

Remedy
    Report macro F1 and the recall of each class, beside the share of the commonest class.

When it can be wrong
    In a yes-or-no task they are equal where positives and negatives are as frequent, and misses as frequent as false
    alarms. A score of 1 is 1 in all of them and is left alone.

Example
    Accuracy = F1 = precision = recall = .923 while 7726 of 8374 recordings are normal: 7726 / 8374 = .9226. All four
    are what "always normal" scores.

References
    Opitz and Burst, Macro F1 and Macro F1, arXiv:1911.03347. scikit-learn's user guide: micro averages of
    precision, recall and F over all labels are identical to accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Shown, claimed_sets, fact

FAMILY = ("accuracy", "f1", "precision", "recall", "micro_f1", "micro_precision", "micro_recall")
"""What micro averaging makes one number."""
EQUAL = 1e-6
"""Differences below are rounding in single precision."""
EVEN = 0.05
"""With as many yes as no, as many misses as false alarms make all four equal: of 20 windows one each does it."""
FEWEST = 3
"""F1 equals precision and recall wherever these two are equal; with the accuracy as well it is the averaging."""


@dataclass(frozen=True)
class Same:
    """Metrics with the value of the accuracy, or of precision without one; `digits` is how near they are known to be
    equal, `majority` the share of the commonest class where known, `macro` whether a macro average stands beside."""

    task: str
    split: str
    names: tuple[str, ...]
    value: float
    digits: float
    majority: float | None
    macro: bool
    kind: str | None


def measure(case: Case) -> Iterator[Same]:
    """The metrics of every task that are equal."""
    looked = False
    for split, task, own in claimed_sets(case):
        family = {name: own[name] for name in FAMILY if name in own}
        if len(family) < FEWEST:
            continue
        looked = True
        first = family.get("accuracy") or next(iter(family.values()))
        same = tuple(name for name, one in family.items() if _equal(one, first))
        majority = fact(case, task, "majority")
        accuracy = ((case.metrics or {}).get(split, {}).get(task, {})).get("accuracy")
        floor = accuracy.floor if accuracy is not None else None
        yield Same(
            task,
            split,
            same,
            first.value,
            max(EQUAL, first.half),
            floor if majority is None else sum(majority) / 2,
            any(name.startswith(("macro_", "balanced_")) for name in own),
            case.tasks[task].kind if task in case.tasks else None,
        )
    if not looked:
        raise NotCheckedError("no task with three of accuracy, precision, recall and F1")


def _equal(one: Shown, other: Shown) -> bool:
    return abs(one.value - other.value) <= EQUAL


def judge(same: Same) -> Finding | None:
    """A warning where the accuracy is among them and no macro average stands beside; else a note."""
    if len(same.names) < FEWEST or same.value >= 1 - same.digits or same.value <= same.digits:
        return None
    if same.kind == "binary" and same.majority is not None and abs(same.majority - 0.5) <= EVEN:
        return None
    micro = "accuracy" in same.names and not same.macro
    floor = "" if same.majority is None else f", and always naming the commonest class scores {same.majority:.4g}"
    return Finding(
        severity="warning" if micro else "note",
        what=f"{same.task}: {', '.join(same.names)} are all {same.value:.4g}: micro averages of one number, no evidence"
        f" on minority classes{floor}; log macro F1",
        scope=Scope(task=same.task, split=same.split, key=f"tasks.{same.task}"),
        evidence=(
            Fact("metrics that are equal", len(same.names), threshold=FEWEST, source=", ".join(same.names)),
            Fact("their value", same.value, interval=(same.value - same.digits, same.value + same.digits)),
        ),
        alternatives=(
            Alternative("class-imbalance", "compute the recall of each class: low for the rare ones if these hide"),
        ),
        fixes=(
            Fix(
                "report macro F1 and recall beside the share of the commonest class",
                {f"tasks.{same.task}.metrics": ["macro_f1", "macro_recall", "accuracy"]}
                if same.kind in ("classification", "ordinal")
                else {},
                "macro F1 below the accuracy where rare classes are missed",
            ),
        ),
    )


CHECK = Check(
    id="redundant-metrics",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("impossible-metrics",),
)
