"""One diagnosis of a run whose folds were trained apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from polyhead.diagnosis.diagnose import RAN, Diagnosis
from polyhead.diagnosis.finding import SEVERITIES, Finding


def merged(origin: str, each: Sequence[tuple[str, Diagnosis]]) -> Diagnosis:
    """The diagnoses of (folder, diagnosis) as one: the worst of each finding, saying in which folds it was found. One
    alone stays as it is."""
    if len(each) == 1:
        return each[0][1]
    found: dict[str, list[tuple[str, Finding]]] = {}
    for folder, one in each:
        for finding in one.findings:
            found.setdefault(finding.fingerprint, []).append((Path(folder).name, finding))
    findings = [_joined(same, len(each)) for same in found.values()]
    findings.sort(key=lambda one: (SEVERITIES.index(one.severity), bool(one.follows)))
    limits = tuple(dict.fromkeys(line for _, one in each for line in one.limits))
    return Diagnosis(origin, tuple(findings), _checks([one.checks for _, one in each]), _shared(each), limits)


def _joined(same: Sequence[tuple[str, Finding]], folds: int) -> Finding:
    worst = min((one for _, one in same), key=lambda one: SEVERITIES.index(one.severity))
    names = ", ".join(dict.fromkeys(name for name, _ in same))
    return worst.changed(what=f"{worst.what} (in folds {names} of {folds})")


def _checks(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """A check ran where it ran in any fold."""
    return {id: RAN if any(one[id] == RAN for one in each) else said for id, said in each[0].items()}


def _shared(each: Sequence[tuple[str, Diagnosis]]) -> tuple[str, ...]:
    """What went right in every fold, word by word."""
    return tuple(line for line in each[0][1].right if all(line in one.right for _, one in each))
