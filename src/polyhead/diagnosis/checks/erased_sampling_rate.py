"""A sampling rate that scaling of time has erased.

What it finds
    Recordings of different time steps, time as an input of the network, and a scaling of it after which every window
    has the same step.

Why it matters
    Time is fed so that the network can tell fast sampling from slow. A scaling of each sequence by its own mean and
    standard deviation maps every regular grid onto the same numbers, so that 0.3 s and 10 s between samples look alike:
    a rate of change can no longer be computed from what the network gets.

Evidence
    The ratio of the 95 % to the 5 % quantile of the windows' median time step, in seconds and as the network gets it.
    What is left is the ratio of their logarithms: 1 where nothing is lost, 0 where all steps have become equal. It is
    computed, whatever the scaling is called.

Remedy
    Time in seconds, or one affine scaling for all recordings, which keeps every ratio of time steps.

When it can be wrong
    Where the sampling rate reaches the network by another input under a name that does not say so; one that is called
    dt or rate_hz, or that reads the key of data.sampling_hz, is known and silences the check. Where the task has no use
    of absolute time (a phase, a shape).

Example
    Windows of 100 samples at 1 s and at 10 s. Raw steps are 1 and 10: ratio 10. One z-score for all, (t - mean) / s,
    gives steps 1/s and 10/s: ratio 10, nothing is lost, though an audit of a published pipeline called it the fault. A
    z-score per sequence divides by sd = step x sqrt((100^2 - 1) / 12) = 28.87 steps: both become 1/28.87 = 0.0346,
    ratio 1.0. That was the audit's remedy, and it is the fault.

References
    An affine map a t + b turns a step d into a d; with a = 1/sd of the sequence itself, and sd proportional to d, the
    step is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.erasure import FOLLOWS
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.sampling import rate_input

VARIES = 1.5
"""Steps that differ less than this are taken as one rate: jitter of clocks stays far below, two rates in use (a factor
of 2 or more) above."""
KEPT = 0.5
"""Least share of the logarithm of the spread that has to be left: half of a factor of 10 is a factor of 3."""


@dataclass(frozen=True)
class Rates:
    """Ratio of large to small time steps before and after scaling, of the input that carries time."""

    name: str
    scaling: str | None
    source: str
    before: float
    after: float
    given: str | None

    @property
    def kept(self) -> float:
        """Share of the spread that is left, on a logarithmic scale; 1 where there was none."""
        return float(np.log(self.after) / np.log(self.before)) if self.before > 1 else 1.0


def measure(case: Case) -> Iterator[Rates]:
    """Time steps in seconds and as the network gets them."""
    time = case.profile.time if case.profile else None
    if time is None or time.as_input is None:
        raise NotCheckedError("no input carries time")
    if time.spread_scaled is None or time.spread_scaled <= 0 or time.spread <= 0:
        raise NotCheckedError("the time steps that the network gets are not known")
    yield Rates(time.as_input, time.scaling, time.source, time.spread, time.spread_scaled, rate_input(case))


def judge(rates: Rates) -> Finding | None:
    """A warning where steps that differ have become alike."""
    if rates.before <= VARIES or rates.kept >= KEPT or rates.given is not None:
        return None
    key = f"data.scaling.{rates.name}"
    fixes = [
        Fix(
            f"scale {rates.name} alike for all recordings",
            {key: "standard"},
            f"large over small time steps of what the network gets is {rates.before:.3g} again",
            risk="the network has to learn what time is for: give it windows of every rate",
        )
    ]
    if rates.source == "data.time":
        fixes.insert(
            0,
            Fix(
                "give time in seconds, with the step between samples beside it",
                {"data.scaling.time": "seconds"},
                f"large over small time steps of what the network gets is {rates.before:.3g} again",
                risk="numbers far from 1 where recordings are long: `{seconds: 60}` counts in minutes",
            ),
        )
    return Finding(
        severity="warning",
        what=f"time steps differ by a factor of {rates.before:.3g} between windows and by {rates.after:.3g} in what the"
        f" network gets of input {rates.name} ({rates.scaling or 'scaled elsewhere'}): the sampling rate is erased",
        scope=Scope(channel=rates.name, key=key),
        evidence=(
            Fact("large over small time steps, raw", rates.before, threshold=VARIES, source="95 % over 5 % quantile"),
            Fact("large over small time steps, scaled", rates.after, source="95 % over 5 % quantile"),
            Fact("share of the spread left", rates.kept, threshold=KEPT, source="ratio of the logarithms"),
        ),
        alternatives=(
            Alternative("missing-dt", "leave the input out: if the scores stay, the network had no time to begin with"),
        ),
        fixes=tuple(fixes),
    )


CHECK = Check(
    id="erased-sampling-rate",
    needs=("profile.time",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=FOLLOWS,
)
