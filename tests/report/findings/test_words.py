"""Words that every rendering shares: counts, numbers, places, and edits that a shell and YAML read back."""

from __future__ import annotations

import shlex

import pytest

from polyhead.config.yaml_text import parse
from polyhead.diagnosis.finding import Fact, Fix
from polyhead.report.findings.words import about, fact_line, patch_text, plain, skipped, state_text, value_text, verdict

from .said import ACCEPTED, FOLLOWS, LIFE, NOTE, OLD, diagnosis


def test_verdict_counts_what_counts():
    assert verdict(diagnosis()) == "1 error, 1 warning, 1 note (2 accepted or old); 6 of 8 checks looked"
    assert verdict(diagnosis(LIFE, LIFE)) == "2 errors; 2 of 4 checks looked"
    assert verdict(diagnosis(OLD)) == "nothing found (1 accepted or old); 2 of 4 checks looked"


def test_what_it_is_about():
    assert about(LIFE) == "life, test, epochs 3 to 9"
    assert about(NOTE) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.123"), (3.0, "3"), (1e7, "1e+07"), (-2.0, "-2"), (float("nan"), "nan"), (float("-inf"), "-inf")],
)
def test_numbers(value, text):
    assert plain(value) == text


def test_a_fact_with_all_and_with_nothing():
    assert fact_line(LIFE.evidence[0]) == "share out of range 0.25 (0.2 to 0.3); threshold 0.01, by hand, test"
    assert fact_line(Fact("rank", None)) == "rank unknown"
    assert fact_line(Fact("method", "kendall", source="config")) == "method kendall; config"
    assert fact_line(Fact("x", float("nan"), (float("nan"), 1.0), float("inf"))) == "x nan (nan to 1); threshold inf"


VALUES = (
    *(0.5, 3, True, None, [0.0, 1.5], "floor", "val/loss", "null", "no", "1", "1e3", "a: b", "", "two words", "# odd"),
    *({"method": "kendall", "floors": [1, 2]}, ["yes", "a, b"], 'with "quotes"', "2027-03-31"),
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_yaml_that_reads_back_as_itself(value):
    assert parse(value_text(value), "value") == value


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_patch_is_one_word_of_a_shell_for_each_key(value):
    words = shlex.split(patch_text(Fix("", {"a.b": value, "c": 1}, "")))
    assert words == [f"a.b={value_text(value)}", "c=1"]
    assert patch_text(Fix("", {}, "")) == ""


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (LIFE, ""),
        (ACCEPTED, "accepted: by design"),
        (OLD, "in the baseline"),
        (FOLLOWS.changed(state="confirmed"), "confirmed"),
        (LIFE.changed(reason="was accepted until 2026-01-01: so"), "was accepted until 2026-01-01: so"),
    ],
)
def test_state(finding, text):
    assert state_text(finding) == text


def test_skipped_by_why():
    assert skipped(diagnosis()) == {"the data profile has no time": ["padded-time", "missing-dt"]}
