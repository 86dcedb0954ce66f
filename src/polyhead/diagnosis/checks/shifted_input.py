"""Inputs that are distributed otherwise where the network is judged.

What it finds
    Channels whose mean or spread in validation or test differs from training by more than recordings differ from each
    other by chance.

Why it matters
    What a network learned holds where the inputs look like those it learned from. A shift that nobody asked for, by
    another resampling, another unit or another instrument, moves scores for a reason that has nothing to do with the
    task.

Evidence
    Of each channel the difference of the means in standard deviations of training, and the ratio of the standard
    deviations, with simultaneous 99 % intervals over recordings, the independent units: the spread of recording means
    where it is known, else that of all samples. A spread counts by as much as the range of the middle 90 % of the
    samples changed with it: a few extreme values carry a standard deviation, and come in one split by chance. Most of
    the variance of a time step lies between recordings, and it may take a few values only: the spread of such a channel
    counts where the means of recordings are drawn otherwise too, by the shares below any value.

    Harm is what a task's skill falls by from the other of validation and test, where their 95 % intervals do not meet.

Remedy
    Find what differs: reader, resampling, unit, instrument. Spread it over the splits by stratify, or train on both
    sides.

When it can be wrong
    A split that keeps machines, people or files whole, or holds out a load or the future, shifts by design: the finding
    is then a note, and says what the scores are worth, unless the split lies where fewer than one recording in twenty
    of training does and skill falls with it. A shift that tasks do not mind is a note too. Inputs that are scaled by
    recording bring no level to the network and are left out. A shift of extreme values alone is not seen. Skill may
    fall for another reason at the same time.

Example
    Training: mean 0, sd 1 over 45 recordings whose means scatter by 0.2. Test: mean 0.8 over 10 recordings. The
    difference is 0.8 sd, its standard error 0.2 x sqrt(1/45 + 1/10) = 0.070; with four intervals at once the factor is
    3.02, the interval 0.59 to 1.01. Recordings scatter by 0.2, so the split lies 4 times that away. With skill 0.90 in
    validation (0.86 to 0.94) and 0.30 in test (0.20 to 0.40) it is an error: 0.60 was lost.

References
    Cohen 1988: 0.5 standard deviations are a medium effect. Rabanser, Guennemann and Lipton, NeurIPS 2019, on detecting
    shift; tools that judge by p-value alone alarm as soon as there are many samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.metric import Score
from polyhead.trace.profile import ChannelRange, Recordings

MEDIUM = 0.5
"""Standard deviations between the means: a medium effect (Cohen)."""
TWICE = 2.0
"""Ratio of the standard deviations, either way."""
CHANCE = 0.01
"""Probability that any of a run's intervals misses its value."""
RECORDINGS = 5
"""Fewer independent units in a split tell nothing about what it is drawn from."""
HALF = 0.5
"""A task that came less than half of the way from its floor to perfect may have been harmed; one that lost so much of
it against the other split was."""
FAR = 2.0
"""Times the scatter of recordings: beyond what all but one in twenty of them do."""
BETWEEN = 0.5
"""Share of a channel's variance between recordings from which it is they that its spread tells about."""
OTHER = {"val": "test", "test": "val"}
DESIGN = ("time", "column", "hold_out", "leave-one", "folds")


@dataclass(frozen=True)
class Moved:
    """One channel: difference of the means in standard deviations of training, logarithm of the ratio of standard
    deviations, the standard errors of both, and how both scatter over recordings, None where that is not known."""

    channel: str
    mean: float
    mean_error: float
    spread: float
    spread_error: float
    mean_scatter: float | None
    spread_scatter: float | None


@dataclass(frozen=True)
class Fall:
    """The skill that `task` loses for certain from split `other`: `before` and `after` with their intervals."""

    task: str
    other: str
    before: float
    after: float
    before_interval: tuple[float, float]
    after_interval: tuple[float, float]


