"""The measured precision of checks as the package holds it."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from polyhead.diagnosis.precision import precision_of

from .test_checks import IDS, RUNNING

HELD = json.loads((files("polyhead.diagnosis") / "precision.json").read_text(encoding="utf-8"))


def test_every_id_is_a_check_that_runs():
    assert set(HELD) == {"version", "checks"}
    assert list(HELD["checks"]) == sorted(HELD["checks"])
    assert set(HELD["checks"]) <= set(RUNNING)


@pytest.mark.parametrize("id", sorted(HELD["checks"]))
def test_right_alarms_are_alarms(id):
    counts = HELD["checks"][id]
    assert set(counts) == {"right", "alarms"}
    assert 0 <= counts["right"] <= counts["alarms"]
    assert counts["alarms"] > 0


@pytest.mark.parametrize("id", IDS)
def test_confidence_is_the_share_of_right_alarms(id):
    share, basis = precision_of(id)
    counts = HELD["checks"].get(id)
    if counts is None:
        assert share is None
        assert "not measured" in basis
    else:
        assert share == pytest.approx(counts["right"] / counts["alarms"])
        assert basis == f"{counts['right']} of {counts['alarms']} alarms right on planted set {HELD['version']}"


def test_a_check_of_another_package_has_no_confidence():
    assert precision_of("somebody-elses")[0] is None
