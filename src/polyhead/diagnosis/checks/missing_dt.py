"""Time steps that differ and that the network is not told.

What it finds
    Recordings sampled at different rates, or on an irregular grid, while no input carries time or the time step.

Why it matters
    A network that sees samples only counts in samples: a slope of 1 per sample is a slope of 1 per second at one rate
    and 0.1 at another, and a frequency is another one. It has to guess the rate from the signal, and does so from
    whatever goes with it.

Evidence
    The ratio of the 95 % to the 5 % quantile of the windows' median time step, and the same ratio of the steps within
    windows.

Remedy
    Time as an input, which brings the step with it, in units of about a window's duration: raw seconds of long windows
    drown the signal. Or the sampling rate as a known input; or all recordings resampled to one rate.

When it can be wrong
    Where the answer does not depend on time (an order of events, a shape), or where time steps follow the target so
    closely that telling them would give the label away: see shortcut. Daily values that leave out weekends and holidays
    have one rate and a calendar: steps of 3 days among those of 1 are not asked for.

Example
    Prefixes of a pH curve at 0.3 s, 1 s and 10 s between samples, a third each: the 5 % quantile of the steps is 0.3 s,
    the 95 % quantile 10 s, their ratio 33. Sampled at 12 kHz and 48 kHz the ratio is 4.

References
    The audit of a published pipeline asks for dt as a channel (requirement B3); Lipton, Kale and Wetzel, MLHC 2016, on
    telling a recurrent network what its clock does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from polyhead.config.data import FILE_READERS
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.sampling import rate_input, rate_key

VARIES = 1.5
"""Steps that differ less than this are taken as one rate: jitter of clocks stays far below, two rates in use (a factor
of 2 or more) above."""
DAY, CALENDAR = 86400.0, 4.5
"""Seconds between daily values, and the days up to which a gap is a weekend with holidays at both sides."""


@dataclass(frozen=True)
class Steps:
    """Spread of the time steps between and within windows; `step` is their median and `duration` that of a window, in
    the clock's units, None where not known. `rate_key` is the key of the sampling rate, where it is
    in a file that can be read as an input too, `stamps` whether every sample may have a time stamp."""

    between: float
    within: float
    told: str | None
    source: str
    rate_key: str | None
    step: float | None
    duration: float | None


def measure(case: Case) -> Iterator[Steps]:
    """The clock, and whether an input tells it."""
    time = case.profile.time if case.profile else None
    if time is None:
        raise NotCheckedError("no clock is known")
    usable = rate_key(case) if case.config and case.config.data.reader in FILE_READERS else None
    step = time.steps.get("0.5") or None
    duration = step * case.profile.windows.length if step and case.profile else None
    told = time.as_input or rate_input(case)
    yield Steps(time.spread, time.within, told, time.source, usable, step, duration)


def judge(steps: Steps) -> Finding | None:
    """A warning where steps differ and no input carries them."""
    worst = max(steps.between, steps.within)
    daily = steps.step is not None and abs(steps.step / DAY - 1) < 0.05 and steps.between <= VARIES
    if steps.told is not None or not worst > VARIES or (daily and worst <= CALENDAR):
        return None
    where = "between windows" if steps.between >= steps.within else "within windows"
    return Finding(
        severity="warning",
        what=f"time steps differ by a factor of {worst:.3g} {where}, and no input carries time or the time step",
        scope=Scope(key="data.time" if steps.source == "data.time" else "data.sampling_hz"),
        evidence=(
            Fact("large over small time steps, between windows", steps.between, threshold=VARIES, source=steps.source),
            Fact("large over small time steps, within windows", steps.within, threshold=VARIES, source=steps.source),
        ),
        alternatives=(
            Alternative("shortcut", "tabulate labels by sampling rate: rates that go with one label only give it away"),
        ),
        fixes=tuple(_fixes(steps)),
    )


def _fixes(steps: Steps) -> Iterator[Fix]:
    better = "scores of the rarer rates rise towards those of the common one"
    if steps.source == "data.time":
        unit = float(f"{steps.duration:.1g}") if steps.duration else 1.0
        time: dict[str, Any] = {"data.scaling.time": {"seconds": unit}}
        yield Fix(f"give time in units of {unit:g}, with the step between samples beside it", time, better)
    elif steps.rate_key is not None:
        rate: dict[str, Any] = {"data.inputs.rate": {"keys": [steps.rate_key]}}
        yield Fix("give the sampling rate as a known input", rate, better, risk="a rate that goes with the label")
    yield Fix("resample all recordings to one rate before they are read", {}, "time steps differ by a factor of 1.0")


CHECK = Check(
    id="missing-dt",
    needs=("profile.time",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "overfitting", "information-ceiling"),
)
