"""A diagnosis in SARIF 2.1.0 (OASIS, 2020), which code hosts show beside the lines of the configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from polyhead.config.document import Document
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.diagnose import RAN, Diagnosis
from polyhead.diagnosis.finding import Finding, Fix
from polyhead.errors import InputError
from polyhead.report.findings.words import fact_line, patch_text, value_text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PLACE = re.compile(r"^(?P<file>.+?\.ya?ml):(?P<line>\d+)\b")


def sarif(found: Diagnosis, checks: Sequence[Check[Any]], document: Document | None) -> dict[str, Any]:
    """The log as JSON holds it. Places are those of the YAML, relative to where the command runs; without a file a
    finding has its task as a logical place. Checks that did not look are results of kind notApplicable."""
    rules = [_rule(check) for check in checks]
    known = {rule["id"] for rule in rules}
    rules += [{"id": id} for id in dict.fromkeys(one.id for one in found.findings) if id not in known]
    order = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [_result(one, order[one.id], document) for one in found.findings]
    results += [_unseen(id, said, order) for id, said in found.checks.items() if said != RAN and id in order]
    driver = {"name": "polyhead", "version": version("polyhead"), "rules": rules}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(check: Check[Any]) -> dict[str, Any]:
    page = check.page
    return {
        "id": check.id,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": " ".join(page.sections["What it finds"].split())},
        "help": {"text": "\n\n".join(f"{name}\n{text}" for name, text in page.sections.items())},
    }


def _result(finding: Finding, rule: int, document: Document | None) -> dict[str, Any]:
    told = "; ".join(fact_line(fact) for fact in finding.evidence)
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": finding.severity,
        "kind": "fail",
        "message": {"text": f"{finding.what.rstrip('.')}. Evidence: {told}" if told else finding.what},
        "partialFingerprints": {"polyhead/v1": finding.fingerprint},
        "baselineState": "unchanged" if finding.old else "new",
        "properties": {"state": finding.state, "confidenceBasis": finding.confidence_basis},
        "locations": [_location(finding)],
    }
    if finding.confidence is not None:
        result["rank"] = round(100 * finding.confidence, 1)
    if finding.state == "suppressed":
        result["suppressions"] = [{"kind": "external", "justification": finding.reason}]
    fixes = [edit for fix in finding.fixes if (edit := _fix(fix, document)) is not None]
    return result | ({"fixes": fixes} if fixes else {})


def _location(finding: Finding) -> dict[str, Any]:
    scope = finding.scope
    name = ".".join(part for part in (scope.task, scope.split, scope.channel, scope.parameter) if part)
    logical = {"logicalLocations": [{"fullyQualifiedName": scope.key or name or "run"}]}
    place = _PLACE.match(scope.where or "")
    if place is None:
        return logical
    region = {"startLine": int(place["line"])}
    return {"physicalLocation": {"artifactLocation": {"uri": _relative(place["file"])}, "region": region}} | logical


def _relative(file: str) -> str:
    """The file as a URI: as seen from the working folder, since absolute ones are dropped, unless it lies elsewhere."""
    here = Path.cwd()
    path = Path(os.path.normpath(here / file))
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()


def _fix(fix: Fix, document: Document | None) -> dict[str, Any] | None:
    """The patch as a replacement of the whole file, since one key may add lines elsewhere; None without a patch or a
    file that can take it."""
    if not fix.patch or document is None:
        return None
    before = document.text()
    try:
        after = _patched(before, document.name, fix.patch)
    except InputError:  # a value stands where the key needs a block
        return None
    region = {"startLine": 1, "endLine": before.count("\n") + 1, "endColumn": len(before.rpartition("\n")[2]) + 1}
    change = {
        "artifactLocation": {"uri": _relative(document.name)},
        "replacements": [{"deletedRegion": region, "insertedContent": {"text": after}}],
    }
    return {"description": {"text": f"{fix.text}: {patch_text(fix)}"}, "artifactChanges": [change]}


def _patched(text: str, name: str, patch: Mapping[str, Any]) -> str:
    copy = Document(text, name)
    for key, value in patch.items():
        copy.set(key.split("."), value_text(value) if isinstance(value, str) else value)
    return copy.text()


def _unseen(id: str, said: str, order: Mapping[str, int]) -> dict[str, Any]:
    text = said.removeprefix("skipped: ")
    return {
        "ruleId": id,
        "ruleIndex": order[id],
        "kind": "notApplicable",
        "level": "none",
        "message": {"text": f"not checked: {text}"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": "run"}]}],
    }
