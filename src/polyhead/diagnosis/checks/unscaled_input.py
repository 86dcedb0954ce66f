"""Inputs that reach the network in raw units.

What it finds
    An input declared as not scaled whose channels are far from zero mean and unit spread, or far from each other.

Why it matters
    First layers start with weights of one size for all channels. A channel a thousand times larger than the others
    drowns them until the weights have grown apart, and a large offset turns every gradient of a first layer into the
    same direction.

Evidence
    Of each channel of the training split, its standard deviation and the ratio of its mean to that; over channels of
    one input the ratio of the largest to the smallest standard deviation. Only where the scaling is `none`.

Remedy
    Scaling by statistics of the training windows.

When it can be wrong
    Numbers that were scaled before they were read, or whose sizes mean something (counts, one-hot codes), are right as
    they are; a network that normalises its input itself does not mind. So this is a note unless the numbers are extreme
    and a task fails as well: tools that alarm at |x| > 1 do so on every healthy image run.

Example
    Pressure of 101325 Pa with a standard deviation of 500 beside a strain of 2e-4 with one of 1e-4: the mean is 203
    standard deviations away from zero, and the two spreads differ by a factor of 5e6.

References
    LeCun, Bottou, Orr and Mueller, Efficient BackProp, 1998, section 4.3: means near zero and equal covariances speed
    up convergence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of

ODD_SCALE = 100.0
"""A spread beyond 100 or below 1/100, or that ratio between channels: first layers are set up for 1."""
ODD_OFFSET = 10.0
EXTREME_OFFSET = 100.0
"""Standard deviations between the mean and zero: odd, and so many that float32 loses two of its seven digits to it."""
EXTREME_RATIO = 1e4
"""Spreads so far apart that the smaller channel is invisible to the first steps."""
HALF = 0.5
"""A task that came less than half of the way from its floor to perfect may have been harmed."""


@dataclass(frozen=True)
class Scales:
    """An input in raw units: its least and largest spread with their channels, the largest |mean| / sd with its
    channel, and the worst task's skill."""

    name: str
    least: tuple[str, float]
    largest: tuple[str, float]
    offset: tuple[str, float]
    worst: str | None
    skill: float | None

    @property
    def ratio(self) -> float:
        return self.largest[1] / self.least[1]


def measure(case: Case) -> Iterator[Scales]:
    """Inputs declared as not scaled; channels that do not vary are left out."""
    inputs = case.profile.inputs if case.profile else {}
    if not inputs:
        raise NotCheckedError("no ranges of inputs")
    worst = next(iter(progress_of(case)), None)
    for name, one in inputs.items():
        ranges = {channel: each.splits["train"] for channel, each in one.channels.items() if "train" in each.splits}
        sds = {channel: each.sd for channel, each in ranges.items() if each.sd}
        if one.scaling != "none" or not sds:
            continue
        offsets = {channel: abs(ranges[channel].mean or 0.0) / sd for channel, sd in sds.items()}
        yield Scales(
            name,
            min(sds.items(), key=lambda item: item[1]),
            max(sds.items(), key=lambda item: item[1]),
            max(offsets.items(), key=lambda item: item[1]),
            worst.task if worst else None,
            worst.value if worst else None,
        )


def judge(scales: Scales) -> Finding | None:
    """A note for odd numbers; a warning for extreme ones where a task fails as well."""
    low, high = scales.least[1], scales.largest[1]
    odd = high > ODD_SCALE or low < 1 / ODD_SCALE or scales.ratio > ODD_SCALE or scales.offset[1] > ODD_OFFSET
    if not odd:
        return None
    extreme = scales.offset[1] > EXTREME_OFFSET or scales.ratio > EXTREME_RATIO
    harm = scales.skill is not None and scales.skill < HALF
    reached = Fact(f"skill of {scales.worst}, the worst task", scales.skill, threshold=HALF)
    return Finding(
        severity="warning" if extreme and harm else "note",
        what=f"input {scales.name} is not scaled: spreads from {low:.3g} ({scales.least[0]}) to {high:.3g}"
        f" ({scales.largest[0]}), a mean up to {scales.offset[1]:.3g} standard deviations from zero",
        scope=Scope(channel=scales.name, key=f"data.scaling.{scales.name}"),
        evidence=(
            Fact("largest over smallest spread", scales.ratio, threshold=EXTREME_RATIO, window="train"),
            Fact(f"|mean| / sd of {scales.offset[0]}", scales.offset[1], threshold=EXTREME_OFFSET, window="train"),
            *([reached] if harm else []),
        ),
        counter_evidence=(reached,) if scales.skill is not None and not harm else (),
        alternatives=(
            Alternative("learning-rate", "a tenth of the rate: a rate that is too high then trains, raw units do not"),
        ),
        fixes=(
            Fix(
                f"scale {scales.name} by its training windows",
                {f"data.scaling.{scales.name}": "standard"},
                "spreads of 1 and means of 0; losses fall from the first epochs on",
                risk="none where sizes mean nothing",
            ),
        ),
    )


CHECK = Check(
    id="unscaled-input",
    needs=("profile.inputs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "initial-loss",
        "learning-rate",
        "exploding-gradient",
        "vanishing-gradient",
        "dead-units",
        "rank-collapse",
        "orphan-head",
        "stalled-training",
        "constant-output",
        "probability-collapse",
        "loss-metric-divergence",
        "below-floor",
        "below-majority",
        "non-finite",
        "head-range",
    ),
)
