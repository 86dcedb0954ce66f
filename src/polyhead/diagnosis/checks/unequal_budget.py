"""A comparison at unequal budgets, or of single seeds.

What it finds
    Runs that are compared at different epochs, or whose difference is no larger than what another seed would make.

Why it matters
    A score rises with training. A run of 33 epochs against one of 3 measures ten times the budget, not the method. And
    two runs of one method with two seeds differ too: a difference of that size between methods is no evidence.

Evidence
    The epochs and steps that each run was given and at which it was judged; the difference of the primary metric at the
    last epoch that all runs have; the standard deviation of that metric over seeds, and how many seeds there are.

Remedy
    Compare at the same epoch, or at the same cost. Repeat each run on at least three seeds, the same for all.

When it can be wrong
    Methods of different cost per epoch are fairly compared at equal time, not at equal epochs. A difference that is
    many times the spread known from earlier runs needs no repetition.

Example
    "Kendall beats softmax by 2.2 points": 28.33 % at epoch 33 against 26.13 % at epoch 3. At epoch 1, the only one
    that both report, it is 21.52 % against 21.96 %: 0.44 points the other way. One seed each.

References
    Bouthillier and others, MLSys 2021; Pham and others, ASE 2020: identical runs differ by up to 10.8 points.
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Finding


def measure(case: Case) -> Iterator[None]:
    """Nothing: one run alone cannot be compared."""
    yield from ()


def judge(evidence: None) -> Finding | None:
    """Never called on one run."""
    return None


CHECK = Check(
    id="unequal-budget",
    needs=("runs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
