"""A split that is drawn anew each time.

What it finds
    A split into training, validation and test that comes out differently when it is made again.

Why it matters
    Two runs on different splits are judged on different windows, so their difference is one of the data as much as of
    the method. A network that goes on training after a restart then meets windows it was judged on before, and its
    score is too good by an amount that nobody can tell.

Evidence
    The split is made twice from the same configuration, and the windows of each part are compared.

Remedy
    A fixed seed (data.split.seed), and a reader that returns recordings in a fixed order.

When it can be wrong
    Two draws that are equal by chance, which takes very few recordings. Data that are still being written differ
    without any fault of the split.

Example
    numpy.random.permutation(1000) without a seed, cut at 800, shares on average 800 x 0.2 = 160 of the 200 windows of
    validation with the training windows of a second call.

References
    Bouthillier and others, MLSys 2021, "Accounting for variance in machine learning benchmarks": the split is the
    largest source of variance between runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope


@dataclass(frozen=True)
class Redrawn:
    """Whether splitting again gave the same windows, the seed, and how many windows there are."""

    repeatable: bool
    seed: int | None
    windows: int


def measure(case: Case) -> Iterator[Redrawn]:
    """The one split of the run."""
    if case.profile is None or case.profile.split.repeatable is None:
        raise NotCheckedError("the split was not made a second time")
    split = case.profile.split
    yield Redrawn(bool(split.repeatable), split.seed, sum(split.windows.values()))


def judge(redrawn: Redrawn) -> Finding | None:
    """A warning: the scores are those of one draw, and no harm to them can be shown from it."""
    if redrawn.repeatable:
        return None
    seed = "no seed" if redrawn.seed is None else f"seed {redrawn.seed}"
    return Finding(
        severity="warning",
        what=f"the split of {redrawn.windows} windows comes out differently when it is made again ({seed})",
        scope=Scope(key="data.split.seed"),
        evidence=(
            Fact("equal when repeated", "no", source="two splits from one configuration"),
            Fact("seed", redrawn.seed, source="data.split.seed, else seed"),
        ),
        alternatives=(
            Alternative("incomparable-runs", "compare the fingerprints of the data: the recordings may have changed"),
        ),
        fixes=(
            Fix(
                "draw the split from a fixed seed",
                {"data.split.seed": 42},
                "the same windows in each part when it is made again",
                risk="none where the reader returns recordings in a fixed order; otherwise sort them there",
            ),
        ),
    )


CHECK = Check(
    id="unseeded-split",
    needs=("profile",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("incomparable-runs",),
)
