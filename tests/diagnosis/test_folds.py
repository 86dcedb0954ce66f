"""Folds diagnosed apart and told as one."""

from __future__ import annotations

from typing import Any

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Fact, Finding, Scope
from polyhead.diagnosis.folds import merged

LIFE = Finding("warning", "life is bad", Scope(task="life"), (Fact("x", 1.0),), id="below-floor")
WEAR = LIFE.changed(scope=Scope(task="wear"), what="wear is bad")


def one(number: int, *findings: Finding, **more: Any) -> tuple[str, Diagnosis]:
    values: dict[str, Any] = {"checks": {"below-floor": "ran"}, "right": (), "limits": ()} | more
    return f"runs/a/folds/{number:02d}", Diagnosis(f"runs/a/folds/{number:02d}", findings, **values)


def test_one_alone_stays_as_it_is():
    assert merged("runs/a", [one(1, LIFE)]) == one(1, LIFE)[1]


def test_the_worst_of_each_says_where_it_was_found():
    worse = LIFE.changed(severity="error", what="life is worse", scope=Scope(task="life", epochs=(3, 4)))
    found = merged("runs/a", [one(1, LIFE), one(2, WEAR), one(3, worse, WEAR)])
    assert found.origin == "runs/a"
    assert [(each.severity, each.what) for each in found.findings] == [
        ("error", "life is worse (in folds 01, 03 of 3)"),
        ("warning", "wear is bad (in folds 02, 03 of 3)"),
    ]
    assert found.findings[0].evidence == worse.evidence


def test_what_follows_comes_behind_its_cause():
    effect = LIFE.changed(follows=("orphan-head",))
    cause = WEAR.changed(id="orphan-head")
    found = merged("runs/a", [one(1, effect), one(2, cause)])
    assert [each.id for each in found.findings] == ["orphan-head", "below-floor"]


def test_a_check_ran_where_it_ran_in_any_fold():
    said = [{"a": "skipped: no x", "b": "skipped: no y"}, {"a": "ran", "b": "skipped: no z"}]
    found = merged("runs/a", [one(n, checks=checks) for n, checks in enumerate(said, 1)])
    assert found.checks == {"a": "ran", "b": "skipped: no y"}


def test_right_is_what_is_right_in_all_and_limits_are_those_of_any():
    first = one(1, right=("fine", "good"), limits=("one seed",))
    second = one(2, right=("good",), limits=("one seed", "no test"))
    found = merged("runs/a", [first, second])
    assert found.right == ("good",)
    assert found.limits == ("one seed", "no test")
