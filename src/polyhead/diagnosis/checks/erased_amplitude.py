"""An amplitude that goes with the target and that scaling has removed.

What it finds
    The root mean square of a channel tells a target in the data as they come, and no longer in what the network gets.

Why it matters
    A scaling of each window or recording by its own standard deviation makes all of them equally loud. Where loudness
    carries the answer (vibration that grows with wear, the energy of a pulse) the network is left without the main
    indicator, and no training brings it back.

Evidence
    The association of each window's root mean square with the label: the absolute rank correlation with a number, the
    correlation ratio of the ranks for classes, before and after the scaling, with a 95 % interval by Fisher's z over
    recordings, which are the independent units.

Remedy
    Scaling by statistics of the training set, which keeps amplitudes; or the logarithm of the root mean square as a
    known input.

When it can be wrong
    Where another channel still carries it: the finding is then a note that says which one. Where amplitude tells the
    target for a reason that will not hold later (the gain of a recorder), removing it is right. Where the level tells
    the target as well as the amplitude does, erased-offset says it. One offset and scale for all recordings erase
    nothing, though an offset changes what a root mean square tells by itself, and are passed.

Example
    Remaining life and the root mean square of vibration correlate by ranks at -0.9 over 40 bearings: Fisher's z is
    artanh(0.9) = 1.472, its standard error 1/sqrt(37) = 0.164, the interval tanh(1.472 -+ 1.96 x 0.164) = 0.82 to 0.95.
    After a z-score of each window every root mean square is 1, and the association 0.

References
    A published bearing pipeline scales each recording, and later each window, by its own mean and standard deviation
    before the heads for wear. Fisher, Metron 1921: artanh(r) is nearly normal with standard error 1/sqrt(n - 3). Cohen
    1988, chapter 3: r = 0.3 is a medium effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of

MEDIUM = 0.3
"""The interval before scaling has to lie above a medium effect (Cohen)."""
LEFT = 0.5
"""Share of the association that has to be left."""
RECORDINGS = 8
"""Fewer independent units leave intervals that hold nearly everything."""
MARGIN = 0.05
"""A level that tells the target within this of the root mean square makes the offset the story."""
LEARNED = 0.8
"""Skill from which a task plainly gets what it needs."""


@dataclass(frozen=True)
class Loudness:
    """The root mean square of a channel and one task. `level` is the association of its mean or first value before
    scaling, `elsewhere` the fact of another channel that tells the task as well after scaling, `skill` the task's.
    `affine`: one offset and one scale for all recordings."""

    input: str
    fact: str
    task: str
    before: float
    after: float
    recordings: int
    scaling: str | None
    affine: bool
    level: float
    elsewhere: str | None
    skill: float | None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the association before scaling."""
        z, error = np.arctanh(min(self.before, 1 - 1e-9)), 1.96 / np.sqrt(max(self.recordings - 3, 1))
        return max(0.0, float(np.tanh(z - error))), float(np.tanh(z + error))


def measure(case: Case) -> Iterator[Loudness]:
    """Each channel's root mean square and each task."""
    profile = case.profile
    every = list(profile.associations) if profile else []
    loud = [one for one in every if one.fact.endswith(".rms")]
    if profile is None or not loud:
        raise NotCheckedError("no association of a channel's root mean square with a target")
    skills = {one.task: one.value for one in progress_of(case)}
    for one in loud:
        channel = one.fact.removesuffix(".rms")
        own = [other for other in every if other.task == one.task]
        level = max((x.before for x in own if x.fact in (f"{channel}.mean", f"{channel}.first")), default=0.0)
        rest = [other for other in own if not other.fact.startswith(f"{channel}.")]
        told = max(rest, key=lambda other: other.after, default=None)
        name, _, own_channel = channel.partition(".")
        scaled = profile.inputs[name].channels.get(own_channel) if name in profile.inputs else None
        yield Loudness(
            name,
            one.fact,
            one.task,
            one.before,
            one.after,
            one.recordings,
            profile.inputs[name].scaling if name in profile.inputs else None,
            scaled is not None and scaled.offset is not None and scaled.scale is not None,
            level,
            told.fact if told is not None and told.after >= one.before - MARGIN else None,
            skills.get(one.task),
        )


def judge(loud: Loudness) -> Finding | None:
    """A warning where an association of medium size or more is lost; a note where it did no harm."""
    low, high = loud.interval
    # One offset for all moves a root mean square, but every level can be told from it as before.
    lost = loud.after < min(LEFT * loud.before, low) and not loud.affine
    if loud.recordings < RECORDINGS or low < MEDIUM or not lost or loud.level >= loud.before - MARGIN:
        return None
    learned = loud.skill is not None and loud.skill >= LEARNED
    counter = []
    if loud.elsewhere is not None:
        counter.append(Fact("told as well by", loud.elsewhere, source="association after scaling"))
    if learned:
        counter.append(Fact("skill", loud.skill, threshold=LEARNED, source="the task gets what it needs"))
    key = f"data.scaling.{loud.input}"
    known = {key: "standard"} if loud.scaling in (None, "per_recording") else {}
    return Finding(
        severity="note" if counter else "warning",
        what=f"{loud.fact} goes with {loud.task} at {loud.before:.2f} and at {loud.after:.2f} after scaling"
        f" ({loud.scaling or 'not declared'}): the amplitude that tells it is removed",
        scope=Scope(task=loud.task, channel=loud.fact, key=key),
        evidence=(
            Fact("association before scaling", loud.before, (low, high), MEDIUM, f"{loud.recordings} recordings"),
            Fact("association after scaling", loud.after, threshold=min(LEFT * loud.before, low)),
        ),
        counter_evidence=tuple(counter),
        alternatives=(
            Alternative("shortcut", "split by recorder: a loudness that is the recorder's own tells nothing there"),
        ),
        fixes=(
            Fix(
                f"scale {loud.input} by the training set, which keeps amplitudes",
                known,
                f"association of {loud.fact} with {loud.task} after scaling near {loud.before:.2f}",
                risk="gains that differ by recorder, not by state, come back as well",
            ),
        ),
    )


CHECK = Check(
    id="erased-amplitude",
    needs=("profile.associations",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
