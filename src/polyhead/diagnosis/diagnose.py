"""Runs the checks on a case: which ran, which could not and why, and what they found, the likeliest cause first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from polyhead.diagnosis.account import cannot_tell, went_right
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import SEVERITIES, Finding, Severity
from polyhead.diagnosis.precision import precision_of
from polyhead.diagnosis.ranking import ranked
from polyhead.diagnosis.remedy import worthwhile

RAN = "ran"
_AGAINST = ("below-floor", "below-majority", "constant-output", "inverted-score", "batch-averaged-metric")
"""Checks whose findings say that a task's score is none to be proud of."""


@dataclass(frozen=True)
class Diagnosis:
    """What the checks say of `origin`.

    `checks` holds `ran` or `skipped: why` for each id; what was skipped is not passed. `right` says what went right,
    `limits` what this cannot tell. `audit` and `summary` are of a config that was checked before training.
    """

    origin: str
    findings: tuple[Finding, ...]
    checks: Mapping[str, str]
    right: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    audit: tuple[Mapping[str, str], ...] = ()
    summary: Mapping[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """What findings.json holds, and what the commands print as JSON."""
        told = {"findings": [one.as_dict() for one in self.findings], "checks": dict(self.checks)}
        told |= {"right": list(self.right), "limits": list(self.limits)}
        before = {"audit": [dict(one) for one in self.audit], "summary": self.summary}
        return told | {name: value for name, value in before.items() if value}

    def fails(self, at: Severity) -> bool:
        """Whether a finding that counts is at least as bad as `at`."""
        worst = SEVERITIES[: SEVERITIES.index(at) + 1]
        return any(one.counts and one.severity in worst for one in self.findings)


def diagnose(case: Case, checks: Iterable[Check[Any]]) -> Diagnosis:
    """Run `checks` on a case. Errors come before warnings before notes, causes before what follows from them."""
    said: dict[str, str] = {}
    found: list[Finding] = []
    explains: dict[str, tuple[str, ...]] = {}
    for check in checks:
        explains[check.id] = check.explains
        why = check.why_not(case)
        if why is None:
            try:
                found += [_signed(check, one, case) for one in _findings(check, case)]
            except NotCheckedError as error:
                why = str(error)
            except Exception as error:  # a check, perhaps of another package, must not take a run or the others along
                why = f"the check itself failed ({type(error).__name__}: {error})"
        said[check.id] = RAN if why is None else f"skipped: {why}"
    findings = ranked(found, explains)
    silent = [id for id, one in said.items() if one == RAN and id not in {each.id for each in findings}]
    skipped = [id for id, one in said.items() if one != RAN]
    accused = {one.scope.task for one in findings if one.id in _AGAINST and one.scope.task is not None}
    right, limits = went_right(case, silent, accused), cannot_tell(case, skipped)
    return Diagnosis(case.origin, findings, said, right, limits)


def _findings(check: Check[Any], case: Case) -> list[Finding]:
    judged = (check.judge(evidence) for evidence in check.measure(case))
    return [finding for finding in judged if finding is not None]


def _signed(check: Check[Any], finding: Finding, case: Case) -> Finding:
    """The finding with what the check and the case know of it: id, mechanism, page, measured precision, line."""
    confidence, basis = precision_of(check.id)
    scope = finding.scope
    if scope.where is None and scope.key is not None and case.document is not None:
        scope = replace(scope, where=case.document.where(scope.key.split(".")))
    return finding.changed(
        id=check.id,
        scope=scope,
        fixes=worthwhile(finding.fixes, case.config),
        confidence=confidence,
        confidence_basis=basis,
        why=" ".join(check.page.sections["Why it matters"].split()),
        docs=f"reference/checks/{check.id}.html",
    )
