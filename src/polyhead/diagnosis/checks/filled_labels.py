"""A default value that poses as a label.

What it finds
    One value that many windows have as their label because the true one was not known: 1000.0, 9999, -1 or 0 written
    where nothing should stand, or a class named `nan` or -1. Also values that are declared missing and match nothing.

Why it matters
    The network is taught the default as if it had been measured. One such value far away takes over the mean, the
    scale and nearly all of a squared loss; one among the true values teaches a wrong answer that no metric shows, since
    validation holds it too.

Evidence
    For each frequent value: the share of known labels that have it, how many times that is the share of an ordinary
    value (share times the number of distinct values), its distance to the next other label in standard deviations of
    the others, whether it lies outside their range, and how many recordings consist of it alone.

Remedy
    Declare the value as `missing`: such windows then cost nothing, give no gradient and are not counted. Better still,
    join the labels to their recordings again.

When it can be wrong
    A measured quantity that rests at one value, such as zero damage in every healthy machine, is a natural spike; with
    its range joining on it is reported as a note at most. Labels that were limited, such as min(life, 125), belong to
    clipped-target. Of two defaults on one side the outer one hides the inner until it is masked.

Example
    Life in [0, 1] uniform (standard deviation 0.29) with 1000.0 in 5 of 100 windows: gap = (1000 - 1) / 0.29 = 3445
    standard deviations. 96 distinct values in 100 windows make an ordinary share of 1 / 96, so the spike is 0.05 x 96 =
    4.8 times as common.

References
    Qahtan et al., KDD 2018 (FAHES: disguised missing values are repeated values off the distribution).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.placeholders import NUMBERS, is_number, names_nothing
from polyhead.scoring.spans import MARKED
from polyhead.trace.profile import Frequent, TargetProfile

GAP = 3.0
"""Standard deviations of the other labels that separate a value from them: among 1e5 normal labels neighbouring
extremes are some tenths apart."""
LEAST_COUNT, LEAST_SHARE = 5, 0.001
"""Fewer equal labels are outliers, not a default."""
SPIKE = 3.0
"""Times as common as an ordinary value. Labels that are one per recording have a ratio near 1 for each of them."""
GRADES = 5
"""Of fewer values even -1 or 1000 is one of a scale: no and yes as -1 and 1, or four speeds."""
FAR_SPIKE, FAR_SHARE = 10.0, 0.05
"""The same for a value on the edge of the others or among them, where rounding makes spikes too."""
LEAD = 3.0
"""Times the next most frequent value: rounded labels have several."""
WHOLE = 2
"""Recordings that consist of the value alone, for a default that came by recording."""
STEADY = 0.9
"""Share of recordings with one label each from which every value comes by recording."""


@dataclass(frozen=True)
class Spike:
    """A frequent value of a task's labels over all splits: `share` of the `known` ones, `ratio` to the share of an
    ordinary value and `lead` over the next most frequent one (inf without one), `gap` in standard deviations of the
    others, `outside` all of them. It stands in `holding` recordings, `whole` of all `recordings` consist of it alone
    (None: not known), and a share `constant` of all recordings of one label each. There are `distinct` values. `entry`
    is the target as the configuration would have it with the value masked."""

    task: str
    target: str
    value: float
    count: int
    known: int
    distinct: int
    ratio: float
    lead: float
    gap: float
    outside: bool
    holding: int
    whole: int | None
    recordings: int | None
    constant: float | None
    entry: Mapping[str, Any]

    @property
    def share(self) -> float:
        return self.count / self.known


@dataclass(frozen=True)
class Word:
    """A class: `name`, `count` of the `known` labels, and the names of the `others`."""

    task: str
    target: str
    name: str
    count: int
    known: int
    others: tuple[str, ...]
    entry: Mapping[str, Any]


@dataclass(frozen=True)
class Unmatched:
    """A value that is declared missing and that no label has."""

    task: str
    target: str
    value: str
    known: int
    missing: int


def measure(case: Case) -> Iterator[Spike | Word | Unmatched]:
    """Each frequent value of every target, and each declared missing value that matched nothing."""
    targets = case.profile.targets if case.profile else {}
    if not any(one.matched or s.quantiles or s.counts for one in targets.values() for s in one.splits.values()):
        raise NotCheckedError("no labels")
    for task, one in targets.items():
        labels = one.splits.values()
        for value, matched in one.matched.items():
            if matched == 0 and value.strip():  # an empty cell is no label in any case
                known, missing = sum(each.known for each in labels), sum(each.missing for each in labels)
                yield Unmatched(task, one.key or task, value, known, missing)
        yield from _words(case, task, one)
        yield from _spikes(case, task, one)


def _words(case: Case, task: str, profile: TargetProfile) -> Iterator[Word]:
    counts: dict[str, int] = {}
    for split in profile.splits.values():
        for name, count in split.counts.items():
            counts[name] = counts.get(name, 0) + count
    if profile.kind == "multilabel":
        return
    known, target = sum(counts.values()), profile.key or task
    for name, count in counts.items():
        if count:
            value = float(name) if is_number(name) else name
            others = tuple(other for other in counts if other != name)
            yield Word(task, target, name, count, known, others, _entry(case, target, value))


def _spikes(case: Case, name: str, profile: TargetProfile) -> Iterator[Spike]:
    if profile.kind in MARKED:  # numbers made of marks of 0 and 1: nobody wrote them
        return
    splits = [split for split in profile.splits.values() if split.quantiles]
    by_value: dict[float, list[Frequent]] = {}
    for split in splits:
        for one in split.frequent:
            by_value.setdefault(one.value, []).append(one)
    known = profile.outputs * sum(split.known for split in splits)
    distinct = max((split.distinct or 1 for split in splits), default=1)
    counts = {value: sum(one.count for one in found) for value, found in by_value.items()}
    for value, found in by_value.items():
        widest = max(found, key=lambda one: one.count)
        other = max((count for each, count in counts.items() if each != value), default=0)
        whole, recordings = _whole(case, name, value)
        yield Spike(
            task=name,
            target=profile.key or name,
            value=value,
            count=counts[value],
            known=known,
            distinct=distinct,
            ratio=counts[value] / known * distinct,
            lead=counts[value] / other if other else float("inf"),
            gap=widest.gap,
            outside=all(one.outside for one in found),
            holding=sum(one.recordings for one in found),
            whole=whole,
            recordings=recordings,
            constant=profile.constant,
            entry=_entry(case, profile.key or name, value),
        )


def _whole(case: Case, task: str, value: float) -> tuple[int | None, int | None]:
    """Recordings whose mean label is the value, as all their labels are where it lies on the edge, and how many there
    are."""
    recordings = case.profile.recordings if case.profile else None
    means = (recordings.targets if recordings else {}).get(task)
    numbers = [mean for mean in means or [] if isinstance(mean, int | float)]
    if not numbers:
        return None, None
    whole = int(np.isclose(numbers, value, rtol=1e-9, atol=1e-12).sum())
    return round(whole * recordings.of / len(numbers)) if recordings else None, len(numbers)


def _entry(case: Case, target: str, value: float | str) -> dict[str, Any]:
    """The target's entry with `value` among the missing ones."""
    options = case.config.data.targets.get(target) if case.config else None
    old = options.model_dump(exclude_defaults=True) if options else {"key": target}
    return {**old, "missing": [*old.get("missing", []), value]}


