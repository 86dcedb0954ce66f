"""The audit: all 35 items of the write-up, each with a check that exists or a guarantee."""

from __future__ import annotations

import pytest

from polyhead.diagnosis.audit import ITEMS, audited
from polyhead.diagnosis.catalogue import GROUPS
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Finding, Scope

COUNTS = {"A": 5, "B": 4, "C": 4, "D": 3, "E": 5, "F": 4, "G": 3, "H": 3, "I": 4}
"""Items of each category, counted in the write-up."""


def test_every_item_of_every_category_is_there() -> None:
    wanted = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]
    assert [item.name for item in ITEMS] == wanted


def test_each_has_checks_that_exist_or_a_guarantee() -> None:
    known = {id for ids in GROUPS.values() for id in ids}
    for item in ITEMS:
        assert bool(item.checks) != bool(item.guarantee), item
        assert set(item.checks) <= known, item


@pytest.mark.parametrize(
    ("checks", "severity", "state", "by"),
    [
        ({"padded-time": "ran"}, None, "passed", "padded-time"),
        ({"padded-time": "ran"}, "warning", "found", "a third of the windows end in one time"),
        ({"padded-time": "ran"}, "note", "passed", "padded-time"),
        ({"padded-time": "skipped: no time"}, None, "not checked", "padded-time: no time"),
        ({}, None, "not checked", "padded-time: not asked"),
    ],
)
def test_states(checks: dict[str, str], severity: str | None, state: str, by: str) -> None:
    text = "a third of the windows end in one time"
    findings = [Finding(severity, text, Scope(key="data.time"), (), id="padded-time")] if severity else []
    (row,) = [one for one in audited(Diagnosis("a config", tuple(findings), checks)) if one["item"] == "A5"]
    assert (row["state"], row["by"]) == (state, by)
    assert row["place"] == ("data.time" if state == "found" else "")


def test_a_guarantee_needs_no_check() -> None:
    (row,) = [one for one in audited(Diagnosis("a config", (), {})) if one["item"] == "D2"]
    assert row["state"] == "guaranteed"
