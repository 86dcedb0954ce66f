"""JUnit XML: well formed whatever the words, and counted as a CI counts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.report.findings.junit import junit

from .said import LIFE, diagnosis


def suite_of(text: str) -> ElementTree.Element:
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
    return ElementTree.fromstring(text.encode())


def test_a_case_for_each_finding_and_each_silent_check():
    """5 findings, 1 check that found nothing and 2 that could not look: 8 cases, of which 2 and the accepted one are
    skipped, and of the errors one fails."""
    suite = suite_of(junit(diagnosis(), "error"))
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        **{"tests": "8", "failures": "1", "skipped": "3"}
    }
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "the head of life | cannot reach 1.2"
    assert failure.get("type") == "error"
    assert "try: widen it 'tasks.life.bounds=[0.0, 1.5]'" in (failure.text or "")
    assert [one.get("message") for one in suite.iter("skipped")] == [
        *("accepted: by design", "the data profile has no time", "the data profile has no time")
    ]
    assert suite[0].get("name") == "head-range life, test, epochs 3 to 9"


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 1), ("warning", 2), ("note", 3)])
def test_what_is_accepted_or_old_never_fails(fail_on, failures):
    assert suite_of(junit(diagnosis(), fail_on)).get("failures") == str(failures)


@given(st.text(max_size=20))
def test_any_words(words):
    finding = LIFE.changed(what=words, why=words, scope=LIFE.scope, id="head-range", state="suppressed", reason=words)
    suite_of(junit(diagnosis(finding), "error"))
    suite_of(junit(diagnosis(finding.changed(state="suspected")), "error"))
