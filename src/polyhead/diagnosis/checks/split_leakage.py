"""The same recordings or samples on both sides of a split.

What it finds
    Recordings, samples or whole windows that are trained on and judged on, up to a validation set that is the training
    set.

Why it matters
    Windows of one recording share its noise, its sensor and its operating point, so that a network may recognise the
    recording instead of what it should measure. Its score then says how well it remembers; on a recording it has never
    seen it falls, and early stopping, which watches the same score, does not notice.

Evidence
    Recordings with windows in more than one part, windows of validation and test that share samples with a training
    window or equal one, and how near the nearest training window is: the median distance from a judged window to
    training, over that from a training window to other training recordings. In predictions, rows of validation or test
    that equal a training row in recording, truth and every predicted number.
    Where each window is a recording of its own, as where nobody named any: whether windows are near copies of others,
    in judging as in training, while exact labels recur. Such windows are measurements of one thing.

Remedy
    Split by recording, or by whatever the recordings have in common (data.split.by: bearing, unit, session).

When it can be wrong
    Where each window is a measurement of its own, a split by window leaks nothing. Signals that are simulated without
    noise repeat themselves exactly, and smooth ones of few degrees of freedom lie near one another. A forecast may be
    judged on the future of a recording it was trained on, which is what `by: time` says.

Example
    10 recordings of 2048 samples cut into windows of 1024 with stride 512 have 3 windows each. Of a split by window
    at 70 %, a judged middle window has no training neighbour only with probability 0.3^2 = 9 %: 91 % share samples.

References
    Kapoor and Narayanan, Patterns 2023 (leakage types 1.4 and 3.2); arXiv 2509.22267: bearing-wise splits on CWRU;
    cleanlab Datalab: near duplicates are nearer than 0.13 of the median distance to a nearest neighbour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

NEAR = 0.13
"""cleanlab Datalab's threshold of near duplicates, as a share of the median distance between neighbours."""
LEAST_COMPARED = 50
"""Fewer windows than these do not give a median distance to hold against another."""
NO_PROMISE = ("window", "loop", None)
"""What a split says of itself where it keeps no recording whole, or where nobody said how it was made."""
ALIKE = 0.1
"""Standard deviations over training, of bands, level and mean of a window together: windows drawn at random lie sqrt(2)
apart in each of these alone."""
RECURS = (1.1, 20.0)
"""Windows to each value of a label: 1 where every window is measured for itself, many on a scale of few values, where
equal labels say nothing."""
MOST = 0.5
"""Share of judged windows that were trained on, from which the score is more one of training than of judging."""
FEW_EQUAL = 0.01
"""Share of equal windows below which they are odd but change no score by more than that."""

DISTINCT = 0.9
"""Share of training windows of which something else is said than of any other, from which what is said of a window
names it. A network that says nearly the same to everything says it of windows that were never trained on, too."""


@dataclass(frozen=True)
class Shared:
    """`count` of `of` recordings or windows stand on both sides. `fact` says what they share; `by` what the split
    keeps whole, None where not known; `ratio` is nearest over nearest within training, of `fact` nearest, or the larger
    of the two, of `fact` thing, where `repeats` is how many windows share a label."""

    fact: str
    count: int
    of: int
    by: str | None
    split: str | None = None
    ratio: float | None = None
    repeats: float | None = None


def measure(case: Case) -> Iterator[Shared]:
    """What the profile counted, and what rows of predictions share."""
    by = case.config.data.split.by if case.config else None
    if case.profile is not None:
        split = case.profile.split
        judged = sum(count for name, count in split.windows.items() if name != "train")
        each = sum(split.recordings.values()) - split.straddling  # one on two sides is counted on both
        yield Shared("recording", split.straddling, each, split.by)
        yield Shared("samples", split.overlapping, judged, split.by)
        yield Shared("window", split.duplicates, judged, split.by)
        if split.nearest is not None and split.nearest_within:
            yield Shared("nearest", split.compared, judged, split.by, ratio=split.nearest / split.nearest_within)
        repeats = _repeats(case)
        alone = split.recordings == split.windows  # nobody said which windows belong together
        if alone and repeats is not None and split.nearest is not None and split.nearest_within is not None:
            apart = max(split.nearest, split.nearest_within)
            yield Shared("thing", split.compared, judged, split.by, ratio=apart, repeats=repeats)
        by = split.by
    train = (case.predictions or {}).get("train")
    if case.profile is None and not train:
        raise NotCheckedError("neither a data profile nor predictions of the training windows")
    if not train:
        return
    seen = _rows(train)
    recordings = set(_recordings(train))
    for name, tasks in (case.predictions or {}).items():
        rows = _rows(tasks)
        if name == "train" or not len(rows) or not len(seen):
            continue
        numbers = {row.rpartition(b"|")[2] for row in seen}
        if len(numbers) > DISTINCT * len(seen):  # else equal rows are no sign of equal windows
            known = set(seen)
            yield Shared("row", sum(row in known for row in rows), len(rows), by, name)
        own = set(_recordings(tasks))
        if case.profile is None and not _counters(recordings) and not _counters(own):
            yield Shared("recording", len(own & recordings), len(own), by, name)