@dataclass(frozen=True)
class Shift:
    """The channels of one input in one split, against training. `intervals` are looked at in the whole run; `design`
    is the way of splitting that asks for a shift, `skill` that of the worst task on the split, `fall` the deepest from
    the other of validation and test, `compared` whether there is one to compare with."""

    input: str
    split: str
    channels: tuple[Moved, ...]
    recordings: tuple[int, int]
    intervals: int
    design: str | None
    skill: float | None
    fall: Fall | None
    compared: bool


def measure(case: Case) -> Iterator[Shift]:
    """Every input and every split but training."""
    profile = case.profile
    if profile is None or not profile.inputs:
        raise NotCheckedError("no ranges of inputs")
    counted = profile.split.recordings
    found = []
    for name, one in profile.inputs.items():
        if one.scaling == "per_recording":
            continue  # level and spread of a recording do not reach the network
        for split in ("val", "test"):
            n = counted.get("train", 0), counted.get(split, 0)
            rows = [
                moved
                for channel, each in one.channels.items()
                if split in each.splits and "train" in each.splits and min(n) > 0
                if one.timed or _apart(each.splits["train"], each.splits[split], n)
                if (moved := _moved(channel, f"{name}.{channel}", each.splits, split, n, profile.recordings))
            ]
            if rows:
                falls = list(_falls(case, split))
                fall = max((one for one in falls if one), key=lambda one: one.before - one.after, default=None)
                skill = _skill(case, split)
                found.append(Shift(name, split, tuple(rows), n, 0, _design(case), skill, fall, bool(falls)))
    if not found:
        raise NotCheckedError("no input in two splits whose level reaches the network")
    total = 2 * sum(len(shift.channels) for shift in found)
    yield from (replace(shift, intervals=total) for shift in found)


def _apart(was: ChannelRange, now: ChannelRange, n: tuple[int, int]) -> bool:
    """Whether numbers, one for each recording, are drawn otherwise in a split: Smirnov's bound on the difference of the
    shares below any value, as far as quantiles tell it. Settings of a few values have no normal spread."""
    if not was.quantiles or not now.quantiles:
        return True
    values = [*was.quantiles.values(), *now.quantiles.values()]
    return max(abs(_below(was, value) - _below(now, value)) for value in values) > _smirnov(*n)


def _smirnov(n: int, m: int) -> float:
    """What the shares of n and of m values below any number differ by at most, but for CHANCE."""
    return sqrt(-log(CHANCE / 2) / 2 * (1 / n + 1 / m))


def _below(one: ChannelRange, value: float) -> float:
    """Share of samples up to a value."""
    return max((float(key) for key, at in one.quantiles.items() if at <= value), default=0.0)


def _moved(
    channel: str,
    fact: str,
    splits: Mapping[str, ChannelRange],
    split: str,
    n: tuple[int, int],
    table: Recordings | None,
) -> Moved | None:
    """None where a moment is not known or the channel varies nowhere."""
    was, now = splits["train"], splits[split]
    if was.mean is None or now.mean is None or was.sd is None or now.sd is None or not (was.sd or now.sd):
        return None
    units = sqrt(1 / n[0] + 1 / n[1])
    sd = was.sd or now.sd
    means = _scatter(table, f"{fact}.mean", split)
    louds = _scatter(table, f"{fact}.rms", split, logarithm=True)
    spread = _least(log(now.sd / was.sd) if now.sd and was.sd else (inf if now.sd else -inf), _middle(was, now))
    if louds is not None and louds > 1 / sqrt(2):  # else the loudest recordings are all that a common spread tells
        spread = _least(spread, _louder(table, f"{fact}.rms", split))
    if means is not None and means**2 > BETWEEN * sd**2 and not _drawn_apart(table, f"{fact}.mean", split):
        spread = 0.0
    # The logarithm of a standard deviation of n normal values scatters by 1/sqrt(2 n).
    return Moved(
        channel,
        (now.mean - was.mean) / sd,
        (sd if means is None else means) / sd * units,
        spread,
        max(1 / sqrt(2), louds or 0.0) * units,
        None if means is None else means / sd,
        louds,
    )


