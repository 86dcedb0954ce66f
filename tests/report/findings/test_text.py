"""The report for a terminal: what comes in which order, and how wide it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.report.findings.text import audit_lines, text_lines

from .said import FOLLOWS, LIFE, diagnosis

WHOLE = """\
runs/one: 1 error, 1 warning, 1 note (2 accepted or old); 6 of 8 checks looked

1. error head-range: exp.yaml:12: the head of life | cannot reach 1.2
   A bounded head has a least and a largest answer.
   evidence: share out of range 0.25 (0.2 to 0.3); threshold 0.01, by hand, test
   evidence: labels 400
   against it: skill 0.6
   or it is: filled-labels; to tell them apart: look at the largest label
   try: widen it: 'tasks.life.bounds=[0.0, 1.5]'. Expect: share 0. Risk: none.
   try: think about it. Expect: insight.
   sure: 88%; 7 of 8 alarms right on planted set 1
   more: polyhead explain-check head-range
"""


def test_whole_at_eighty_columns():
    text = "\n".join(text_lines(diagnosis(), 80))
    assert text.startswith(WHOLE)
    rest = text.removeprefix(WHOLE)
    assert "2. warning below-floor: exp.yaml:12: life is bad (follows from head-range)" in rest
    assert "\nnotes:\n   class-imbalance: odd\n" in rest
    assert "accepted or old:\n   proxy-label: odd: accepted: by design\n   weak-slice: odd: in the baseline\n" in rest
    assert "went right:\n   every head gets gradient\n" in rest
    assert "not checked:\n   the data profile has no time: padded-time, missing-dt\n" in rest
    assert rest.endswith("what this cannot tell:\n   one run is one seed")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider(width):
    long = LIFE.changed(what="word " * 60, why="reason " * 90)
    assert max(map(len, text_lines(diagnosis(long), width))) <= width


def test_three_in_full_and_the_others_in_a_line():
    lines = list(text_lines(diagnosis(*[LIFE.changed(what=f"number {n}") for n in range(5)]), 80))
    assert sum(line.startswith("   more:") for line in lines) == 3
    assert "5. error head-range: exp.yaml:12: number 4" in lines


def test_what_follows_counts_as_a_finding():
    text = "\n".join(text_lines(diagnosis(FOLLOWS), 80))
    assert "1. warning below-floor" in text


def test_audit_in_a_line_each():
    row = {"item": "A2", "title": "scaling", "state": "found", "by": "by what", "place": "exp.yaml:3"}
    found = replace(diagnosis(), audit=(row, row | {"place": "", "state": "not checked"}))
    assert list(audit_lines(found, 80)) == [
        "   A2 found       scaling: by what [exp.yaml:3]",
        "   A2 not checked scaling: by what",
    ]
