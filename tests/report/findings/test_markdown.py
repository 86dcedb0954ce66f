"""Markdown that stays what it is in a comment: tables whole, no marks of its own, code as code."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from polyhead.report.findings.markdown import markdown_text

from .said import LIFE, diagnosis


def cells(row: str) -> list[str]:
    """The cells of a row as GFM reads them: a bar behind a backslash is text."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_table_of_all_findings_with_their_state():
    rows = [cells(line) for line in markdown_text(diagnosis()).splitlines() if line.startswith("|")]
    assert rows[0] == ["severity", "check", "about", "what"]
    assert rows[2] == ["error", "`head-range`", "life, test, epochs 3 to 9", r"the head of life \| cannot reach 1.2"]
    assert [row[1] for row in rows[2:]] == [
        *("`head-range`", "`below-floor`", "`class-imbalance`", "`proxy-label`", "`weak-slice`")
    ]
    assert rows[5][3] == "odd (accepted: by design)"
    assert rows[6][3] == "odd (in the baseline)"


def test_what_counts_is_told_in_full():
    text = markdown_text(diagnosis())
    assert "### error `head-range`\n\n`exp.yaml:12`: the head of life | cannot reach 1.2\n" in text
    assert "- evidence: share out of range 0.25 (0.2 to 0.3); threshold 0.01, by hand, test\n" in text
    assert "- against it: skill 0.6\n" in text
    assert "- or it is `filled-labels`; to tell them apart: look at the largest label\n" in text
    assert "- try: widen it (`'tasks.life.bounds=[0.0, 1.5]'`); expect share 0\n" in text
    assert "- follows from `head-range`\n" in text
    assert "### error `proxy-label`" not in text
    assert "### Not checked\n\n- the data profile has no time: padded-time, missing-dt\n" in text
    assert text.endswith("### What this cannot tell\n\n- one run is one seed\n")


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("<script>a</script> *b* _c_ [d](e)", r"\<script\>a\</script\> \*b\* \_c\_ \[d\](e)"),
        ("key `tasks.my_task` is `a|b`", r"key `tasks.my_task` is `a\|b`"),
        ("one ` alone", r"one \` alone"),
        ("two\nlines\t# and ~~no~~", r"two lines \# and \~\~no\~\~"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_marks_are_text_and_code_is_code(what, shown):
    (row,) = [line for line in markdown_text(diagnosis(LIFE.changed(what=what))).splitlines() if "| error" in line]
    assert cells(row)[3] == shown


def test_audit_is_a_table():
    row = {"item": "A2", "title": "scaling | fitted", "state": "found", "by": "by what", "place": "exp.yaml:3"}
    text = markdown_text(replace(diagnosis(), audit=(row,)))
    assert cells(text.splitlines()[-1]) == ["A2", r"scaling \| fitted", "found", "by what", "exp.yaml:3"]


def test_nothing_found():
    text = markdown_text(replace(diagnosis(), findings=()))
    assert "nothing found" in text
    assert "|" not in text