def _middle(was: ChannelRange, now: ChannelRange) -> float | None:
    """Logarithm of the ratio of the ranges from the 5 % to the 95 % quantile; None where they are not known."""
    ends = [(one.quantiles.get("0.05"), one.quantiles.get("0.95")) for one in (was, now)]
    before, after = (None if low is None or high is None else high - low for low, high in ends)
    if before is None or after is None:
        return None
    if not before or not after:
        return 0.0 if before == after else inf if after else -inf
    return log(after / before)


def _least(spread: float, middle: float | None) -> float:
    """The change that both show, 0 where they point either way."""
    if middle is None:
        return spread
    return 0.0 if spread * middle <= 0 else min(spread, middle, key=abs)


def _drawn_apart(table: Recordings | None, fact: str, split: str) -> bool:
    """Whether a fact of recordings is drawn otherwise in a split, beyond Smirnov's bound."""
    was, now = (np.sort(_values(table, fact, name, logarithm=False)) for name in ("train", split))
    at = np.concatenate([was, now])
    shares = [np.searchsorted(one, at, side="right") / len(one) for one in (was, now)]
    return float(np.abs(shares[0] - shares[1]).max()) > _smirnov(len(was), len(now))


def _louder(table: Recordings | None, fact: str, split: str) -> float | None:
    """Mean logarithm of a fact over recordings of the split, less that of training."""
    logs = [_values(table, fact, name, logarithm=True) for name in (split, "train")]
    return float(logs[0].mean() - logs[1].mean()) if min(map(len, logs)) else None


def _values(table: Recordings | None, fact: str, split: str, *, logarithm: bool) -> NDArray[np.float64]:
    """A fact of the recordings of a split, those where it is known, and above 0 where its logarithm is taken."""
    if table is None or fact not in table.facts:
        return np.zeros(0)
    own = [v for v, at in zip(table.facts[fact], table.split, strict=True) if at == split and v is not None]
    return np.log([v for v in own if v > 0]) if logarithm else np.array(own, dtype=float)


def _scatter(table: Recordings | None, fact: str, split: str, logarithm: bool = False) -> float | None:
    """Standard deviation of a fact over recordings of training and of the split, each about its own mean."""
    rest, free = 0.0, 0
    for name in ("train", split):
        values = _values(table, fact, name, logarithm=logarithm)
        if len(values) < 2:
            return None
        rest, free = rest + float(((values - values.mean()) ** 2).sum()), free + len(values) - 1
    return sqrt(rest / free)


def _design(case: Case) -> str | None:
    """The way of splitting, where it holds something out on purpose."""
    if case.config is not None:
        split = case.config.data.split
        ways = {"hold_out": split.hold_out, "column": split.column, f"folds: {split.folds}": split.left_out}
        kept = None if split.by in ("group", "window") else f"by: {split.by}"
        return next((way for way, used in ways.items() if used), kept)
    by = case.profile.split.by if case.profile else ""
    return by if by.startswith(DESIGN) else None


def _skill(case: Case, split: str) -> float | None:
    scores = (case.score(task, split) for task in case.tasks)
    return min((one[1].skill for one in scores if one is not None and one[1].skill is not None), default=None)


def _falls(case: Case, split: str) -> Iterator[Fall | None]:
    """For each task with intervals on both of validation and test what it loses on `split`; None where that may be
    nothing."""
    other = OTHER[split]
    for task in case.tasks:
        there, here = case.score(task, other), case.score(task, split)
        if there is None or here is None:
            continue
        was, now = _skills(there[1]), _skills(here[1])
        if was is None or now is None:
            continue
        lost = now[2] < was[1]
        yield Fall(task, other, was[0], now[0], was[1:], now[1:]) if lost else None


def _skills(score: Score) -> tuple[float, float, float] | None:
    """Skill and its interval, as a score's own interval gives it."""
    floor, best, ends = score.floor, score.best, score.interval
    if score.skill is None or floor is None or best is None or ends is None or floor == best:
        return None
    low, high = sorted((end - floor) / (best - floor) for end in ends)
    return score.skill, low, high


