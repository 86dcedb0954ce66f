"""Findings that the configuration accepts: they stay visible, and say why and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from polyhead.config.diagnosis import IgnoreOptions
from polyhead.diagnosis.finding import Finding


def suppress(findings: Sequence[Finding], ignored: Sequence[IgnoreOptions], today: date) -> tuple[Finding, ...]:
    """The findings, those that are accepted as suppressed with the reason. One whose time is over is not accepted any
    more, and its reason says so."""
    return tuple(_judged(finding, [one for one in ignored if _about(one, finding)], today) for finding in findings)


def unused(findings: Sequence[Finding], ignored: Sequence[IgnoreOptions]) -> list[IgnoreOptions]:
    """What is accepted but was not found."""
    return [one for one in ignored if not any(_about(one, finding) for finding in findings)]


def _about(ignored: IgnoreOptions, finding: Finding) -> bool:
    return ignored.id == finding.id and ignored.task in (None, finding.scope.task)


def _judged(finding: Finding, ignored: Sequence[IgnoreOptions], today: date) -> Finding:
    valid = next((one for one in ignored if one.until is None or today <= one.until), None)
    if valid is not None:
        return finding.changed(state="suppressed", reason=valid.reason)
    over = next(iter(ignored), None)
    return finding if over is None else finding.changed(reason=f"was accepted until {over.until}: {over.reason}")
