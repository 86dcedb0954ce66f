"""A label that can be read from how recordings were made.

What it finds
    A fact of how a recording was made (its sampling rate, its resolution, exact zeros, its length or start) that alone
    tells its label.

Why it matters
    A network takes the easiest way to the label. Where all recordings of a class were made at another rate or with
    another converter, it learns the converter: scores are high on every split of these data, and worth nothing on data
    that were all recorded alike.

Evidence
    Over recordings, for each class, the largest difference between the shares of that class and of the others on one
    side of a threshold (or at one value) of the fact: 1 tells them apart without error. Its exact p-value, times the
    number of facts and classes looked at; a class with a rate of its own needs none. For numbers, the rank
    correlation. Mean, root mean square and spectrum are what is measured, and are not asked. A fact that goes with the
    label by half or more, beyond chance, is a note: a network can lean on it, but has to learn more than that.

Remedy
    Resample all recordings to one rate and resolution; compare classes that were recorded alike; judge on recordings in
    which the fact does not go with the label.

When it can be wrong
    Length and start go with the label by nature where a recording is a life that ends in failure: they are notes. A
    rate that was fed as a known input on purpose does no harm where it will be known later too.

Example
    4 normal recordings at 48 kHz, 36 with faults at 12 kHz: the threshold 30 kHz has all of the normal ones above and
    none of the others, a difference of 1. Of the 91390 ways to draw 4 of 40, one puts them all above and one all below:
    p = 2/91390 = 2.2e-5.

References
    Case Western Reserve bearing data: normal states at 48 kHz, faults at 12 kHz. Geirhos and others, Nature Machine
    Intelligence 2020, on shortcuts. Smirnov 1948: the exact distribution of the largest difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of

MADE = ("rate_hz", "dt", "step", "zeros", "length", "start")
"""Facts of how a recording was made."""
NATURAL = ("length", "start")
"""Facts that go with labels by nature as well: how long a life was, when it was recorded."""
VALUES = 10
"""A fact with at most so many values is a setting; a step or zeros with more are what amplitude makes of them."""
TOLD = 0.9
"""Difference of shares, or rank correlation, from which the fact in effect is the label."""
LEANS = 0.5
"""The same, from which it is worth a word: a large effect (Cohen 1988, w of a table of two by two)."""
CHANCE = 0.01
"""Probability, over all that was looked at, from which it is no accident."""
RATES = ("rate_hz", "dt")
"""A class with a rate of its own is told by it, however that came about: no chance to ask for, and one recording is
enough."""
RECORDINGS, EACH = 8, 2
"""Fewest recordings, and of each side of other facts."""
LEARNED = 0.8
"""Skill from which a claim rests on the label being told."""


@dataclass(frozen=True)
class Tell:
    """How one fact tells one task's label: `distance` in [0, 1], `p` exact and for all that was looked at, `class_`
    the class told best, None for numbers; `on` and `off` the median fact of that class and of the others."""

    task: str
    fact: str
    distance: float
    p: float
    class_: str | None
    recordings: tuple[int, int]
    on: float
    off: float
    skill: float | None


def measure(case: Case) -> Iterator[Tell]:
    """Every fact that varies, as far as it is a setting, against every task."""
    table = case.profile.recordings if case.profile else None
    if table is None:
        raise NotCheckedError("no table of recordings")
    facts = {name: np.array(column, float) for name, column in table.facts.items() if _setting(name, column)}
    if {"rate_hz", "dt"} <= facts.keys() and (np.isfinite(facts["rate_hz"]) | ~np.isfinite(facts["dt"])).all():
        facts.pop("dt")  # the same again
    skills = {one.task: one.value for one in progress_of(case)}
    found, most = [], 0
    for target, column in table.targets.items():
        most = max(most, sum(one is not None for one in column))
        task = target if target in case.tasks else target.rpartition(".")[0] or target  # angle.0 is of angle
        labels = np.array(column, object)
        for fact, values in facts.items():
            usable = np.isfinite(values) & np.array([one is not None for one in column])
            if usable.sum() >= RECORDINGS and len(np.unique(values[usable])) > 1:
                found += list(_tells(task, fact, values[usable], labels[usable], skills.get(task)))
    if most < RECORDINGS:
        raise NotCheckedError(f"labels of {most} recordings, {RECORDINGS} are needed")
    for one in _best(found):
        yield replace(one, p=min(1.0, one.p * len(found)))


def _setting(name: str, column: list[float | None]) -> bool:
    """Whether the fact says how a recording was made, rather than how loud it is."""
    fact = name.rsplit(".", 1)[-1]
    known = [one for one in column if one is not None]
    if fact == "zeros":
        return min(known, default=1.0) == 0.0  # none at all in some recordings, as against padding in others
    return fact in MADE and (fact != "step" or len(np.unique(np.array(known).round(12))) <= VALUES)


def _best(found: list[Tell]) -> list[Tell]:
    """The class told best, of each task and fact."""
    best: dict[tuple[str, str], Tell] = {}
    for one in found:
        old = best.setdefault((one.task, one.fact), one)
        if (one.distance, -one.p) > (old.distance, -old.p):
            best[one.task, one.fact] = one
    return list(best.values())


def _tells(
    task: str, fact: str, values: NDArray[np.float64], labels: NDArray[np.object_], skill: float | None
) -> Iterator[Tell]:
    from scipy.stats import spearmanr

    classes = sorted({str(one) for one in labels})
    numbers = not any(isinstance(one, str) for one in labels) and len(classes) > 2
    if numbers:
        target = labels.astype(float)
        found = spearmanr(values, target)
        above = target > np.median(target)
        ends = float(np.median(values[above])), float(np.median(values[~above]))
        yield Tell(task, fact, abs(float(found.statistic)), float(found.pvalue), None, (len(values), 0), *ends, skill)
        return
    for class_ in classes:
        own = np.array([str(one) == class_ for one in labels])
        if min(own.sum(), (~own).sum()) >= (1 if fact in RATES else EACH):
            ends = float(np.median(values[own])), float(np.median(values[~own]))
            counts = int(own.sum()), int((~own).sum())
            yield Tell(task, fact, *_distance(values, own), class_, counts, *ends, skill)


def _distance(values: NDArray[np.float64], own: NDArray[np.bool_]) -> tuple[float, float]:
    """The largest difference of shares below a threshold, or at one value of few, and its exact p."""
    from scipy.stats import fisher_exact, ks_2samp

    found = ks_2samp(values[own], values[~own])
    best = float(found.statistic), float(found.pvalue)
    levels = np.unique(values)
    for level in levels if len(levels) <= VALUES else ():
        at = values == level
        apart = abs(at[own].mean() - at[~own].mean())
        if apart > best[0]:
            table = [[(at & own).sum(), (at & ~own).sum()], [(~at & own).sum(), (~at & ~own).sum()]]
            best = float(apart), min(1.0, float(fisher_exact(table)[1]) * len(levels))
    return best


def judge(tell: Tell) -> Finding | None:
    """An error where a setting tells without error what the run claims to have learned, else a warning; a note for
    facts that go with labels by nature, or half of the way."""
    perfect = tell.distance > 1 - 1e-9
    own_rate = perfect and tell.fact in RATES and tell.class_ is not None
    natural, told = tell.fact in NATURAL, tell.distance >= TOLD
    if (not told and (natural or tell.distance < LEANS)) or (tell.p > CHANCE and not own_rate):
        return None
    claimed = tell.skill is not None and tell.skill >= LEARNED
    sure = perfect and tell.p <= CHANCE
    who = f"class {tell.class_} of {tell.task}" if tell.class_ is not None else tell.task
    typical = f"{tell.on:.6g} against {tell.off:.6g}"
    chance = f", p = {tell.p:.1g}" if tell.p <= CHANCE else ""
    claim = [Fact("skill", tell.skill, threshold=LEARNED, source="may be the fact's own")] if claimed else []
    return Finding(
        severity="note" if natural or not told else "error" if sure and claimed else "warning",
        what=f"{tell.fact} of a recording {'alone tells' if told else 'goes with'} {who} ({typical}, difference"
        f" {tell.distance:.2f}{chance}): how it was recorded {'is the label' if told else 'tells part of the label'}",
        scope=Scope(task=tell.task, channel=tell.fact, key=f"tasks.{tell.task}"),
        evidence=(
            Fact(
                "difference of shares" if tell.class_ is not None else "rank correlation",
                tell.distance,
                None,
                TOLD if told else LEANS,
            ),
            Fact("p for all facts and classes looked at", tell.p, None, CHANCE, "exact, times their number"),
            Fact("recordings", f"{tell.recordings[0]} and {tell.recordings[1]}", source="the class, and the others"),
            *claim,
        ),
        counter_evidence=(Fact(tell.fact, typical, source="goes with labels by nature in lives"),) if natural else (),
        alternatives=(
            Alternative("split-leakage", "group the split: leaked scores fall there, those of a shortcut stay"),
        ),
        fixes=(
            Fix(
                f"make {tell.fact} alike in all recordings before they are read (one rate, one resolution)",
                {},
                f"{tell.fact} no longer varies; the score of {tell.task} falls to what the signal tells",
                risk="traces of the old rate stay in the spectrum: low-pass to the lowest of them",
            ),
        ),
    )


CHECK = Check(
    id="shortcut",
    needs=("profile.recordings",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("missing-dt", "below-floor", "overfitting", "weak-slice"),
)
