"""An association with a target that the data have and the network does not get: what scaling took away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of
from polyhead.trace.profile import Association

MEDIUM = 0.3
"""The interval before scaling has to lie above a medium effect (Cohen)."""
LEFT = 0.5
"""Share of the association that has to be left."""
RECORDINGS = 8
"""Fewer independent units leave intervals that hold nearly everything."""
MARGIN = 0.05
"""Associations this near to each other tell the target alike."""
LEARNED = 0.8
"""Skill from which a task plainly gets what it needs."""
FOLLOWS = (
    *("constant-output", "probability-collapse", "below-floor", "below-majority", "overfitting"),
    *("information-ceiling", "stalled-training"),
)
"""Ids of what is seen of a task whose input was erased."""


@dataclass(frozen=True)
class Erasure:
    """A fact of a channel and one task: their association before and after scaling. `rival` is that of the channel's
    other facts before scaling, `elsewhere` the fact of another channel that tells the task as well after scaling,
    `skill` the task's, `affine` whether one offset and one scale hold for all recordings."""

    input: str
    fact: str
    task: str
    before: float
    after: float
    recordings: int
    scaling: str | None
    affine: bool
    rival: float
    elsewhere: str | None
    skill: float | None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the association before scaling (Fisher 1921)."""
        z, error = np.arctanh(min(self.before, 1 - 1e-9)), 1.96 / np.sqrt(max(self.recordings - 3, 1))
        return max(0.0, float(np.tanh(z - error))), float(np.tanh(z + error))

    @property
    def bound(self) -> float:
        """What the association must fall below to count as lost."""
        return min(LEFT * self.before, self.interval[0])

    @property
    def lost(self) -> bool:
        """Whether an association of medium size or more, on enough recordings, is gone."""
        return self.recordings >= RECORDINGS and self.interval[0] >= MEDIUM and self.after < self.bound


@dataclass(frozen=True)
class Wording:
    """What is lost, such as `amplitude`; a probe that tells the loss from a shortcut; what may come back."""

    lost: str
    probe: str
    risk: str


def erasure_of(case: Case, one: Association, rivals: tuple[str, ...]) -> Erasure:
    """What became of an association of a fact INPUT.CHANNEL.FACT; `rivals` are the channel's other facts."""
    assert case.profile is not None
    channel = one.fact.rpartition(".")[0]
    own = [other for other in case.profile.associations if other.task == one.task]
    told = max(
        (other for other in own if not other.fact.startswith(f"{channel}.")), key=lambda x: x.after, default=None
    )
    name, _, own_channel = channel.partition(".")
    source = case.profile.inputs.get(name)
    scaled = source.channels.get(own_channel) if source else None
    return Erasure(
        name,
        one.fact,
        one.task,
        one.before,
        one.after,
        one.recordings,
        source.scaling if source else None,
        scaled is not None and scaled.offset is not None and scaled.scale is not None,
        max((other.before for other in own if other.fact in {f"{channel}.{rival}" for rival in rivals}), default=0.0),
        told.fact if told is not None and told.after >= one.before - MARGIN else None,
        next((each.value for each in progress_of(case) if each.task == one.task), None),
    )


def erased(one: Erasure, words: Wording) -> Finding:
    """The finding of an association that is lost: a note where something else carries it, or the task is learned."""
    counter = []
    if one.elsewhere is not None:
        counter.append(Fact("told as well by", one.elsewhere, source="association after scaling"))
    if one.skill is not None and one.skill >= LEARNED:
        counter.append(Fact("skill", one.skill, threshold=LEARNED, source="the task gets what it needs"))
    key = f"data.scaling.{one.input}"
    return Finding(
        severity="note" if counter else "warning",
        what=f"{one.fact} goes with {one.task} at {one.before:.2f} and at {one.after:.2f} after scaling"
        f" ({one.scaling or 'not declared'}): the {words.lost} that tells it is removed",
        scope=Scope(task=one.task, channel=one.fact, key=key),
        evidence=(
            Fact("association before scaling", one.before, one.interval, MEDIUM, f"{one.recordings} recordings"),
            Fact("association after scaling", one.after, threshold=one.bound),
        ),
        counter_evidence=tuple(counter),
        alternatives=(Alternative("shortcut", words.probe),),
        fixes=(
            Fix(
                f"scale {one.input} by the training set, which keeps {words.lost}s",
                {key: "standard"} if one.scaling in (None, "per_recording") else {},
                f"association of {one.fact} with {one.task} after scaling near {one.before:.2f}",
                risk=words.risk,
            ),
        ),
    )
