"""Which finding comes first, and what follows from what."""

from __future__ import annotations

import pytest

from polyhead.diagnosis.catalogue import all_checks
from polyhead.diagnosis.finding import Fact, Finding, Scope
from polyhead.diagnosis.ranking import places, ranked

ONE = Finding("warning", "one", Scope(task="life", key="train.lr"), (Fact("x", 1.5),))
EXPLAINS = {"cause": ("effect",), "effect": ("last",)}


def finding(name: str, severity: str = "warning", task: str | None = "life", sure: float | None = None) -> Finding:
    return ONE.changed(id=name.partition(" ")[0], what=name, severity=severity, scope=Scope(task=task), confidence=sure)


def order(*findings: Finding) -> list[str]:
    return [one.what for one in ranked(findings, EXPLAINS)]


@pytest.mark.parametrize(
    ("findings", "expected", "why"),
    [
        ((finding("a"), finding("b", "error")), ["b", "a"], "errors first"),
        ((finding("a", "note"), finding("b")), ["b", "a"], "notes last"),
        ((finding("a", sure=0.5), finding("b", sure=0.9)), ["b", "a"], "the surer first"),
        ((finding("effect", sure=1.0), finding("cause")), ["cause", "effect"], "causes first"),
        (
            (finding("effect", "error"), finding("other", "error"), finding("cause")),
            ["other", "cause", "effect"],
            "what explains an error counts as one, and among equals the order stays",
        ),
        ((finding("effect", "error"), finding("cause", "note")), ["effect", "cause"], "a note explains no alarm"),
        (
            (finding("effect", "error"), finding("cause", "note"), finding("cause 2")),
            ["cause 2", "effect", "cause"],
            "nor does one beside an alarm of the same check",
        ),
        ((finding("effect"), finding("cause", task="wear")), ["effect", "cause"], "of another task"),
        (
            (finding("last", "error"), finding("effect"), finding("cause"), finding("other", sure=1.0)),
            ["cause", "effect", "last", "other"],
            "through a chain",
        ),
    ],
)
def test_the_order(findings: tuple[Finding, ...], expected: list[str], why: str):
    assert order(*findings) == expected, why


def test_what_follows_is_said_once_and_of_the_same_task():
    found = ranked(
        [finding("effect"), finding("effect far", task="wear"), finding("cause"), finding("cause 2")], EXPLAINS
    )
    assert {one.what: one.follows for one in found} == {
        "cause": (),
        "cause 2": (),
        "effect": ("cause",),
        "effect far": (),
    }


def test_what_is_about_the_whole_run_explains_every_task():
    (_, effect) = ranked([finding("effect"), finding("cause", task=None)], EXPLAINS)
    assert effect.follows == ("cause",)


def test_no_checks_explain_each_other_in_a_circle():
    explains = {one.id: set(one.explains) for one in all_checks()}
    left = dict(explains)
    while ends := [id for id, said in left.items() if not said & left.keys()]:
        for id in ends:
            del left[id]
    assert not left, "each of these explains another of them"


def test_two_that_explain_each_other_end_somewhere():
    both = {"a": ("b",), "b": ("a",)}
    found = ranked([finding("a", "error"), finding("b")], both)
    assert {one.id for one in found} == {"a", "b"}
    assert [severity for severity, _, _ in places(found)] == [0, 0]