def _repeats(case: Case) -> float | None:
    """Windows to each value of the target with the most values, over training; None without numbers."""
    targets = case.profile.targets.values() if case.profile else ()
    labels = [one.splits["train"] for one in targets if "train" in one.splits]
    each = [one.known / one.distinct for one in labels if one.known and one.distinct]
    return min(each, default=None)


def _recordings(tasks: Mapping[str, Predicted]) -> list[str]:
    return [str(name) for name in next(iter(tasks.values())).recording]


def _counters(names: set[str]) -> bool:
    """Whether names only count rows from 0, so that they name nothing."""
    return names == {str(number) for number in range(len(names))}


def _rows(tasks: Mapping[str, Predicted]) -> list[bytes]:
    """Each window as the bytes of its recording and of all that was known and said of it, to five digits. Empty where
    no task says a number that could tell windows apart."""
    if not tasks:
        return []
    told = [part for one in tasks.values() for part in (one.score, one.sd, one.pred) if _is_number(part)]
    if not told:
        return []
    names = _recordings(tasks)
    if any(len(one.truth) != len(names) for one in tasks.values()):
        return []  # tasks that were told of different windows cannot be laid side by side
    numbers = np.concatenate([np.asarray(part, np.float64).reshape(len(names), -1) for part in told], axis=1)
    words = np.concatenate([one.truth.reshape(len(names), -1).astype(str) for one in tasks.values()], axis=1)
    return [
        f"{name}|{'|'.join(word)}|{' '.join(f'{number:.5g}' for number in row)}".encode()
        for name, word, row in zip(names, words, numbers, strict=True)
    ]


def _is_number(part: NDArray[Any] | None) -> bool:
    return part is not None and part.dtype.kind == "f"


def judge(shared: Shared) -> Finding | None:
    """An error where the split promises what it does not keep or judged rows are training rows; a warning where the
    configuration asks for it."""
    if shared.fact == "nearest":
        return _near(shared)
    if shared.fact == "thing":
        return _alike(shared)
    if not shared.count:
        return None
    severity: Severity
    if shared.fact == "recording":
        if shared.by == "time":
            return None
        severity = "warning" if shared.by in NO_PROMISE else "error"
    elif shared.fact == "window":
        share = shared.count / shared.of if shared.of else 0.0
        severity = "error" if share > MOST else "warning" if share > FEW_EQUAL else "note"
    elif shared.fact == "row":
        severity = "error" if shared.count > FEW_EQUAL * shared.of else "note"
    else:
        severity = "warning" if shared.by == "window" else "error"
    said = {
        "recording": f"{shared.count} of {shared.of} recordings have windows on both sides of the split",
        "samples": f"{shared.count} of {shared.of} judged windows share samples with a training window",
        "window": f"{shared.count} of {shared.of} judged windows equal a training window",
        "row": f"{shared.count} of {shared.of} windows of {shared.split} are training windows: same recording, same"
        " truth, same predicted numbers",
    }[shared.fact]
    claim = "; the score holds for recordings that were trained on, not for new ones" if shared.by == "window" else ""
    fact = Fact(
        f"shared {shared.fact}",
        shared.count / shared.of if shared.of else None,
        threshold=0.0,
        source=f"of {shared.of}",
    )
    return _finding(severity, said + claim, shared, fact)


def _near(shared: Shared) -> Finding | None:
    if shared.ratio is None or shared.ratio >= NEAR or shared.count < LEAST_COMPARED:
        return None
    what = (
        f"judged windows lie {shared.ratio:.2g} times as far from the nearest training window as training recordings"
        f" from one another, over {shared.count} windows: near copies"
    )
    return _finding("warning", what, shared, Fact("distance ratio", shared.ratio, None, NEAR, "cleanlab Datalab"))


def _alike(shared: Shared) -> Finding | None:
    if shared.ratio is None or shared.ratio >= ALIKE or shared.count < LEAST_COMPARED:
        return None
    if shared.repeats is None or not RECURS[0] <= shared.repeats <= RECURS[1]:
        return None
    what = (
        f"half of the windows lie within {shared.ratio:.2g} standard deviations of a training window, those of training"
        f" too, and {shared.repeats:.1f} windows share each label: measurements of one thing, which no recording names"
    )
    return _finding("warning", what, shared, Fact("distance to the nearest", shared.ratio, None, ALIKE, "of training"))


def _finding(severity: Severity, what: str, shared: Shared, fact: Fact) -> Finding:
    return Finding(
        severity=severity,
        what=what,
        scope=Scope(split=shared.split, parameter=shared.fact, key="data.split.by"),
        evidence=(fact, Fact("what the split keeps whole", shared.by, source="data.split.by")),
        alternatives=(
            Alternative("shortcut", "train on facts of the recording alone: a shortcut survives a split by recording"),
        ),
        fixes=(
            Fix(
                "keep every recording on one side; where the split says so, data.group must name what they share",
                {} if shared.by == "group" else {"data.split.by": "group"},
                "none shared, and a score on validation and test that is lower and true",
                risk="fewer independent recordings in each part, hence wider intervals",
            ),
        ),
    )


CHECK = Check(
    id="split-leakage",
    needs=("profile|predictions",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("overfitting", "weak-slice"),
)
