"""The findings of a run as the page shows them: causes in full, each with a figure where one helps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Fact, Finding
from polyhead.diagnosis.stored import read_findings
from polyhead.report.figures.canvas import INK, Panel, colour, draw
from polyhead.report.findings.words import FIRST, about, fact_line, patch_text, plain, skipped, state_text, verdict
from polyhead.report.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
    checked and what this cannot tell."""

    verdict: str
    main: list[Shown]
    notes: list[Shown]
    aside: list[Shown]
    skipped: list[tuple[str, str]]
    limits: list[str]


def findings(run: Run) -> Findings | None:
    """The findings of a run; None where it was not diagnosed. Raises InputError where findings.json is damaged."""
    found = read_findings(run.path)
    return None if found is None else _shown(found)


def _shown(found: Diagnosis) -> Findings:
    counted = [one for one in found.findings if one.counts]
    main = [one for one in counted if one.severity != "note"]
    return Findings(
        verdict(found),
        [_in_words(one, _gauge(one) if number < FIRST else None) for number, one in enumerate(main)],
        [_in_words(one, None) for one in counted if one.severity == "note"],
        [_in_words(one, None) for one in found.findings if not one.counts],
        [(why, ", ".join(ids)) for why, ids in skipped(found).items()],
        list(found.limits),
    )


def _in_words(one: Finding, panel: Panel | None) -> Shown:
    sure = "" if one.confidence is None else f"{one.confidence:.0%}: "
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
        [(fix.text, patch_text(fix), fix.predicts) for fix in one.fixes],
        ", ".join(one.follows),
        f"{sure}{one.confidence_basis}",
        next((name for name, begins in _SECTIONS.items() if one.id.startswith(begins)), ""),
        panel,
    )


def _gauge(finding: Finding) -> Panel | None:
    """The numbers of the evidence that have a threshold, each on a scale of its own; None without any."""
    facts = [fact for fact in finding.evidence if _drawable(fact)]
    if not facts:
        return None
    name = f"finding-{finding.id}-{finding.scope.task or 'run'}"
    caption = f"{finding.id}: " + "; ".join(
        f"{fact.metric} {plain(float(fact.value or 0))} against {plain(float(fact.threshold or 0))}" for fact in facts
    )

    def paint(axes: Axes) -> None:
        for row, fact in enumerate(facts):
            _paint_fact(axes, fact, len(facts) - 1 - row)
        axes.set_yticks(range(len(facts)), [fact.metric for fact in reversed(facts)])
        axes.set_ylim(-0.6, len(facts) - 0.4)
        axes.set_xlabel("distance from the threshold, in units of it")
        axes.axvline(0, color=INK, linewidth=1, linestyle="--")

    return draw(name, f"{caption}.", paint, height=0.9 + 0.35 * len(facts))


def _drawable(fact: Fact) -> bool:
    value, threshold = fact.value, fact.threshold
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and threshold is not None
        and math.isfinite(threshold)
    )


def _paint_fact(axes: Axes, fact: Fact, row: int) -> None:
    value, threshold = float(fact.value or 0), float(fact.threshold or 0)
    unit = abs(threshold) or max(abs(value), 1e-12)
    if fact.interval is not None:
        low, high = ((one - threshold) / unit for one in fact.interval)
        axes.plot([low, high], [row, row], color=colour(0), linewidth=3, alpha=0.4)
    axes.plot([(value - threshold) / unit], [row], marker="o", markersize=5, color=colour(0), linestyle="none")
