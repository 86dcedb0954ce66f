"""A diagnosis as JUnit XML: a test case for each check and what it found, which every CI can show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from polyhead.diagnosis.diagnose import RAN, Diagnosis
from polyhead.diagnosis.finding import SEVERITIES, Finding, Severity
from polyhead.report.findings.words import about, fact_line, patch_text, state_text

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def junit(found: Diagnosis, fail_on: Severity) -> str:
    """The report as text. Findings at least as bad as `fail_on` fail their case; others pass with their text; a check
    that did not look is skipped and says why."""
    fatal = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    suite = ElementTree.Element("testsuite", name=_clean(f"polyhead {found.origin}"))
    for finding in found.findings:
        suite.append(_case_of(finding, finding.severity in fatal))
    spoken = {one.id for one in found.findings}
    for id, said in found.checks.items():
        if id in spoken:
            continue
        case = ElementTree.SubElement(suite, "testcase", classname=f"polyhead.{id}", name=id)
        if said != RAN:
            ElementTree.SubElement(case, "skipped", message=_clean(said.removeprefix("skipped: ")))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in suite)))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case_of(finding: Finding, fatal: bool) -> ElementTree.Element:
    name = f"{finding.id} {about(finding)}".strip()
    case = ElementTree.Element("testcase", classname=f"polyhead.{finding.id}", name=_clean(name))
    properties = ElementTree.SubElement(case, "properties")
    for fact in finding.evidence:
        ElementTree.SubElement(properties, "property", name=_clean(fact.metric), value=_clean(fact_line(fact)))
    text = "\n".join([finding.what, finding.why, *(f"try: {one.text} {patch_text(one)}" for one in finding.fixes)])
    if finding.state == "suppressed":
        ElementTree.SubElement(case, "skipped", message=_clean(state_text(finding)))
    elif fatal and finding.counts:
        failure = ElementTree.SubElement(case, "failure", message=_clean(finding.what), type=finding.severity)
        failure.text = _clean(text)
    else:
        ElementTree.SubElement(case, "system-out").text = _clean(f"{finding.severity}: {text}")
    return case


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)