def judge(evidence: Spike | Word | Unmatched) -> Finding | None:
    """An error for a spike off the support; a warning where only its recordings, its commonness or its name speak; a
    note for a declared value that nothing has."""
    if isinstance(evidence, Unmatched):
        return _unmatched(evidence)
    return _word(evidence) if isinstance(evidence, Word) else _spike(evidence)


def _spike(spike: Spike) -> Finding | None:
    if spike.count < LEAST_COUNT or spike.share < LEAST_SHARE or spike.distinct < 2:
        return None
    if spike.outside and spike.gap >= GAP:
        if spike.ratio < SPIKE and (spike.value not in NUMBERS or spike.distinct < GRADES):
            return None  # one of a few values, all of them as frequent
        # Zero is what is measured where nothing is there, however far the next value is.
        severity: Severity = "error" if spike.ratio >= SPIKE and spike.value != 0 else "warning"
    elif spike.share >= FAR_SHARE and spike.ratio >= FAR_SPIKE and spike.lead >= LEAD:
        steady = spike.constant is not None and spike.constant >= STEADY
        # Labels that were limited also come in recordings that only begin or end at the limit.
        by_recording = spike.whole == spike.holding >= WHOLE and not steady
        if spike.outside and not by_recording:
            return None  # a limit of the scale: clipped-target
        severity = "note" if spike.value == 0 else "warning"
    else:
        return None
    place = f"{spike.gap:.3g} standard deviations outside all others" if spike.gap >= GAP else "within reach of others"
    return Finding(
        severity=severity,
        what=f"{spike.task}: {spike.share:.1%} of the labels are exactly {spike.value:g}, {place}",
        scope=Scope(task=spike.task, key=f"data.targets.{spike.target}"),
        evidence=tuple(_facts(spike)),
        counter_evidence=()
        if spike.whole != 0
        else (Fact("recordings that consist of it", 0, source="it does not come by recording"),),
        alternatives=(
            Alternative("clipped-target", "labels that were limited join on to the value without a gap"),
            Alternative("metric-scale", "mask the value: a scale that was wrong as well stays wrong"),
        ),
        fixes=(
            Fix(
                f"treat {spike.value:g} as not known",
                {f"data.targets.{spike.target}": dict(spike.entry)},
                f"{spike.count} labels fewer are counted, and the spread of the target is that of the others",
                risk="true labels of this value are lost with it",
            ),
        ),
    )


