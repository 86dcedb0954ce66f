"""Runs that differ in several things at once.

What it finds
    Two runs that are compared although more than one key of their configurations differs.

Why it matters
    With one key changed, the difference of the scores is that key's effect and chance. With several changed, it is
    their sum, in which one may hide or undo another: nothing is learned about any of them, and the next change is a
    guess again.

Evidence
    The keys in which the two configurations differ, without names, notes and tags; the seeds of each; and the
    difference of the primary metric beside its spread over seeds.

Remedy
    A run for each key that is in question, all else equal, on the same seeds. Keys that only set the budget or the
    device are nuisances: fix them, and change them in no comparison.

When it can be wrong
    Keys that must go together (a larger batch with its learning rate, a network with its checkpoint) are one change.
    A search over many keys with a model of them all is a fair comparison of another kind.

Example
    A published history of signal classifiers goes from run 94 to run 102 with another network (ResNet18 to ResNet34),
    a batch of 1024 for 32, dropout 0.3 for 0.2, another split and two keys of the balance: six changes, one fall in
    accuracy, and "batch size" named as its cause.

References
    Godbole and others, "Deep Learning Tuning Playbook": scientific, nuisance and fixed hyper-parameters.
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
    id="confounded-comparison",
    needs=("runs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
