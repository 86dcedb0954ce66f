"""findings.json read back: everything as it was, and one line where it is something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.stored import diagnosis_of, read_findings
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder, json_text

LIFE = Finding(
    "error",
    "too wide",
    Scope("life", "test", (2, 9), "x", "w", "tasks.life", "exp.yaml:3"),
    (Fact("width", 1.5, (1.0, 2.0), 0.5, "by hand", "test"), Fact("method", "floor"), Fact("count", 3)),
    (Fact("skill", None),),
    (Alternative("filled-labels", "look"),),
    (Fix("widen", {"tasks.life.bounds": [0, 2]}, "gone", "none"),),
    *("head-range", "suppressed", 0.5, "1 of 2", "why", "page.html", ("proxy-label",), "by design", True),
)
FOUND = Diagnosis("run", (LIFE, Finding("note", "odd", Scope(), ())), {"head-range": "ran"}, ("right",), ("limit",))


def test_as_it_was(tmp_path: Path) -> None:
    RunFolder(tmp_path).write("findings.json", FOUND.as_dict())
    found = read_findings(tmp_path)
    assert found is not None
    assert found.findings == FOUND.findings
    assert found.as_dict() == FOUND.as_dict()
    assert found.origin == str(tmp_path)
    assert [one.fingerprint for one in found.findings] == [one.fingerprint for one in FOUND.findings]


def test_no_file_is_no_diagnosis(tmp_path: Path) -> None:
    assert read_findings(tmp_path) is None


words = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.none() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | words
facts = st.builds(Fact, words, numbers, st.none() | st.tuples(st.floats(-9, 9), st.floats(-9, 9)))
patches = st.dictionaries(words, numbers | st.lists(numbers, max_size=2), max_size=2)
scopes = st.builds(Scope, st.none() | words, epochs=st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)))
fixes = st.builds(Fix, words, patches, words)
some = st.builds(
    *(Finding, st.sampled_from(["error", "warning", "note"]), words, scopes, st.lists(facts, max_size=2).map(tuple)),
    fixes=st.lists(fixes, max_size=2).map(tuple),
)


@given(st.lists(some, max_size=3))
def test_any_finding_survives(findings: list[Finding]) -> None:
    found = Diagnosis("run", tuple(findings), {})
    assert diagnosis_of("run", json.loads(json_text(found.as_dict()))) == found


def spoilt(**changes: Any) -> dict[str, Any]:
    """What findings.json holds with one finding, whose parts are changed."""
    value: dict[str, Any] = json.loads(json_text(FOUND.as_dict()))
    value["findings"] = [value["findings"][0] | changes]
    return value


WRONG = {
    "no findings": {},
    "checks as a list": spoilt() | {"checks": ["head-range"]},
    "a finding that is a word": spoilt() | {"findings": ["head-range"]},
    "findings that are a number": spoilt() | {"findings": 3},
    "no scope": spoilt(scope=None),
    "a key that is none": spoilt(colour="red"),
    "an interval of nothing": spoilt(evidence=[{"metric": "x", "value": 1, "interval": []}]),
    "a fact without its name": spoilt(evidence=[{"value": 1, "interval": None}]),
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_diagnosis_is_one_line(tmp_path: Path, value: dict[str, Any]) -> None:
    RunFolder(tmp_path).write("findings.json", value)
    with pytest.raises(InputError, match=r"findings\.json: holds no findings .*make it anew: polyhead diagnose"):
        read_findings(tmp_path)


def test_what_is_no_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "findings.json").write_text("{")
    with pytest.raises(InputError, match=r"findings\.json: cannot be read as JSON"):
        read_findings(tmp_path)
