"""Fixes of all findings as options: each once, in an order, and nowhere where nothing was found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from polyhead.cli.findings import finding_lines
from polyhead.diagnosis.finding import Finding, Fix, Scope
from polyhead.report.findings.options import options
from polyhead.report.page import write_report
from polyhead.trace.folder import RunFolder

from .said import ACCEPTED, LIFE, NOTE, OLD, diagnosis

FLOOR = Fix("weigh losses by their floors", {"balance": "floor"}, "shares start equal.", "another task loses")


def finding(name: str, severity: str, *fixes: Fix, sure: float | None = 0.9, follows: tuple[str, ...] = ()) -> Finding:
    """A finding about the task `a`."""
    return Finding(severity, name, Scope(task="a"), (), fixes=fixes, id=name, confidence=sure, follows=follows)


def fix(name: str, patch: str = "") -> Fix:
    return Fix(name, {patch: 1} if patch else {}, f"{name} helps")


@pytest.mark.parametrize(
    ("findings", "order", "why"),
    [
        ((finding("w", "warning", fix("two")), finding("e", "error", fix("one"))), ["one", "two"], "worst first"),
        (
            (finding("f", "error", fix("two"), follows=("c",)), finding("c", "error", fix("one"), sure=0.5)),
            ["one", "two"],
            "causes before what follows",
        ),
        (
            (finding("a", "error", fix("two"), sure=0.7), finding("b", "error", fix("one"), sure=0.8)),
            ["one", "two"],
            "the surer check",
        ),
        ((finding("a", "error", fix("two"), sure=None), finding("b", "error", fix("one"))), ["one", "two"], "unknown"),
        (
            (finding("a", "error", fix("two"), fix("one")), finding("b", "error", fix("one"))),
            ["one", "two"],
            "the one that answers more",
        ),
        ((finding("a", "error", fix("one"), fix("two")),), ["one", "two"], "as the check has them"),
        (
            (finding("a", "warning", fix("two"), fix("one")), finding("b", "note", fix("two"), fix("three"))),
            ["two", "one", "three"],
            "an option is as bad as the worst finding that it answers",
        ),
    ],
)
def test_the_order_of_options(findings, order, why):
    assert [one.text for one in options(diagnosis(*findings))] == order, why


def test_one_edit_for_several_findings_is_one_option():
    other = Fix("share the step", {"balance": "floor"}, "skill of a above 0", "another task loses")
    found = options(
        diagnosis(finding("y", "error", other), finding("x", "warning", FLOOR), finding("z", "note", FLOOR))
    )
    assert len(found) == 1
    assert found[0].text == "share the step"
    assert found[0].patch == "balance=floor"
    assert found[0].severity == "error"
    assert [(one.predicts, one.findings) for one in found[0].answers] == [
        ("skill of a above 0", (("y", "a"),)),
        ("shares start equal", (("x", "a"), ("z", "a"))),
    ]
    assert found[0].risks == ("another task loses",)


def test_what_is_accepted_or_old_asks_for_nothing(bare: Path):
    fixed = [one.changed(fixes=(FLOOR,)) for one in (ACCEPTED, OLD)]
    assert options(diagnosis(*fixed)) == []
    assert options(diagnosis(NOTE)) == []
    RunFolder(bare).write("findings.json", diagnosis(*fixed, NOTE).as_dict())
    write_report(bare)
    assert 'id="options"' not in (bare / "report.html").read_text()
    assert "## Options" not in (bare / "report.md").read_text()


def test_both_pages_hold_every_option(bare: Path):
    odd = Fix("say <b>", {"tasks.life.bounds": [0.0, 1.5]}, "a | b <i>", "cost <u>")
    found = diagnosis(LIFE.changed(fixes=(FLOOR, odd, Fix("look at it", {}, "insight"))))
    RunFolder(bare).write("findings.json", found.as_dict())
    write_report(bare)
    page, text = (bare / "report.html").read_text(), (bare / "report.md").read_text()
    section = page[page.index('<h2 id="options">') :].partition("<h2 id=")[2].partition("<h2 id=")[0]
    assert re.findall('class="what">(.*?)<', section) == ["weigh losses by their floors", "say &lt;b&gt;", "look at it"]
    assert section.count('<div class="option">') == 3
    for word in ("a | b &lt;i&gt;", "risk: cost &lt;u&gt;", "config.yaml PATCH", "<code>balance=floor</code>"):
        assert word in section, word
    told = text[text.index("## Options") :]
    assert "1. weigh losses by their floors (`balance=floor`); error\n   - expect: shares start equal" in told
    assert r"a \| b \<i\>" in told
    assert "3. look at it; error\n" in told


def test_a_loop_of_ones_own_has_no_configuration_to_train_again(bare: Path):
    (bare / "config.yaml").unlink()
    RunFolder(bare).write("findings.json", diagnosis(LIFE.changed(fixes=(FLOOR,))).as_dict())
    write_report(bare)
    for name in ("report.html", "report.md"):
        text = (bare / name).read_text()
        assert "None of them was tried here." in text
        assert "config.yaml PATCH" not in text
        assert f"polyhead train {bare}" not in text


def test_the_end_of_a_training_names_the_first_edit():
    words = finding("a", "error", fix("think"), sure=1.0)
    lines = finding_lines(diagnosis(words, finding("b", "warning", FLOOR)), Path("runs/one"))
    assert "   try first: balance=floor; expect shares start equal" in lines
    assert not any("try first" in line for line in finding_lines(diagnosis(words), Path("runs/one")))
    harmless = finding("n", "note", FLOOR)
    assert not any("try first" in line for line in finding_lines(diagnosis(words, harmless), Path("runs/one")))
