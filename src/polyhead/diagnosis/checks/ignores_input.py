"""A head that does not use its input.

What it finds
    A task that cannot learn even one small batch by heart, or whose answers are as good when its input is blank.

Why it matters
    A path from input to loss that is cut, detached, masked or saturated leaves the head with a constant. Losses and
    metrics then look like those of a hard task; only an intervention tells the two apart.

Evidence
    Two probes of triage: training on one fixed batch, without dropout and augmentation, until its loss is near 0 or the
    steps are used up; and a twin of the run whose input is blanked.

Remedy
    Follow the gradient from the task's loss to the first layer; reconnect what is cut.

When it can be wrong
    A batch with equal windows and unlike labels cannot be learned by heart; nor can a target that is noise, with a
    network too small for it.

Example
    Sixteen windows of four classes begin at ln 4 = 1.386. A network that sees them reaches 0.05 within 1000 steps; one
    that does not stays at the entropy of the sixteen labels, 1.33 for counts of 6, 4, 3 and 3.

References
    Karpathy, "A recipe for training neural networks" (2019); TheDeepChecker, TOSEM 2022: sixteen windows, 1000 steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Finding


def measure(case: Case) -> Iterator[None]:
    """Nothing: the probes belong to triage."""
    yield from ()


def judge(evidence: None) -> Finding | None:
    """Nothing: the probes belong to triage."""
    return None


CHECK = Check(
    id="ignores-input",
    needs=("trials",),
    cost="probes",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("constant-output", "below-floor", "stalled-training"),
)
