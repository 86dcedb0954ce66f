"""A diagnosis in Markdown, for a comment on a pull request or a notebook."""

from __future__ import annotations

import re

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Finding
from polyhead.report.findings.words import about, fact_line, patch_text, skipped, state_text, verdict


def markdown_text(found: Diagnosis) -> str:
    """The whole diagnosis; a table of findings, then each in full."""
    lines = [f"## {_safe(found.origin)}", "", f"{verdict(found)}.", ""]
    if found.findings:
        lines += ["| severity | check | about | what |", "|---|---|---|---|"]
        lines += [_row(one) for one in found.findings]
        lines.append("")
    for finding in found.findings:
        if finding.counts and finding.severity != "note":
            lines += _full(finding)
    lines += _listed("What went right", found.right)
    lines += _listed("Not checked", [f"{why}: {', '.join(ids)}" for why, ids in skipped(found).items()])
    lines += _listed("What this cannot tell", found.limits)
    if found.audit:
        lines += ["### Audit", "", "| item | | state | by | place |", "|---|---|---|---|---|"]
        cells = ("item", "title", "state", "by", "place")
        lines += ["| " + " | ".join(_cell(row[cell]) for cell in cells) + " |" for row in found.audit]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _row(finding: Finding) -> str:
    state = state_text(finding)
    cells = [finding.severity, f"`{finding.id}`", about(finding), finding.what + (f" ({state})" if state else "")]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _full(finding: Finding) -> list[str]:
    place = f"`{finding.scope.where}`: " if finding.scope.where else ""
    lines = [f"### {finding.severity} `{finding.id}`", "", f"{place}{_safe(finding.what)}", "", _safe(finding.why), ""]
    lines += [f"- evidence: {_safe(fact_line(fact))}" for fact in finding.evidence]
    lines += [f"- against it: {_safe(fact_line(fact))}" for fact in finding.counter_evidence]
    lines += [f"- or it is `{one.id}`; to tell them apart: {_safe(one.probe)}" for one in finding.alternatives]
    lines += [f"- follows from `{cause}`" for cause in finding.follows]
    for fix in finding.fixes:
        patch = patch_text(fix)
        lines.append(f"- try: {_safe(fix.text)}{f' (`{patch}`)' if patch else ''}; expect {_safe(fix.predicts)}")
    return [*lines, ""]


def _listed(title: str, lines: list[str] | tuple[str, ...]) -> list[str]:
    return [f"### {title}", "", *(f"- {_safe(line)}" for line in lines), ""] if lines else []


def _cell(text: str) -> str:
    return _safe(text).replace("|", "\\|")


def _safe(text: str) -> str:
    """Text in one line without marks that Markdown or HTML would take for their own; names in backticks stay."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if i % 2 else re.sub(r"([\\`*_<>#~\[\]])", r"\\\1", part) for i, part in enumerate(parts))
