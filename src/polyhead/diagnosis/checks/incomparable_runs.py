"""Runs on different data, splits or labels.

What it finds
    Runs that are ranked although they were judged on different windows or on different sets of labels.

Why it matters
    A score belongs to the windows it was taken on. Fewer classes, an easier selection of recordings or a split that
    cuts recordings in two raise it without any better network, and no larger number tells the two apart.

Evidence
    The fingerprints of data, split and labels that each run keeps in data.json, the number of windows judged, and the
    floor of the metric, which differs where the labels do.

Remedy
    Judge both checkpoints on one split (polyhead evaluate), or train again on it. Where a fingerprint is not known, say
    so beside the number.

When it can be wrong
    A fingerprint also changes with the order of recordings or with an unused column, which changes no score. Skill
    above a floor fitted on each training set can still be compared roughly.

Example
    A published history calls 28.33 % "best ever" and lists 54.87 % for an earlier run whose split is "Unknown". Of the
    two numbers neither is better: they are not of the same windows.

References
    Kapoor and Narayanan, Patterns 2023: 294 papers of 17 fields whose scores rest on leaked or changed test sets.
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
    id="incomparable-runs",
    needs=("runs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
