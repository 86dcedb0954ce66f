"""A diagnosis for a terminal: causes first, then what follows, what went right, what was not seen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Finding
from polyhead.report.findings.words import FIRST, about, fact_line, patch_text, skipped, state_text, verdict


def text_lines(found: Diagnosis, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, but for words that are longer."""
    yield from _wrapped(f"{found.origin}: {verdict(found)}", width)
    counted = [one for one in found.findings if one.counts]
    main = [one for one in counted if one.severity != "note"]
    for number, finding in enumerate(main, 1):
        yield ""
        full = number <= FIRST
        yield from _full(finding, number, width) if full else _short(finding, f"{number}. ", width)
    if len(main) > FIRST:
        yield ""
        yield from _wrapped("findings in short are told in full by --format markdown, and on the page of a run", width)
    yield from _listed("notes", [_line(one) for one in counted if one.severity == "note"], width)
    aside = [f"{_line(one)}: {state_text(one)}" for one in found.findings if not one.counts]
    yield from _listed("accepted or old", aside, width)
    yield from _listed("went right", found.right, width)
    yield from _listed("not checked", [f"{why}: {', '.join(ids)}" for why, ids in skipped(found).items()], width)
    yield from _listed("what this cannot tell", found.limits, width)


def audit_lines(found: Diagnosis, width: int) -> Iterator[str]:
    """An item of the audit each: its state, by what, and where."""
    for row in found.audit:
        place = f" [{row['place']}]" if row["place"] else ""
        text = f"{row['item']} {row['state']:<11} {row['title']}: {row['by']}{place}"
        yield from _wrapped(text, width, "   ", "                  ")


def _full(finding: Finding, number: int, width: int) -> Iterator[str]:
    yield from _short(finding, f"{number}. ", width)
    yield from _part("", finding.why, width)
    for fact in finding.evidence:
        yield from _part("evidence", fact_line(fact), width)
    for fact in finding.counter_evidence:
        yield from _part("against it", fact_line(fact), width)
    for other in finding.alternatives:
        yield from _part("or it is", f"{other.id}; to tell them apart: {other.probe}", width)
    for fix in finding.fixes:
        patch = patch_text(fix)
        told = f"{fix.text.rstrip('.')}{f': {patch}' if patch else ''}"
        risk = f" Risk: {fix.risk.rstrip('.')}." if fix.risk else ""
        yield from _part("try", f"{told}. Expect: {fix.predicts.rstrip('.')}.{risk}", width)
    sure = "" if finding.confidence is None else f"{finding.confidence:.0%}; "
    if finding.docs:
        if finding.confidence is not None:
            yield from _part("sure", f"{sure}{finding.confidence_basis}", width)
        yield from _part("more", f"polyhead explain-check {finding.id}", width)


def _short(finding: Finding, mark: str, width: int) -> Iterator[str]:
    after = f" (follows from {', '.join(finding.follows)})" if finding.follows else ""
    place = f"{finding.scope.where}: " if finding.scope.where else ""
    state = state_text(finding)
    text = f"{finding.severity} {finding.id}: {place}{finding.what}{after}{f'; {state}' if state else ''}"
    yield from _wrapped(text, width, mark, "   ")


def _line(finding: Finding) -> str:
    told = about(finding)
    return f"{finding.id}: {finding.what}" if not told or finding.what.startswith(told) else _named(finding, told)


def _named(finding: Finding, told: str) -> str:
    return f"{finding.id} ({told}): {finding.what}"


def _part(name: str, text: str, width: int) -> Iterator[str]:
    head = f"   {name}: " if name else "   "
    yield from _wrapped(text, width, head, "     " if name else "   ")


def _listed(title: str, lines: list[str] | tuple[str, ...], width: int) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
    for line in lines:
        yield from _wrapped(line, width, "   ", "     ")


def _wrapped(text: str, width: int, first: str = "", rest: str = "   ") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
