"""A task that does another one harm.

What it finds
    A task without which another reaches a better score.

Why it matters
    Tasks are trained together because what helps one should help the others. Where an auxiliary task wants features
    that the main task has no use for, or takes the capacity or the gradient that it needs, training them together
    costs more than it brings, and no loss curve shows it: there is nothing to compare with.

Evidence
    The other task's metric with and without this task, from paired runs with the same seeds and order of data, as a
    difference with its interval. A log of one run does not hold it.

Remedy
    Leave the task out (tasks.TASK.enabled: false), give it a smaller weight, or a branch of its own.

When it can be wrong
    One pair of runs differs by chance as much as many effects are large; several seeds are needed. A task that is
    left out also frees its share of the step, so that the same gain may come from a plain change of weights.

Example
    Span F1 of .14, .16 and .15 with the countdown and of .18, .19 and .17 without it: differences of .04, .03 and .02,
    mean .03 with a standard error of .01 / sqrt 3 = .0058; with t = 4.30 at 2 degrees the interval is .005 to .055.

References
    Standley et al., ICML 2020: which tasks should be learned together. Wang et al., CVPR 2019, on negative transfer.
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Finding


def measure(case: Case) -> Iterator[None]:
    """Nothing: one run does not tell it, trials do."""
    return iter(())


def judge(evidence: None) -> Finding | None:
    """Nothing, as long as no trial was run."""
    return None


CHECK = Check(
    id="negative-transfer",
    needs=("trials",),
    cost="probes",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