def judge(shift: Shift) -> Finding | None:
    """A warning where a channel moved by a medium effect or more, beyond chance, and no task is known to do as well
    without; a note by design or without harm; an error where half of a task's skill is lost with it."""
    if min(shift.recordings) < RECORDINGS:
        return None
    factor = NormalDist().inv_cdf(1 - CHANCE / shift.intervals / 2)
    means = [one for one in shift.channels if abs(one.mean) > max(MEDIUM, factor * one.mean_error)]
    spreads = [one for one in shift.channels if abs(one.spread) > max(log(TWICE), factor * one.spread_error)]
    if not means and not spreads:
        return None
    facts, said = [], []
    if means:
        top = max(means, key=lambda one: abs(one.mean))
        half = factor * top.mean_error
        facts.append(
            Fact(f"mean of {top.channel}, sd of training", top.mean, (top.mean - half, top.mean + half), MEDIUM)
        )
        said.append(f"the mean of {top.channel} lies {top.mean:+.2f} standard deviations from training")
    if spreads:
        top = max(spreads, key=lambda one: abs(one.spread))
        ratio, half = np.exp(top.spread), factor * top.spread_error
        ends = float(np.exp(top.spread - half)), float(np.exp(top.spread + half))
        facts.append(Fact(f"spread of {top.channel} over that of training", float(ratio), ends, TWICE))
        said.append(f"the spread of {top.channel} is {ratio:.3g} times that of training")
    far = any(one.mean_scatter is not None and abs(one.mean) >= FAR * one.mean_scatter for one in means)
    far = far or any(one.spread_scatter is not None and abs(one.spread) >= FAR * one.spread_scatter for one in spreads)
    fall = shift.fall if far or not shift.design else None
    learned = fall is None and shift.skill is not None and (shift.compared or shift.skill >= HALF)
    counter = [Fact("split", shift.design, source="shifts by design")] if shift.design else []
    if learned and shift.skill is not None:
        half = shift.skill >= HALF
        source = "" if half else f"not surely less than on {OTHER[shift.split]}"
        counter.append(Fact(f"least skill on {shift.split}", shift.skill, None, HALF if half else None, source))
    if fall is not None:
        facts += [
            Fact(f"skill of {fall.task}, {shift.split}", fall.after, fall.after_interval, fall.before_interval[0]),
            Fact(f"skill of {fall.task}, {fall.other}", fall.before, fall.before_interval),
        ]
        said.append(f"the skill of {fall.task} falls from {fall.before:.2f} in {fall.other} to {fall.after:.2f}")
    moved = len({one.channel for one in (*means, *spreads)})
    lost = fall is not None and far and fall.before - fall.after >= HALF
    return Finding(
        severity="error" if lost else "warning" if fall is not None else "note" if counter else "warning",
        what=f"{shift.split}, input {shift.input}: {_listed(said)}; {moved} of {len(shift.channels)} channels",
        scope=Scope(split=shift.split, channel=shift.input, key="data.split"),
        evidence=(*facts, Fact("recordings", f"{shift.recordings[0]} and {shift.recordings[1]}")),
        counter_evidence=tuple(counter),
        alternatives=(
            Alternative("feature-drift", "statistics over epochs: a channel that drifts does so within a split too"),
        ),
        fixes=(
            Fix("spread what differs over the splits: name its column in data.split.stratify", {}, "no such finding"),
            Fix(
                "train with other gains, so that loudness tells less",
                {"data.augment.gain_db": 6.0} if spreads else {},
                f"scores on {shift.split} rise towards those of training",
                risk="amplitude no longer tells: wrong where it carries the answer",
            ),
        ),
    )


def _listed(said: list[str]) -> str:
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


CHECK = Check(
    id="shifted-input",
    needs=("profile.inputs", "profile.split"),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "below-floor",
        "below-majority",
        "constant-output",
        "degenerate-r2",
        "inverted-score",
        "probability-collapse",
    ),
)
