"""The order of findings: what each follows from, and causes before what they explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polyhead.diagnosis.finding import SEVERITIES, Finding

Place = tuple[int, int, float]
"""Severity that counts, links from a cause, and minus the confidence: less is earlier."""


def ranked(findings: Sequence[Finding], explains: Mapping[str, tuple[str, ...]]) -> tuple[Finding, ...]:
    """The findings with what each follows from; the worst first, causes before what they explain, the surer ones before
    others.

    A finding follows from another of the same task, or of the whole run, whose check explains its own. An alarm, a
    warning or an error, is explained by alarms only. A cause counts as much as the worst that follows from it: where a
    warning explains an error, mending it mends both.
    """
    linked = [one.changed(follows=_causes(one, findings, explains)) for one in findings]
    order = places(linked)
    return tuple(linked[at] for at in sorted(range(len(linked)), key=order.__getitem__))


def places(findings: Sequence[Finding]) -> list[Place]:
    """Where each stands in the order, by what they say they follow from."""
    above = [[i for i, other in enumerate(findings) if other is not one and _follows(one, other)] for one in findings]
    severity = [SEVERITIES.index(one.severity) for one in findings]
    depth = [0] * len(findings)
    for _ in findings:  # as often as the longest chain at most, also where two explain each other
        for at, causes in enumerate(above):
            for cause in causes:
                severity[cause] = min(severity[cause], severity[at])
                depth[at] = max(depth[at], min(depth[cause] + 1, len(findings)))
    sure = [0.0 if one.confidence is None else one.confidence for one in findings]
    return [(severity[at], depth[at], -sure[at]) for at in range(len(findings))]


def _follows(finding: Finding, other: Finding) -> bool:
    return other.id in finding.follows and _may_explain(other, finding)


def _may_explain(cause: Finding, finding: Finding) -> bool:
    same = cause.scope.task is None or finding.scope.task is None or cause.scope.task == finding.scope.task
    return same and (cause.severity != "note" or finding.severity == "note")


def _causes(finding: Finding, findings: Sequence[Finding], explains: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    causes = (
        other.id for other in findings if finding.id in explains.get(other.id, ()) and _may_explain(other, finding)
    )
    return tuple(dict.fromkeys(causes))
