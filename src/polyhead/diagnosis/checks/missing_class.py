"""A class that one part of the split lacks.

What it finds
    A class that is judged but never trained on, one that validation lacks, combinations of classes that training lacks,
    and batches that lack a class which chance would put there.

Why it matters
    A network cannot name what it has never seen: every window of such a class is wrong, whatever the training does. A
    class that validation lacks does not count where the best epoch is chosen, and a mean over classes or an AUROC is
    then undefined or of fewer classes than on test.

Evidence
    Known windows of each class in each part. Of combinations, the share of judged windows whose two classes training
    never shows together. Of batches, the share without a class that a shuffled batch would hold at least three of.

Remedy
    Stratify the split by the target (data.split.stratify), or hold out by something that all classes have.

When it can be wrong
    Data kept for test on purpose may lack classes: then their scores are of fewer classes, which the note says. A class
    with fewer recordings than there are parts cannot be in all of them.

Example
    Training holds ball 204, inner 180, outer 0; test holds outer 60 of 120. Accuracy cannot exceed 60 / 120 = 0.5,
    whatever is learned.

References
    deepchecks, New Label; Sechidis and others, ECML 2011, on stratified splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

LEAST = 5
"""Judged windows of a class below which its loss cannot be told from that of a few odd labels."""
EXPECTED = 3.0
"""Windows of a class that a shuffled batch holds on average; e^-3 = 5 % of such batches lack it."""
LACKING = 0.5
"""Ten times what chance leaves at that expectation."""
UNSEEN = 0.1
"""Share of judged windows in combinations that training lacks: less than this moves no score by more than it."""


@dataclass(frozen=True)
class Coverage:
    """Of `what` (a class, a combination, batches of a class): windows by split. `missing` is the share that lacks it,
    of judged windows or of batches; `recordings` of the class in training, None where not known; `target` is its name
    in the configuration."""

    task: str
    what: str
    fact: str
    counts: Mapping[str, int] = field(default_factory=dict)
    missing: float = 0.0
    recordings: int | None = None
    target: str = ""


def measure(case: Case) -> Iterator[Coverage]:
    """The classes of every task, those together that the same parts lack; then combinations, then batches."""
    counts = {task: found for task in case.tasks if len(found := _counts(case, task)) > 1}
    if not counts:
        raise NotCheckedError("no task of classes with counts in two parts of the split")
    for task, splits in counts.items():
        target = case.profile.targets.get(task) if case.profile else None
        recordings = target.splits["train"].recordings if target and "train" in target.splits else {}
        alike: dict[tuple[bool, ...], list[str]] = {}
        for label in dict.fromkeys(label for one in splits.values() for label in one):
            alike.setdefault(tuple(not one.get(label) for one in splits.values()), []).append(label)
        for labels in alike.values():
            by_split = {split: sum(int(one.get(label, 0)) for label in labels) for split, one in splits.items()}
            own = sum(recordings.get(label, 0) for label in labels) if recordings else None
            yield Coverage(task, ", ".join(labels), "class", by_split, recordings=own, target=case.target(task))
    yield from _combinations(case)
    yield from _batches(case)


def _counts(case: Case, task: str) -> dict[str, dict[str, int]]:
    """Known windows per class and split, from the profile, else from the truth beside predictions."""
    if case.profile is not None and task in case.profile.targets:
        splits = case.profile.targets[task].splits
        return {split: dict(labels.counts) for split, labels in splits.items() if labels.counts}
    if case.tasks[task].kind not in ("classification", "ordinal", "binary"):
        return {}
    found = {}
    for split, tasks in (case.predictions or {}).items():
        if task in tasks and tasks[task].truth.ndim == 1:
            labels, numbers = np.unique(tasks[task].truth[tasks[task].mask].astype(str), return_counts=True)
            found[split] = {str(label): int(number) for label, number in zip(labels, numbers, strict=True)}
    return found


def _combinations(case: Case) -> Iterator[Coverage]:
    predictions = case.predictions or {}
    train = predictions.get("train", {})
    several = [name for name in train if case.tasks[name].kind in ("classification", "ordinal")]
    for split in (one for one in predictions if one != "train"):
        for first, second in combinations([name for name in several if name in predictions[split]], 2):
            pairs = {}
            for part in ("train", split):
                one, other = predictions[part][first], predictions[part][second]
                known = one.mask & other.mask
                pairs[part] = [*zip(one.truth[known].astype(str), other.truth[known].astype(str), strict=True)]
            seen = set(pairs["train"])
            if pairs[split]:
                missing = sum(pair not in seen for pair in pairs[split]) / len(pairs[split])
                yield Coverage(first, second, "combination", {split: len(pairs[split])}, missing)


def _batches(case: Case) -> Iterator[Coverage]:
    for name, column in (case.steps or {}).items():
        task, _, label = name.removeprefix("count.").rpartition(".")
        known = column[np.isfinite(column)]
        # Samples of a span come together, so that chance leaves more batches without them.
        several = task in case.tasks and case.tasks[task].kind == "span"
        counted = name.startswith("count.") and task in case.tasks and not several and len(known) >= LEAST
        if counted and known.mean() >= EXPECTED:
            yield Coverage(task, label, "batch", {"train": len(known)}, float(np.mean(known == 0)))


def judge(coverage: Coverage) -> Finding | None:
    """An error where enough judged windows cannot be right; a warning where choosing the epoch is blind to a class."""
    if coverage.fact == "class":
        return _judge_class(coverage)
    if coverage.fact == "combination" and coverage.missing > UNSEEN:
        (split, windows), *_ = coverage.counts.items()
        what = f"{coverage.missing:.0%} of {windows} windows of {split} combine classes of {coverage.task} and"
        what += f" {coverage.what} that training never shows together"
        return _finding("note", what, coverage, split, Fact("unseen combinations", coverage.missing, None, UNSEEN))
    if coverage.fact == "batch" and coverage.missing > LACKING:
        what = f"{coverage.task}: {coverage.missing:.0%} of {coverage.counts['train']} batches hold no window of"
        what += f" {coverage.what}, of which a shuffled batch would hold {EXPECTED:g} or more"
        return _finding("note", what, coverage, "train", Fact("batches without it", coverage.missing, None, LACKING))
    return None


def _judge_class(coverage: Coverage) -> Finding | None:
    counts = coverage.counts
    held = ", ".join(f"{split} {count}" for split, count in counts.items())
    facts = [Fact(f"windows of {coverage.what}", count, window=split) for split, count in counts.items()]
    judged = {split: count for split, count in counts.items() if split != "train" and count}
    if counts.get("train") == 0 and judged:
        severity: Severity = "error" if max(judged.values()) >= LEAST else "warning"
        what = f"{coverage.task}: {coverage.what} is judged but never trained on ({held})"
        return _finding(severity, what, coverage, max(judged, key=lambda split: judged[split]), *facts)
    lacking = [split for split in ("val", "test") if counts.get(split) == 0 and counts.get("train", 0)]
    if not lacking:
        return None
    what = f"{coverage.task}: no window of {coverage.what} in {' and '.join(lacking)} ({held})"
    if coverage.recordings is not None:
        facts.append(Fact("recordings in training", coverage.recordings))
    return _finding("warning" if "val" in lacking else "note", what, coverage, lacking[0], *facts)


def _finding(severity: Severity, what: str, coverage: Coverage, split: str, *facts: Fact) -> Finding:
    patch = (
        {"data.sampler": "shuffle"}
        if coverage.fact == "batch"
        else {"data.split.stratify": [coverage.target or coverage.task]}
    )
    return Finding(
        severity=severity,
        what=what,
        scope=Scope(task=coverage.task, split=split, parameter=coverage.what, key="data.split"),
        evidence=facts,
        alternatives=(
            Alternative("class-imbalance", "count recordings, not windows: a class with one cannot be in every part"),
        ),
        fixes=(
            Fix(
                "shuffle the batches" if coverage.fact == "batch" else f"spread the classes of {coverage.task} evenly",
                patch,
                "every part holds every class",
                risk="another split: scores cannot be compared with those of earlier runs",
            ),
        ),
    )


CHECK = Check(
    id="missing-class",
    needs=("profile|predictions",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("weak-slice", "class-imbalance", "below-floor", "below-majority"),
)
