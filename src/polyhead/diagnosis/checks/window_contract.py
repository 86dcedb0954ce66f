"""Windows that the data cannot fill.

What it finds
    A configuration that asks for windows longer than the recordings, so that recordings are left out or windows are
    filled up; or a length other than that of the windows at hand.

Why it matters
    Recordings that are too short drop out of training and of the test, and what drops out is not drawn at random: the
    short ones are the early failures and the interrupted runs. Scores are then of the long ones only.

Evidence
    The share of recordings left out as too short, the share of windows that hold fewer samples than the length, the
    longest stretch of signal, and the length that the configuration asks for.

Remedy
    A shorter window; or masked windows, which keep short recordings and tell the network what is missing.

When it can be wrong
    Fragments that are no recordings (a file cut off) are rightly left out. Windows that are filled up because `least`
    or `short: mask` asks for it are as declared, and noted only where no recording fills one.

Example
    100 engines, 8 of them with fewer cycles than a window of 50: 8 % of the recordings are never judged. With windows
    of 500 samples and a longest recording of 362, every window is filled up by at least 138.

References
    The audit of a published pipeline: prefixes that the configuration names and the data lack (requirement A4). Saxena
    and others, PHM 2008: test engines of the C-MAPSS sets have as few as 31 cycles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

LEFT_OUT = 0.05
"""Share of recordings: what a twentieth of them would have scored can move a mean by more than a 95 % interval says."""
FILLED_UP = 0.5
"""Share of windows that are not full, unless the configuration asks for it."""


@dataclass(frozen=True)
class Contract:
    """What is asked for and what there is. `masked`: the configuration has short windows filled up."""

    asked: int | None
    length: int
    longest: int | None
    left_out: int
    recordings: int
    filled_up: int
    total: int
    masked: bool


def measure(case: Case) -> Iterator[Contract]:
    """Windows as cut, beside the configuration."""
    profile = case.profile
    if profile is None:
        raise NotCheckedError("no data profile")
    windows, options = profile.windows, case.config.data.window if case.config else None
    # A recording that straddles splits counts in each of them.
    used = sum(profile.split.recordings.values()) - profile.split.straddling
    yield Contract(
        options.length if options else None,
        windows.length,
        windows.longest,
        windows.left_out,
        used + windows.left_out,
        windows.filled_up,
        windows.total,
        options is not None and (options.short == "mask" or options.least is not None),
    )


def judge(contract: Contract) -> Finding | None:
    """A warning where lengths differ, no recording fills a window, or many drop out; a note for a few."""
    share = contract.left_out / max(contract.recordings, 1)
    filled = contract.filled_up / max(contract.total, 1)
    other = contract.asked is not None and contract.asked != contract.length
    none_fills = contract.longest is not None and contract.longest < contract.length
    said, facts = [], []
    if other:
        said.append(
            f"the configuration asks for windows of {contract.asked} samples, those here have {contract.length}"
        )
        facts.append(Fact("length asked for", contract.asked, threshold=contract.length))
    if none_fills:
        said.append(f"no recording fills a window of {contract.length} samples, the longest has {contract.longest}")
        facts.append(Fact("longest stretch of signal", contract.longest, threshold=contract.length))
    if contract.left_out:
        said.append(f"{contract.left_out} of {contract.recordings} recordings are left out as too short")
        facts.append(Fact("share of recordings left out", share, threshold=LEFT_OUT))
    unasked = filled > FILLED_UP and not contract.masked
    if unasked:
        said.append(f"{100 * filled:.0f} % of the windows are filled up")
        facts.append(Fact("share of windows filled up", filled, threshold=FILLED_UP))
    if not said:
        return None
    # Padding that was asked for is the configuration's own choice, even where it is always needed.
    serious = other or (none_fills and not contract.masked) or share > LEFT_OUT or unasked
    return Finding(
        severity="warning" if serious else "note",
        what="; ".join(said),
        scope=Scope(key="data.window"),
        evidence=tuple(facts),
        alternatives=(
            Alternative("padded-time", "look at the end of a window: repeated samples are padding in the file itself"),
        ),
        fixes=tuple(_fixes(contract)),
    )


def _fixes(contract: Contract) -> Iterator[Fix]:
    if contract.longest is not None and contract.longest < contract.length:
        shorter = {"data.window.length": contract.longest} if contract.asked is not None else {}
        yield Fix("shorten the window to the longest recording", shorter, "at least one recording fills a window")
    mask = {"data.window.short": "mask"} if contract.asked is not None and not contract.masked else {}
    yield Fix(
        "keep short recordings, with what is missing masked",
        mask,
        "no recording is left out",
        risk="windows that are mostly absent are hard: slice the scores by length",
    )


CHECK = Check(
    id="window-contract",
    needs=("profile.windows", "profile.split"),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
