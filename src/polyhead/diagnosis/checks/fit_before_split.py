"""Scaling fitted on all windows instead of the training windows.

What it finds
    Inputs whose offset or scale is that of all windows together, those of validation and test among them.

Why it matters
    What is fitted before the split has seen the data it is judged on. The judged windows then come out centred,
    although new ones would not: the run hides how the network takes a shift between recordings, the more the fewer
    recordings there are.

Evidence
    The offset and scale in use, those of the training windows and those of all windows. They tell which is in use only
    where the two differ, so a channel counts where the one in use is ten times nearer to one than to the other.
    Of an input that comes without scaling: mean 0 and standard deviation 1, to rounding, over all windows together, of
    each channel or of all channels, while those of the training windows are not.

Remedy
    Split first, then fit every statistic on the training windows, as polyhead does unless a reader scales by itself.

When it can be wrong
    Constants that come from the physics or from a data sheet (a full scale, a known mean) are no fit, even where they
    lie near the mean of all windows. Inputs that were brought to [0, 1] ahead are not told from a physical range.

Example
    Train values 0, 2 have mean 1; with a validation value 7 all have mean 3. An offset of 3.0 is that of all windows,
    0 away from it and 2 from the training mean.

References
    Kapoor and Narayanan, Patterns 2023, leakage type 1.2 (pre-processing on training and test set); Yang and others,
    ASE 2022, "Data leakage in notebooks".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Fact, Finding, Fix, Scope
from polyhead.trace.profile import Channel

NEARER = 0.1
"""A statistic tells where it comes from if it is ten times nearer to one of the two than they are to each other."""
TOLD_APART = 1e-4
"""Of the scale: training and all windows that differ by less cannot be told apart in single precision over a set."""
ROUNDED = 1e-4
"""Mean and standard deviation of float32 data that were scaled to 0 and 1 come out nearer than this; of data whose own
are of order 1, both lie so near by chance once in some 1e8 cases."""
FELT = 0.01
"""Of the scale: a shift smaller than this is odd but far below the noise of any signal."""


@dataclass(frozen=True)
class Fitted:
    """Of one input: channels whose statistics tell training from all windows, how many of them are those of all, and
    the largest shift between the two in units of the training scale, with its channel."""

    input: str
    scaling: str
    told: int
    of_all: int
    shift: float
    channel: str


def measure(case: Case) -> Iterator[Fitted]:
    """Every input that is scaled by fitted numbers, or came so."""
    inputs = case.profile.inputs if case.profile else {}
    fitted = {name: one for name, one in inputs.items() if one.scaling in ("standard", "minmax")}
    came = [
        ahead for name, each in inputs.items() if each.scaling == "none" and (ahead := _came(case, name)) is not None
    ]
    yield from came
    if not fitted and not came:
        raise NotCheckedError("no input is scaled by fitted numbers")
    found = len(came)
    for name, one in fitted.items():
        told = {key: how for key, ch in one.channels.items() if (how := _told(ch, one.scaling)) is not None}
        if told:
            found += 1
            worst = max(told, key=lambda key: told[key][1])
            yield Fitted(name, one.scaling, len(told), sum(of for of, _ in told.values()), told[worst][1], worst)
    if not found:
        raise NotCheckedError("training windows have the statistics of all windows: nothing tells them apart")


def _came(case: Case, name: str) -> Fitted | None:
    """An input that over all windows, and not over training, has mean 0 and standard deviation 1; else None."""
    assert case.profile is not None
    windows, channels = case.profile.split.windows, case.profile.inputs[name].channels
    of_all = {key: _moments(one, windows, tuple(one.splits)) for key, one in channels.items()}
    train = {key: _moments(one, windows, ("train",)) for key, one in channels.items()}
    if not of_all or any(one is None for one in (*of_all.values(), *train.values())):
        return None
    everyone, own = (np.array(list(one.values())) for one in (of_all, train))  # (channel, mean and mean square)
    if not _unit(everyone).all():
        everyone, own = everyone.mean(axis=0, keepdims=True), own.mean(axis=0, keepdims=True)
    shift = np.maximum(np.abs(own[:, 0]), np.abs(own[:, 1] - own[:, 0] ** 2 - 1) / 2)  # sd - 1, to first order
    if not _unit(everyone).all() or shift.max() < ROUNDED / NEARER:
        return None
    at = int(shift.argmax())
    channel = list(channels)[at] if len(shift) == len(channels) else "all channels"
    return Fitted(name, "none", len(channels), len(channels), float(shift[at]), channel)


def _moments(channel: Channel, windows: Mapping[str, int], splits: Sequence[str]) -> tuple[float, float] | None:
    """Mean and mean square over some splits, each counted by its windows; None where one is not known."""
    parts = [(windows.get(split, 0), channel.splits[split]) for split in splits if split in channel.splits]
    known = [(count, one.mean, one.sd) for count, one in parts if one.mean is not None and one.sd is not None]
    total = sum(count for count, _, _ in known)
    if not total or len(known) < len(parts):
        return None
    square = sum(count * (sd**2 + mean**2) for count, mean, sd in known) / total
    return sum(count * mean for count, mean, _ in known) / total, square


def _unit(moments: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each (mean, mean square) is 0 and 1 to rounding."""
    return np.asarray((np.abs(moments[:, 0]) < ROUNDED) & (np.abs(moments[:, 1] - 1) < 2 * ROUNDED))


def _told(channel: Channel, scaling: str) -> tuple[bool, float] | None:
    """Whether the statistics in use are those of all windows, and the shift; None where they do not tell."""
    train = channel.splits.get("train")
    if train is None:
        return None
    offset, scale = train.mean, train.sd
    if scaling == "minmax":
        low, high = train.quantiles.get("0"), train.quantiles.get("1")
        offset, scale = low, None if low is None or high is None else high - low
    if not scale or offset is None:
        return None
    for used, own, everyone in (
        (channel.offset, offset, channel.offset_of_all),
        (channel.scale, scale, channel.scale_of_all),
    ):
        if used is None or everyone is None:
            continue
        gap = abs(everyone - own)
        if gap < TOLD_APART * scale:
            continue
        if abs(used - everyone) < NEARER * gap:
            return True, gap / scale
        if abs(used - own) < NEARER * gap:
            return False, gap / scale
    return None


def judge(fitted: Fitted) -> Finding | None:
    """A warning where every channel that tells was fitted on all windows; a note where the shift is not felt."""
    if not fitted.of_all or fitted.of_all < fitted.told:
        return None
    return Finding(
        severity="warning" if fitted.shift >= FELT else "note",
        what=f"{fitted.input} is scaled by numbers of all windows, validation and test included: {fitted.of_all} of"
        f" {fitted.told} channels, up to {fitted.shift:.2g} of the training scale ({fitted.channel})",
        scope=Scope(channel=fitted.input, key=f"data.scaling.{fitted.input}"),
        evidence=(
            Fact("channels scaled by all windows", fitted.of_all, source=f"of {fitted.told} that can tell"),
            Fact("shift", fitted.shift, threshold=FELT, source="units of the training scale"),
        ),
        fixes=(
            Fix(
                "split first and fit the scaling on training windows",
                {},
                "offset and scale equal those of the training windows",
                risk="no key does it: a reader or a cache that scales by itself must stop doing so",
            ),
        ),
    )


CHECK = Check(
    id="fit-before-split",
    needs=("profile.inputs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
