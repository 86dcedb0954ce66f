"""Time stamps that stand still at the end of windows.

What it finds
    Windows whose last samples repeat one time stamp: padding that is read as if it were signal.

Why it matters
    A short sequence that is filled up by repeating its last value gets a stretch in which time stands still and nothing
    moves. The network reads it as signal, its mean over time depends on how much was filled, and rates divide by a step
    of zero.

Evidence
    The share of windows that end in at least three equal time stamps, and the share of such a window that does.

Remedy
    Say how many samples are real (data.lengths), so that the rest is never read; or interpolate on a grid of the
    window's own; or leave short recordings out.

When it can be wrong
    A clock that is coarser than the sampling repeats stamps everywhere, at the end too. It is told apart by a median
    step of 0 with short runs of equal stamps, and noted.

Example
    A prefix of 30 s at 1 s holds 31 samples, filled up to 100 by the last: 69 further equal stamps, so that 70 of 100
    are the same. Such windows end in a tail of 0.70 of their length.

References
    The audit of a published pipeline: edge padding of time in its data generator (requirement A5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

SHARE = 0.01
"""Share of windows from which it is no single glitch of a clock."""
WINDOWS = 5
"""Fewer windows than this are noted only."""
LENGTH = 0.05
"""Share of a window: a mean over time moves by as much."""
RUN = 0.5
"""A clock of coarse ticks repeats a stamp for less than half of a window; padding that makes the median step 0 fills
more."""


@dataclass(frozen=True)
class Tail:
    """Windows that end in equal time stamps: how many, their share, the share of such a window; the median time step
    of all windows; whether windows are cut here from longer recordings."""

    windows: int
    share: float
    length: float
    zero: float
    typical: float | None
    cut: bool


def measure(case: Case) -> Iterator[Tail]:
    """The end of the windows' clocks."""
    profile = case.profile
    if profile is None or profile.time is None:
        raise NotCheckedError("no clock is known")
    time = profile.time
    count = round(time.tail * profile.windows.total)
    cut = case.config is not None and case.config.data.window is not None
    yield Tail(count, time.tail, time.tail_length, time.zero, time.steps.get("0.5"), cut)


def judge(tail: Tail) -> Finding | None:
    """A warning for padding that is read; a note for few windows, short tails or a coarse clock."""
    if not tail.windows:
        return None
    coarse = tail.typical == 0 and tail.length < RUN
    harmless = coarse or tail.share < SHARE or tail.windows < WINDOWS or tail.length < LENGTH
    because = ", as of a clock that is coarser than the sampling" if coarse else ""
    return Finding(
        severity="note" if harmless else "warning",
        what=f"{100 * tail.share:.3g} % of the windows end in equal time stamps, {100 * tail.length:.3g} % of such a"
        f" window{because}",
        scope=Scope(key="data.time"),
        evidence=(
            Fact("windows that end in equal stamps, share", tail.share, threshold=SHARE, source="three or more"),
            Fact("share of such a window", tail.length, threshold=LENGTH),
            Fact("share of windows with a step of 0", tail.zero),
        ),
        counter_evidence=(Fact("median time step", 0, source="the clock repeats stamps everywhere"),) if coarse else (),
        alternatives=(
            Alternative("missing-dt", "count equal stamps away from the end: padding has none there, a bad clock has"),
        ),
        fixes=(
            Fix("name the key that holds how many samples of each row are real as data.lengths", {}, "no such window"),
            Fix(
                "leave the filling to polyhead, which masks it: deliver recordings at their own lengths",
                {"data.window.short": "mask"} if tail.cut else {},
                "no such window; short ones are masked at their front",
                risk="recordings that are filled up in the file stay so",
            ),
        ),
    )


CHECK = Check(
    id="padded-time",
    needs=("profile.time",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "overfitting"),
)
