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
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of
from polyhead.trace.profile import Association

FACTS = ("mean", "first")
MEDIUM = 0.3
"""The interval before scaling has to lie above a medium effect (Cohen)."""
LEFT = 0.5
"""Share of the association that has to be left."""
RECORDINGS = 8
"""Fewer independent units leave intervals that hold nearly everything."""
MARGIN = 0.05
"""A root mean square that tells the target better by more than this makes the amplitude the story."""
LEARNED = 0.8
"""Skill from which a task plainly gets what it needs."""


@dataclass(frozen=True)
class Level:
    """The best fact of a channel's level for one task. `amplitude` is the association of its root mean square before
    scaling, `elsewhere` the fact of another channel that tells the task as well after scaling, `skill` the task's."""

    input: str
    fact: str
    task: str
    before: float
    after: float
    recordings: int
    scaling: str | None
    amplitude: float
    elsewhere: str | None
    skill: float | None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the association before scaling."""
        z, error = np.arctanh(min(self.before, 1 - 1e-9)), 1.96 / np.sqrt(max(self.recordings - 3, 1))
        return max(0.0, float(np.tanh(z - error))), float(np.tanh(z + error))


def measure(case: Case) -> Iterator[Level]:
    """Each channel's level and each task: the fact that told most before scaling."""
    profile = case.profile
    every = list(profile.associations) if profile else []
    if profile is None or not any(one.fact.rsplit(".", 1)[-1] in FACTS for one in every):
        raise NotCheckedError("no association of a channel's level with a target")
    skills = {one.task: one.value for one in progress_of(case)}
    best: dict[tuple[str, str], Association] = {}
    for one in every:
        channel, _, fact = one.fact.rpartition(".")
        if fact in FACTS and (old := best.get((channel, one.task), one)).before <= one.before:
            best[channel, one.task] = one if one.before > old.before else old
    for (channel, task), one in best.items():
        own = [other for other in every if other.task == task]
        rms = next((other.before for other in own if other.fact == f"{channel}.rms"), 0.0)
        rest = [other for other in own if not other.fact.startswith(f"{channel}.")]
        told = max(rest, key=lambda other: other.after, default=None)
        name = channel.split(".")[0]
        yield Level(
            name,
            one.fact,
            task,
            one.before,
            one.after,
            one.recordings,
            profile.inputs[name].scaling if name in profile.inputs else None,
            rms,
            told.fact if told is not None and told.after >= one.before - MARGIN else None,
            skills.get(task),
        )


def judge(level: Level) -> Finding | None:
    """A warning where an association of medium size or more is lost; a note where it did no harm."""
    low, high = level.interval
    lost = level.after < min(LEFT * level.before, low)
    if level.recordings < RECORDINGS or low < MEDIUM or not lost or level.amplitude > level.before + MARGIN:
        return None
    learned = level.skill is not None and level.skill >= LEARNED
    counter = []
    if level.elsewhere is not None:
        counter.append(Fact("told as well by", level.elsewhere, source="association after scaling"))
    if learned:
        counter.append(Fact("skill", level.skill, threshold=LEARNED, source="the task gets what it needs"))
    key = f"data.scaling.{level.input}"
    known = {key: "standard"} if level.scaling in (None, "per_recording") else {}
    return Finding(
        severity="note" if counter else "warning",
        what=f"{level.fact} goes with {level.task} at {level.before:.2f} and at {level.after:.2f} after scaling"
        f" ({level.scaling or 'not declared'}): the level that tells it is removed",
        scope=Scope(task=level.task, channel=level.fact, key=key),
        evidence=(
            Fact("association before scaling", level.before, (low, high), MEDIUM, f"{level.recordings} recordings"),
            Fact("association after scaling", level.after, threshold=min(LEFT * level.before, low)),
        ),
        counter_evidence=tuple(counter),
        alternatives=(
            Alternative("shortcut", "split by sensor: a level that is the sensor's own tells nothing there"),
        ),
        fixes=(
            Fix(
                f"scale {level.input} by the training set, which keeps levels",
                known,
                f"association of {level.fact} with {level.task} after scaling near {level.before:.2f}",
                risk="levels that differ by sensor, not by state, come back as well",
            ),
        ),
    )


CHECK = Check(
    id="erased-offset",
    needs=("profile.associations",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