def _facts(spike: Spike) -> Iterator[Fact]:
    from scipy.stats import binomtest

    near = binomtest(spike.count, spike.known).proportion_ci(method="wilson")
    over = "all known labels"
    yield Fact("share of labels", spike.share, (float(near.low), float(near.high)), LEAST_SHARE, window=over)
    yield Fact("distance to the next label in standard deviations", spike.gap, threshold=GAP, window=over)
    yield Fact("times as common as an ordinary value", spike.ratio, threshold=SPIKE, window=over)
    if spike.whole:
        yield Fact(
            "recordings that consist of it", spike.whole, threshold=WHOLE, window=f"{spike.recordings} recordings"
        )


def _word(word: Word) -> Finding | None:
    nothing = names_nothing(word.name, word.others)
    if nothing == "no":
        return None
    return Finding(
        severity="warning" if nothing == "yes" else "note",
        what=f"{word.task}: {word.count} of {word.known} labels are {word.name!r}, which is learned as a class",
        scope=Scope(task=word.task, key=f"data.targets.{word.target}"),
        evidence=(Fact("share of labels", word.count / word.known, threshold=0.0, window="all known labels"),),
        alternatives=(Alternative("missing-class", "ask whether it is a class of its own, such as 'none of these'"),),
        fixes=(
            Fix(
                f"treat {word.name!r} as not known",
                {f"data.targets.{word.target}": dict(word.entry)},
                f"the task has {len(word.others)} classes",
                risk="a true class of this name is lost with it",
            ),
        ),
    )


def _unmatched(one: Unmatched) -> Finding:
    return Finding(
        severity="note",
        what=f"{one.task}: {one.value} is declared missing, and none of {one.known + one.missing} labels has it",
        scope=Scope(task=one.task, key=f"data.targets.{one.target}.missing"),
        evidence=(Fact("labels that it masked", 0, threshold=1, window="all labels"),),
        counter_evidence=(Fact("labels that are missing", one.missing),) if one.missing else (),
        fixes=(
            Fix(
                "write the value as the data have it: before any scaling, in the data's own unit",
                {},
                "it masks the labels it was meant for",
                risk="none, if the value is only a precaution",
            ),
        ),
    )


CHECK = Check(
    id="filled-labels",
    needs=("profile.targets",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("head-range", "constant-output", "below-floor", "degenerate-r2", "relative-loss-near-zero"),
)
