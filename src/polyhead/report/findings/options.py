"""What could be changed next: the fixes of all findings, each once, ranked, with what each is expected to bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import SEVERITIES, Finding, Fix
from polyhead.diagnosis.ranking import Place, places
from polyhead.report.findings.words import about, patch_text


@dataclass(frozen=True)
class Answered:
    """What should be seen afterwards, and the findings that it answers: id of each, and what it is about."""

    predicts: str
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Option:
    """One change: in words, as overrides (empty where no key can say it), for which findings, and at what risk."""

    text: str
    patch: str
    severity: str
    answers: tuple[Answered, ...]
    risks: tuple[str, ...]


def options(found: Diagnosis) -> list[Option]:
    """The options in the order of the findings that they are for: first those for the worst and their causes, then
    those of surer checks, and those that answer more findings. Accepted and old findings ask for none."""
    grouped: dict[str, list[tuple[Finding, Fix]]] = {}
    asked: dict[str, list[Place]] = {}
    counted = [one for one in found.findings if one.counts]
    for finding, place in zip(counted, places(counted), strict=True):
        for fix in finding.fixes:
            name = patch_text(fix) or _sentence(fix.text)
            grouped.setdefault(name, []).append((finding, fix))
            asked.setdefault(name, []).append(place)
    order = sorted(grouped, key=lambda name: (min(asked[name]), -len(grouped[name])))
    return [_option(grouped[name]) for name in order]


def _option(group: Sequence[tuple[Finding, Fix]]) -> Option:
    fix = group[0][1]
    expected: dict[str, dict[tuple[str, str], None]] = {}
    for one, each in group:
        expected.setdefault(_sentence(each.predicts), {})[one.id, about(one)] = None
    answers = tuple(Answered(predicts, tuple(named)) for predicts, named in expected.items())
    risks = [_sentence(each.risk) for _, each in group if each.risk]
    severity = min((one.severity for one, _ in group), key=SEVERITIES.index)
    return Option(_sentence(fix.text), patch_text(fix), severity, answers, tuple(dict.fromkeys(risks)))


def _sentence(text: str) -> str:
    return text.rstrip(".")
