"""Running checks on a case: what ran, what could not and why, and which finding comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from polyhead.diagnosis import diagnose as module
from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.catalogue import all_checks
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.diagnose import Diagnosis, diagnose
from polyhead.diagnosis.finding import Fact, Finding, Fix, Scope
from polyhead.diagnosis.page import HEADINGS
from polyhead.trace.folder import json_text

from .cases import NAMES, healthy

DOC = "A title.\n\n" + "\n\n".join(f"{name}\n    About\n    {name}." for name in HEADINGS)
ONE = Finding("warning", "one", Scope(task="life", key="train.lr"), (Fact("x", 1.5),))
CASE = Case("a log", {"life": TaskFacts("life")}, losses={})


def check(id: str, *found: Finding, needs: tuple[str, ...] = (), explains: tuple[str, ...] = ()) -> Check[Finding]:
    return Check(id, needs, "static", lambda case: iter(found), lambda one: one, DOC, explains)


def raising(error: Exception, after: tuple[Finding, ...] = ()) -> Check[Finding]:
    def measure(case: Case) -> Iterator[Finding]:
        yield from after
        raise error

    return Check("raising", (), "static", measure, lambda one: one, DOC)


def test_what_could_not_look_says_why():
    checks = [check("a"), check("b", ONE, needs=("steps",)), check("c", ONE, needs=("trials",))]
    found = diagnose(CASE, [*checks, raising(NotCheckedError("no yes-or-no task"), (ONE,))])
    assert found.checks == {
        **{"a": "ran", "b": "skipped: no record of steps", "c": "skipped: needs trials"},
        **{"raising": "skipped: no yes-or-no task"},
    }
    assert found.findings == (), "what a check found before it could not go on is no finding"
    assert found.origin == "a log"


def test_a_check_that_breaks_leaves_the_others_their_word():
    found = diagnose(CASE, [raising(KeyError("loss.life"), (ONE,)), check("b", ONE)])
    assert found.checks["raising"] == "skipped: the check itself failed (KeyError: 'loss.life')"
    assert [one.id for one in found.findings] == ["b"]


@pytest.mark.parametrize("name", NAMES)
def test_no_check_of_ours_breaks_on_a_healthy_run(name):
    said = diagnose(healthy(name), all_checks()).checks
    assert [one for one in said.values() if "itself failed" in one] == []


def test_a_finding_is_signed(monkeypatch):
    """Its id, its mechanism as one paragraph, its page, its measured precision, and its line where a file has it."""
    monkeypatch.setattr(module, "precision_of", lambda id: (0.75, "3 of 4"))
    case = replace(healthy("machines"), origin="here")
    assert case.document is not None
    fixes = (Fix("same", {"train.lr": 0.003}, "x"), Fix("new", {"train.lr": 0.001}, "x"), Fix("think", {}, "x"))
    given = ONE.changed(fixes=fixes)
    kept = ONE.changed(scope=Scope(key="train.lr", where="metrics.csv:4"))
    (one, two) = diagnose(case, [check("a", given, kept)]).findings
    assert (one.id, one.why, one.docs) == ("a", "About Why it matters.", "reference/checks/a.html")
    assert (one.confidence, one.confidence_basis) == (0.75, "3 of 4")
    assert one.scope.where == f"{case.document.name}:{case.document.line_of(['train', 'lr'])}"
    assert two.scope.where == "metrics.csv:4"
    assert [fix.text for fix in one.fixes] == ["new", "think"], "a fix that changes nothing is none"
    (bare,) = diagnose(CASE, [check("a", ONE)]).findings
    assert bare.scope.where is None


@pytest.mark.parametrize(
    ("severity", "changes", "fails"),
    [
        ("error", {}, ["error", "warning", "note"]),
        ("warning", {}, ["warning", "note"]),
        ("note", {}, ["note"]),
        ("error", {"state": "suppressed"}, []),
        ("error", {"old": True}, []),
    ],
)
def test_what_fails(severity: Any, changes: dict[str, Any], fails: list[str]):
    found = Diagnosis("a log", (ONE.changed(severity=severity, **changes),), {})
    levels: tuple[Any, ...] = ("error", "warning", "note")
    assert [level for level in levels if found.fails(level)] == fails


def test_as_json():
    found = diagnose(CASE, [check("a", ONE.changed(evidence=(Fact("x", float("nan")),)))])
    value = json.loads(json_text(found.as_dict()))
    assert set(value) == {"findings", "checks", "right", "limits"}
    assert value["findings"][0]["fingerprint"] == "v1:a:task=life:key=train.lr"
    assert value["findings"][0]["evidence"][0]["value"] is None
    audited = replace(found, audit=({"item": "A1"},), summary={"windows": 3}).as_dict()
    assert (audited["audit"], audited["summary"]) == ([{"item": "A1"}], {"windows": 3})
