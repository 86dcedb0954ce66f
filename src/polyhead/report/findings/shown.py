"""The findings of a run as the page shows them: causes in full, each with a figure where one helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Finding
from polyhead.diagnosis.stored import read_findings
from polyhead.report.figures.canvas import Panel
from polyhead.report.findings.options import Option, options
from polyhead.report.findings.words import FIRST, about, fact_line, patch_text, skipped, state_text, verdict
from polyhead.report.run import Run

_SECTIONS = {
    "shares": ("loss-dominance", "weight-", "gradient-", "orphan-head", "dead-units", "rank-collapse"),
    "curves": ("overfitting", "stale-", "schedule-", "stalled-", "loss-metric-", "non-finite", "learning-rate"),
    "predictions": ("constant-", "below-", "probability-", "inverted-", "misaligned-", "swapped-", "periodic-"),
    "data": ("filled-", "proxy-", "clipped-", "split-", "missing-", "class-", "erased-", "shifted-", "shortcut"),
    "parts": ("weak-slice", "information-ceiling"),
}
"""Where the page shows more of what a check is about, by how its id begins."""


@dataclass(frozen=True)
class Shown:
    """One finding in words: `evidence`, `against` and `others` are lines, `fixes` (text, overrides, expectation)."""

    id: str
    severity: str
    what: str
    about: str
    state: str
    where: str
    why: str
    evidence: list[str]
    against: list[str]
    others: list[tuple[str, str]]
    fixes: list[tuple[str, str, str]]
    follows: str
    sure: str
    section: str
    panel: Panel | None = None


@dataclass(frozen=True)
class Findings:
    """All of them: `main` counts, causes first; then what is odd but harmless, what is accepted or old, what was not
    checked, what this cannot tell, and what could be changed."""

    verdict: str
    main: list[Shown]
    notes: list[Shown]
    aside: list[Shown]
    skipped: list[tuple[str, str]]
    limits: list[str]
    options: list[Option]


Figures = Mapping[tuple[str, str], Panel]
"""Figures of the page by its section and their task, which is empty for those of all tasks."""


def findings(run: Run, figures: Figures) -> Findings | None:
    """The findings of a run, the first of them beside the figure of the page that shows what they are about; None
    where it was not diagnosed. Raises InputError where findings.json is damaged."""
    found = read_findings(run.path)
    sliced = ["parts"] if any(run.slices.values()) else []
    return None if found is None else _shown(found, figures, {*(section for section, _ in figures), "data", *sliced})


def _shown(found: Diagnosis, figures: Figures, there: Set[str]) -> Findings:
    counted = [one for one in found.findings if one.counts]
    main = [one for one in counted if one.severity != "note"]
    return Findings(
        verdict(found),
        [_in_words(one, there, panel) for one, panel in zip(main, _drawn(main, figures), strict=True)],
        [_in_words(one, there) for one in counted if one.severity == "note"],
        [_in_words(one, there) for one in found.findings if not one.counts],
        [(why, ", ".join(ids)) for why, ids in skipped(found).items()],
        list(found.limits),
        options(found),
    )


def _in_words(one: Finding, there: Set[str], panel: Panel | None = None) -> Shown:
    sure = "" if one.confidence is None else f"{one.confidence:.0%}: "
    section = _section(one)
    return Shown(
        one.id,
        one.severity,
        one.what,
        about(one),
        state_text(one),
        one.scope.where or "",
        one.why,
        [fact_line(fact) for fact in one.evidence],
        [fact_line(fact) for fact in one.counter_evidence],
        [(other.id, other.probe) for other in one.alternatives],
        [(fix.text.rstrip("."), patch_text(fix), fix.predicts.rstrip(".")) for fix in one.fixes],
        ", ".join(one.follows),
        f"{sure}{one.confidence_basis}",
        section if section in there else "",
        panel,
    )


def _drawn(main: Sequence[Finding], figures: Figures) -> list[Panel | None]:
    """The figure of each of the first findings, beside the first that it is for: the page draws none twice."""
    drawn: list[Panel | None] = []
    for number, one in enumerate(main):
        panel = _figure(one, figures) if number < FIRST else None
        drawn.append(None if panel is None or panel in drawn else panel)
    return drawn


def _section(finding: Finding) -> str:
    return next((name for name, begins in _SECTIONS.items() if finding.id.startswith(begins)), "")


def _figure(finding: Finding, figures: Figures) -> Panel | None:
    section = _section(finding)
    return figures.get((section, finding.scope.task or "")) or figures.get((section, ""))
