"""SARIF 2.1.0: places as URIs, fixes that can be applied, what is accepted, old or not checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polyhead.config.document import Document
from polyhead.diagnosis.catalogue import chosen
from polyhead.diagnosis.finding import Finding, Fix, Scope
from polyhead.report.findings.sarif import sarif

from .said import ACCEPTED, LIFE, NOTE, OLD, diagnosis

TEXT = "name: a  # stays\ntasks:\n  life: {kind: regression, bounds: [0, 1]}\nbalance: floor\n"


def log_of(*findings: Finding, document: Document | None = None) -> dict[str, Any]:
    found = sarif(diagnosis(*findings), chosen(["head-range", "padded-time"]), document)
    (log,) = json.loads(json.dumps(found))["runs"]
    return dict(log)


def first(*findings: Finding, document: Document | None = None) -> dict[str, Any]:
    return dict(log_of(*findings, document=document)["results"][0])


def at(where: str) -> Any:
    """The physical place of a finding at `where`, None without one."""
    finding = LIFE.changed(scope=Scope(task="life", where=where))
    return first(finding)["locations"][0].get("physicalLocation")


def test_every_result_has_its_rule():
    log = log_of()
    rules = log["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in log["results"]] == [one["ruleId"] for one in log["results"]]
    assert rules[0]["shortDescription"]["text"]
    assert "References" in rules[0]["help"]["text"]
    assert log["tool"]["driver"]["name"] == "polyhead"


def test_a_finding_in_full():
    one = first()
    assert (one["ruleId"], one["level"], one["kind"], one["rank"]) == ("head-range", "error", "fail", 87.5)
    assert one["message"]["text"].startswith("the head of life | cannot reach 1.2. Evidence: share out of range 0.25")
    assert one["partialFingerprints"] == {"polyhead/v1": LIFE.fingerprint}
    assert one["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "tasks.life.bounds"}]
    assert "fixes" not in one, "there is no file that could be edited"


def test_accepted_old_and_not_checked():
    accepted, old, unseen = log_of(ACCEPTED, OLD)["results"]
    assert accepted["suppressions"] == [{"kind": "external", "justification": "by design"}]
    assert (accepted["baselineState"], old["baselineState"]) == ("new", "unchanged")
    assert "suppressions" not in old
    assert (unseen["kind"], unseen["level"], unseen["ruleId"]) == ("notApplicable", "none", "padded-time")
    assert unseen["message"]["text"] == "not checked: the data profile has no time"


def test_place_is_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for where in ("my exp/a#b.yaml:12", f"{tmp_path}/my exp/a#b.yaml:12", "./my exp/a#b.yaml:12 (override x=1)"):
        place = at(where)
        assert place["artifactLocation"]["uri"] == "my%20exp/a%23b.yaml"
        assert place["region"] == {"startLine": 12}
    elsewhere = tmp_path.parent / "other dir" / "a.yml"
    assert at(f"{elsewhere}:3")["artifactLocation"]["uri"] == elsewhere.as_uri()
    assert at("../other dir/a.yml:3")["artifactLocation"]["uri"] == elsewhere.as_uri()


@pytest.mark.parametrize("where", ["override train.lr=3", "metrics.csv:4", "exp.yaml", ""])
def test_a_place_that_is_no_line_of_a_yaml_is_a_logical_one(where):
    finding = LIFE.changed(scope=Scope(task="life", split="val", where=where or None))
    assert first(finding)["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "life.val"}]}]
    assert first(NOTE)["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "run"}]}]


@pytest.mark.parametrize("text", [TEXT, TEXT.rstrip("\n")], ids=["with a last newline", "without"])
def test_a_fix_replaces_the_whole_file(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("exp.yaml").write_text(text)
    document = Document.read(Path("exp.yaml"))
    fix = Fix("widen", {"tasks.life.bounds": [0.0, 2.0], "balance.method": "kendall", "notes": "1"}, "gone")
    (found,) = first(LIFE.changed(fixes=(fix,)), document=document)["fixes"]
    (change,) = found["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "exp.yaml"
    (one,) = change["replacements"]
    lines = text.split("\n")
    assert one["deletedRegion"] == {"startLine": 1, "endLine": len(lines), "endColumn": len(lines[-1]) + 1}
    after = Document(one["insertedContent"]["text"], "after")
    assert after.values["tasks"]["life"]["bounds"] == [0.0, 2.0]
    assert after.values["balance"] in ("kendall", {"method": "kendall"})
    assert after.values["notes"] == "1"
    assert "# stays" in after.text()
    assert document.text() == text


def test_a_fix_that_the_file_cannot_take_is_left_out():
    document = Document(TEXT, "exp.yaml")
    bad, good = Fix("no", {"name.inner": 1}, "x"), Fix("yes", {"seed": 1}, "x")
    fixes = first(LIFE.changed(fixes=(bad, Fix("think", {}, "x"), good)), document=document)["fixes"]
    assert [one["description"]["text"] for one in fixes] == ["yes: seed=1"]
