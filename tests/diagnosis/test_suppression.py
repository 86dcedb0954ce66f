"""Accepted findings: by id and task, until a day, and what stays visible."""

from __future__ import annotations

from datetime import date

import pytest

from polyhead.config.diagnosis import IgnoreOptions
from polyhead.diagnosis.finding import Finding, Scope
from polyhead.diagnosis.suppression import suppress, unused

DAY = date(2027, 3, 31)
LIFE = Finding("error", "too wide", Scope(task="life"), (), id="head-range")
WEAR = LIFE.changed(scope=Scope(task="wear"))


def accepted(**values: object) -> IgnoreOptions:
    return IgnoreOptions.model_validate({"id": "head-range", "reason": "by design"} | values)


@pytest.mark.parametrize(
    ("ignored", "states"),
    [
        (accepted(), ["suppressed", "suppressed"]),
        (accepted(task="life"), ["suppressed", "suspected"]),
        (accepted(id="proxy-label"), ["suspected", "suspected"]),
        (accepted(until="2027-03-31"), ["suppressed", "suppressed"]),
        (accepted(until="2027-03-30"), ["suspected", "suspected"]),
    ],
)
def test_what_is_accepted(ignored: IgnoreOptions, states: list[str]) -> None:
    assert [one.state for one in suppress([LIFE, WEAR], [ignored], DAY)] == states


def test_reason_stays_visible() -> None:
    (now,) = suppress([LIFE], [accepted()], DAY)
    assert now.reason == "by design"
    assert not now.counts
    (later,) = suppress([LIFE], [accepted(until="2027-03-30")], DAY)
    assert later.reason == "was accepted until 2027-03-30: by design"
    assert later.counts


def test_what_was_not_found_is_told() -> None:
    other = accepted(task="fault")
    assert unused([LIFE], [accepted(), other]) == [other]
