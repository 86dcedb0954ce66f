"""Input channels that drift, saturate or die.

What it finds
    A channel whose mean moves over the epochs by more than its own spread, whose spread vanishes, that is stuck at a
    limit in one split more than in another, or that moves in one split and stands still in another.

Why it matters
    Every epoch feeds the same windows. Statistics that wander over epochs mean that the pipeline changes the data while
    it trains (running statistics, an augmentation that adds up, a cache written over), so that the network chases a
    moving target. A channel that is clipped or dead brings nothing, and brings it only where it is dead.

Evidence
    Of each channel and phase, medians of the first and last fifth of the epochs: the difference of the means in
    standard deviations and in units of its scatter from epoch to epoch, and the ratio of the spreads. With a data
    profile also the share of samples at the least and largest value, and of windows that do not move, by split.

    How often a sensor saturates follows what it measures, and so differs between splits; a quantity that has a limit by
    definition, a share say, lies there alike in all of them. A channel that is clipped at 0 has values next to it; a 0
    that stands apart from all others is a sensor at rest.

Remedy
    Freeze the statistics; look at raw windows of the first and last epoch; widen the sensor's range or mask what is
    clipped; leave a dead channel out.

When it can be wrong
    An augmentation that grows by schedule moves statistics on purpose. A channel that has a physical limit, such as a
    valve that is open, sits at it rightly: a channel at a limit is a note unless a task fails. A sensor that saturates
    as often in every split is taken for such a channel.

Example
    12 features of a published run stay at mean 0.015, sd 0.634 over 100 epochs: a drift of 0. A mean that goes from
    0.015 to 0.7 in the last fifth has moved by (0.7 - 0.015) / 0.634 = 1.08 of its own spread.

References
    Breck and others, SysML 2019: data validation for machine learning, on drift between batches of training data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import jitter
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of
from polyhead.trace.profile import ChannelRange

EPOCHS = 10
"""Fewer epochs leave fifths of one."""
DRIFT = 1.0
"""Standard deviations of the channel: the typical window is then what was an outlier."""
NOISE = 4.0
"""Times the scatter from epoch to epoch; random batches and augmentations stay below."""
VANISHED = 0.1
"""Share of the spread that is left of a channel that died."""
CLIPPED = 0.01
"""Share of samples at one limit of a channel that is continuous otherwise."""
ALIKE = 3.0
"""Times the least share of another split up to which shares at a limit are alike. If the shares of single windows
scatter as much as their mean (exponentially), those of two splits of 10 windows differ by more once in 100 times, of 30
windows once in 50 000 (F distribution with 20 and 60 degrees of freedom on either side)."""
BESIDE = 0.1
"""Samples for each unit of the channel next to a limit of 0, against those further in. A normal tail that is cut so
that 1 to 30 % of it lie at the limit has 0.2 or more, a value of its own next to none. Other limits are not asked:
between bursts that saturate and the quiet there is next to nothing either."""
BETWEEN = 3
"""Quantiles between its limits, all different, that show a channel to be continuous, however much of it is clipped."""
STILL = 0.9
"""Share of windows without movement of a dead channel, against half of it elsewhere."""
HALF, LEARNED = 0.5, 0.8
"""Skill of the worst task below which it may be harmed, above which it plainly is not."""


@dataclass(frozen=True)
class Drift:
    """A channel over epochs: `moved` in standard deviations, `scatter` in times its noise, `spread` late over early."""

    phase: str
    channel: str
    epochs: tuple[int, int]
    moved: float
    scatter: float
    spread: float
    skill: float | None


@dataclass(frozen=True)
class Limits:
    """A timed channel over splits: largest share at one limit with its split, the least that another split has there
    (None without another), and windows without movement by split. `continuous` says that it takes many values between
    its limits, `beside` how dense they are next to a limit of 0 against further in, None for other limits."""

    channel: str
    clipped: float
    least: float | None
    split: str
    continuous: bool
    beside: float | None
    still: Mapping[str, float]
    skill: float | None


def measure(case: Case) -> Iterator[Drift | Limits]:
    """Every channel with statistics over epochs, and every timed channel of the profile."""
    worst = next(iter(progress_of(case)), None)
    skill = worst.value if worst else None
    drifts = [one for key, table in (case.features or {}).items() if (one := _drift(key, table, skill)) is not None]
    inputs = case.profile.inputs if case.profile else {}
    limits = [
        _limits(f"{name}.{channel}", each.splits, skill)
        for name, one in inputs.items()
        if one.timed and one.scaling != "seconds"  # time begins at 0 in every window
        for channel, each in one.channels.items()
    ]
    if not drifts and not limits:
        raise NotCheckedError(f"fewer than {EPOCHS} epochs with mean and spread of inputs")
    yield from drifts
    yield from limits


def _drift(key: tuple[str, str], table: Columns, skill: float | None) -> Drift | None:
    mean, sd = table.get("mean"), table.get("std")
    if mean is None or sd is None:
        return None
    good = np.isfinite(mean) & np.isfinite(sd)
    mean, sd, epoch = mean[good], sd[good], table["epoch"][good]
    if len(mean) < EPOCHS:
        return None
    width = len(mean) // 5
    early, late = float(np.median(mean[:width])), float(np.median(mean[-width:]))
    own, left = float(np.median(sd[:width])), float(np.median(sd[-width:]))
    if own <= 0:
        return None
    step = late - early
    return Drift(
        *key, (int(epoch[0]), int(epoch[-1])), step / own, abs(step) / (jitter(mean) or 1e-300), left / own, skill
    )


def _limits(channel: str, splits: Mapping[str, ChannelRange], skill: float | None) -> Limits:
    ends = {split: max(one.at_min, one.at_max) for split, one in splits.items()}
    split = max(ends, key=lambda name: ends[name], default="")
    upper = bool(split) and splits[split].at_max > splits[split].at_min
    others = [one.at_max if upper else one.at_min for name, one in splits.items() if name != split]
    continuous = bool(split) and _continuous(splits[split])
    beside = _beside(splits[split]) if split else None
    still = {name: one.still for name, one in splits.items()}
    return Limits(channel, ends.get(split, 0.0), min(others, default=None), split, continuous, beside, still, skill)


def _continuous(one: ChannelRange) -> bool:
    """Whether the middle of a channel takes many values, or what lies between its limits does where the limit that
    holds most is not 0: 0 is where nothing is measured, and may be most of a channel."""
    told = [*one.quantiles.values()]
    middle = [one.quantiles.get(key) for key in ("0.05", "0.25", "0.5", "0.75", "0.95")]
    if None not in middle and len(set(middle)) == len(middle):
        return True
    between = [value for value in told if told[0] < value < told[-1]]
    limit = one.quantiles.get("0" if one.at_min >= one.at_max else "1")
    return limit != 0 and len(set(between)) == len(between) >= BETWEEN


def _beside(one: ChannelRange) -> float | None:
    """Density between a limit of 0 and the next known quantile, over that from there to the one after."""
    upper, share = one.at_max > one.at_min, max(one.at_max, one.at_min)
    known = ((float(key), value) for key, value in one.quantiles.items() if value is not None)
    inward = sorted((1 - at if upper else at, value) for at, value in known)
    further = [(at, value) for at, value in inward if at > share]
    if len(further) < 2 or inward[0][0] > 0:
        return None
    limit, (first, near), (second, far) = inward[0][1], *further[:2]
    if limit != 0 or near == limit or far == near:
        return None
    return (first - share) / abs(near - limit) * abs(far - near) / (second - first)


def judge(evidence: Drift | Limits) -> Finding | None:
    """A warning for a drift beyond the channel's own spread or a channel dead in one split; clipping is a note unless a
    task fails."""
    return _judge_drift(evidence) if isinstance(evidence, Drift) else _judge_limits(evidence)


def _judge_drift(drift: Drift) -> Finding | None:
    moved = abs(drift.moved) >= DRIFT and drift.scatter >= NOISE
    died = drift.spread < VANISHED
    if not moved and not died:
        return None
    harmless = drift.skill is not None and drift.skill >= LEARNED
    what = (
        f"its mean moves by {drift.moved:+.2f} of its own standard deviations"
        if moved
        else f"its spread falls to {drift.spread:.2g} of what it was"
    )
    return Finding(
        severity="note" if harmless else "warning",
        what=f"{drift.channel} ({drift.phase}) changes over epochs {drift.epochs[0]} to {drift.epochs[1]}: {what}",
        scope=Scope(split=drift.phase, channel=drift.channel, epochs=drift.epochs, key="data"),
        evidence=(
            Fact("drift of the mean, standard deviations", drift.moved, None, DRIFT, "last fifth against first"),
            Fact("drift over scatter from epoch to epoch", drift.scatter, None, NOISE),
            Fact("spread, late over early", drift.spread, None, VANISHED),
        ),
        counter_evidence=(Fact("least skill of a task", drift.skill, threshold=LEARNED),) if harmless else (),
        alternatives=(Alternative("shifted-input", "compare splits at one epoch: a shift is there from the first on"),),
        fixes=(
            Fix(
                "train without augmentation and see whether the statistics stand still",
                {"data.augment": None},
                f"drift of {drift.channel} below {DRIFT:g}",
                risk="less variety to learn from",
            ),
            Fix("freeze statistics of the pipeline before training", {}, f"drift of {drift.channel} 0"),
        ),
    )


def _judge_limits(limits: Limits) -> Finding | None:
    stuck = [split for split, share in limits.still.items() if share >= STILL]
    moving = [split for split, share in limits.still.items() if share <= STILL / 2]
    apart = limits.beside is not None and limits.beside < BESIDE
    alike = limits.least is not None and limits.clipped <= ALIKE * limits.least
    clipped = limits.continuous and limits.clipped >= CLIPPED and not apart and not alike
    facts, said = [], []
    if stuck and moving:
        said.append(
            f"stands still in {limits.still[stuck[0]]:.0%} of the windows of {stuck[0]} and moves in {moving[0]}"
        )
        facts.append(Fact(f"windows without movement, {stuck[0]}", limits.still[stuck[0]], None, STILL))
        facts.append(Fact(f"windows without movement, {moving[0]}", limits.still[moving[0]]))
    if clipped:
        said.append(
            f"lies at one limit in {limits.clipped:.1%} of the samples of {limits.split}"
            + ("" if limits.least is None else f", elsewhere in down to {limits.least:.1%}")
        )
        facts.append(Fact("share of samples at one limit", limits.clipped, None, CLIPPED, window=limits.split))
        if limits.least is not None:
            facts.append(Fact("least share of another split", limits.least, None, limits.clipped / ALIKE))
    if not said:
        return None
    harm = limits.skill is not None and limits.skill < HALF
    unharmed = limits.skill is not None and limits.skill >= LEARNED
    serious = (stuck and moving and not unharmed) or harm
    reached = Fact("least skill of a task", limits.skill, threshold=LEARNED)
    return Finding(
        severity="warning" if serious else "note",
        what=f"{limits.channel} {' and '.join(said)}",
        scope=Scope(split=stuck[0] if stuck and moving else limits.split, channel=limits.channel, key="data.inputs"),
        evidence=tuple(facts),
        counter_evidence=(reached,) if unharmed else (),
        alternatives=(Alternative("padded-time", "look where samples repeat: at the end of windows, or at peaks"),),
        fixes=(
            Fix("leave the channel out, or mask samples at the limit", {}, "no such finding"),
            Fix("record with a wider range", {}, "share of samples at one limit near 0"),
        ),
    )


CHECK = Check(
    id="feature-drift",
    needs=("features|profile.inputs",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "below-majority", "overfitting"),
)
