"""A level that goes with the target and that scaling has removed.

What it finds
    The mean or the first value of a channel tells a target in the data as they come, and no longer in what the network
    gets.

Why it matters
    A scaling of each window or recording by its own mean takes its level away. Where the level carries the answer (an
    initial pH, a resting temperature, a static load) the network is left without what a single number would have told,
    and no training brings it back.

Evidence
    The association of the mean, and of the first value, of each window with the label: the absolute rank correlation
    with a number, the correlation ratio of the ranks for classes, before and after the scaling, with a 95 % interval
    by Fisher's z over recordings, which are the independent units.

Remedy
    Scaling by statistics of the training set, which keeps levels; or the level itself as a known input.

When it can be wrong
    Where another input carries the same number, as an initial pH that is known: the finding is then a note that says
    which one. Where the level tells the target for a reason that will not hold later (a sensor's own offset), removing
    it is right.

Example
    Initial pH 6.5 to 7.5 and a rank correlation of 0.8 with the target over 64 recordings: Fisher's z is
    artanh(0.8) = 1.099, its standard error 1/sqrt(61) = 0.128, the interval tanh(1.099 -+ 1.96 x 0.128) = 0.69 to 0.87.
    After a z-score of each recording 0.05 is left, below the interval and below half of 0.8.

References
    Fisher, Metron 1921: artanh(r) is nearly normal with standard error 1/sqrt(n - 3). Cohen 1988, chapter 3: r = 0.3 is
    a medium effect.
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.erasure import FOLLOWS, MARGIN, Erasure, Wording, erased, erasure_of
from polyhead.diagnosis.finding import Finding
from polyhead.trace.profile import Association

FACTS = ("mean", "first")
WORDING = Wording(
    "level",
    "split by sensor: a level that is the sensor's own tells nothing there",
    "levels that differ by sensor, not by state, come back as well",
)


def measure(case: Case) -> Iterator[Erasure]:
    """Each channel's level and each task: the fact that told most before scaling."""
    best: dict[tuple[str, str], Association] = {}
    for one in case.profile.associations if case.profile else []:
        channel, _, fact = one.fact.rpartition(".")
        if fact in FACTS and (old := best.get((channel, one.task), one)).before <= one.before:
            best[channel, one.task] = one if one.before > old.before else old
    if not best:
        raise NotCheckedError("no association of a channel's level with a target")
    for one in best.values():
        yield erasure_of(case, one, ("rms",))


def judge(level: Erasure) -> Finding | None:
    """A warning where an association of medium size or more is lost; a note where it did no harm. Where the root mean
    square tells the target better, the amplitude is the story."""
    if not level.lost or level.rival > level.before + MARGIN:
        return None
    return erased(level, WORDING)


CHECK = Check(
    id="erased-offset",
    needs=("profile.associations",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=FOLLOWS,
)
