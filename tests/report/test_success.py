"""Criteria as the page and a terminal write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyhead.report.page import write_report
from polyhead.report.success import criteria, success_line, success_lines

from .folders import score, write_json, write_wide


def judged(asked: str, outcome: str, **more: Any) -> dict[str, Any]:
    """One criterion as metrics.json holds it."""
    return {"asked": asked, "outcome": outcome, "split": "test", "value": None, "first": None, "change": None} | more


METRICS: dict[str, Any] = {
    "test": {
        "span": {
            "f1": score(0.3124, 0.2511, interval=[0.2012, 0.4087]),
            "auroc": score(0.81, 0.5, interval=[0.7, 0.9]),
        },
        "life": {"r2": score(0.0127, 0.0)},
    },
    "joint": {"test": {"both": score(0.6, 0.5, interval=[0.55, 0.65])}},
    "success": {
        "span.f1": judged("> 0.10", "pass", value=0.3124),
        "span.auroc": judged(">= 0.99", "fail", value=0.81),
        "life.r2": judged("beats floor", "pass", value=0.0127),
        "both": judged("> 0.5", "pass", value=0.6),
        "val.loss": judged("improves >= 20 %", "pass", split="val", value=11.05, first=17.79, change=0.37886),
        "gone.f1": judged("> 0", "undefined", reason="there is no score of it on test"),
    },
}


def test_each_criterion_is_written_with_what_was_found_its_floor_and_a_word() -> None:
    rows = {row.name: row for row in criteria(METRICS)}
    assert list(rows) == list(METRICS["success"])
    assert [row.word for row in rows.values()] == ["PASS", "FAIL", "PASS", "PASS", "PASS", "UNDEFINED"]
    assert (rows["span.f1"].found, rows["span.f1"].floor) == ("0.31 [0.20, 0.41]", "0.25")
    assert rows["val.loss"].found == "17.8 → 11.1 (better by 37.9 %)"
    assert (rows["both"].floor, rows["both"].remark) == ("0.500", "")
    assert (rows["gone.f1"].found, rows["gone.f1"].remark) == ("", "there is no score of it on test")


def test_a_pass_that_a_trivial_predictor_may_have_earned_says_so() -> None:
    rows = {row.name: row for row in criteria(METRICS)}
    assert rows["span.f1"].remark == "not distinguishable from its floor"
    assert rows["life.r2"].remark == "without an interval, so chance is not excluded"
    assert rows["span.auroc"].remark == ""


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], ""),
        (["span.f1"], "The only criterion of success, `span.f1 > 0.10`, passed."),
        (["span.auroc"], "The only criterion of success, `span.auroc >= 0.99`, failed."),
        (["gone.f1"], "The only criterion of success, `gone.f1 > 0`, is undefined, which is not passed."),
        (["span.f1", "both"], "2 of 2 criteria of success passed."),
        (
            ["span.f1", "span.auroc", "gone.f1"],
            "1 of 3 criteria of success passed; failed: `span.auroc`; undefined, which is not passed: `gone.f1`.",
        ),
    ],
)
def test_the_sentence_of_all_of_them(names: list[str], line: str) -> None:
    some = METRICS | {"success": {name: METRICS["success"][name] for name in names}}
    assert success_line(criteria(some)) == line


def test_lines_for_a_terminal() -> None:
    assert success_lines(METRICS) == [
        "PASS      span.f1 > 0.10: 0.31 [0.20, 0.41] on test, floor 0.25 (not distinguishable from its floor)",
        "FAIL      span.auroc >= 0.99: 0.81 [0.70, 0.90] on test, floor 0.50",
        "PASS      life.r2 beats floor: 0.013 on test, floor 0.000 (without an interval, so chance is not excluded)",
        "PASS      both > 0.5: 0.600 [0.550, 0.650] on test, floor 0.500",
        "PASS      val.loss improves >= 20 %: 17.8 → 11.1 (better by 37.9 %) on val",
        "UNDEFINED gone.f1 > 0: nothing found on test (there is no score of it on test)",
    ]


def test_a_run_without_criteria_has_no_lines() -> None:
    assert success_lines({"test": {}}) == []


def test_both_pages_show_them_before_the_tasks(tmp_path: Path) -> None:
    folder = write_wide(tmp_path / "run")
    (folder / "predictions" / "test.parquet").unlink()
    metrics = {"load.r2": judged("> 0.9", "pass", value=0.9481), "marks.auroc": judged("> 0.99", "fail", value=0.9312)}
    content = {"test": {"load": {"r2": score(0.9481, 0.0, primary=True)}, "marks": {"auroc": score(0.9312, 0.5)}}}
    write_json(folder, "metrics", content | {"success": metrics})
    page, text = write_report(folder).read_text(), (folder / "report.md").read_text()
    assert page.index(">PASS</strong>") < page.index(">FAIL</strong>") < page.index('<h2 id="tasks">')
    assert "1 of 2 criteria of success passed; failed: <code>marks.auroc</code>." in page.partition("<main>")[0]
    assert "| **FAIL** | marks.auroc | \\> 0.99 | 0.931 | test | 0.500 |  |" in text
    assert text.index("## Criteria of success") < text.index("## Tasks on test")
