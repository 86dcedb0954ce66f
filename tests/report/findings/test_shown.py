"""Findings on the page: what stands where, beside which figure, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.errors import InputError
from polyhead.report.figures.canvas import Panel
from polyhead.report.findings.shown import findings
from polyhead.report.page import write_report
from polyhead.report.run import read_run
from polyhead.trace.folder import RunFolder

from .said import ACCEPTED, FOLLOWS, LIFE, NOTE, OLD, diagnosis

SLICE = LIFE.changed(id="weak-slice")
DATA = LIFE.changed(id="filled-labels")


def shown(run: Path, found: Diagnosis, figures: dict[tuple[str, str], Panel] | None = None):
    RunFolder(run).write("findings.json", found.as_dict())
    return findings(read_run(run), figures or {})


def test_a_run_that_was_not_diagnosed_has_none(bare):
    assert findings(read_run(bare), {}) is None


def test_what_counts_what_is_odd_and_what_is_accepted(bare):
    found = shown(bare, diagnosis())
    assert [one.id for one in found.main] == ["head-range", "below-floor"]
    assert [one.id for one in found.notes] == ["class-imbalance"]
    assert [one.state for one in found.aside] == ["accepted: by design", "in the baseline"]
    assert found.skipped == [("the data profile has no time", "padded-time, missing-dt")]
    assert found.limits == ["one run is one seed"]
    first = found.main[0]
    assert first.evidence[0].startswith("share out of range 0.25 (0.2 to 0.3)")
    assert first.fixes[0] == ("widen it", "'tasks.life.bounds=[0.0, 1.5]'", "share 0")
    assert first.sure == "88%: 7 of 8 alarms right on planted set 1"


def test_the_first_three_stand_beside_the_figure_of_their_task_which_is_drawn_once(bare):
    own, other = (Panel(name, "", "", "[]", b"", Figure()) for name in ("own", "all"))
    wear = FOLLOWS.changed(scope=replace(FOLLOWS.scope, task="wear"))
    places = {("predictions", "life"): own, ("predictions", ""): other}
    found = shown(bare, diagnosis(FOLLOWS, FOLLOWS, wear, FOLLOWS), places)
    assert [one.panel for one in found.main] == [own, None, other, None]
    later = shown(bare, diagnosis(FOLLOWS, FOLLOWS, FOLLOWS, wear), places)
    assert [one.panel for one in later.main] == [own, None, None, None], "the fourth has none"
    assert {one.section for one in found.main} == {"predictions"}
    found = shown(bare, diagnosis(FOLLOWS), {("predictions", ""): other})
    assert found.main[0].panel is other


def test_a_section_that_the_page_lacks_is_not_pointed_to(bare):
    assert [one.section for one in shown(bare, diagnosis(FOLLOWS, SLICE, DATA)).main] == ["", "", "data"]
    held = RunFolder(bare).read("metrics.json")
    RunFolder(bare).write("metrics.json", held | {"slices": {"test": {"life": {"load": {"values": {}}}}}})
    assert [one.section for one in shown(bare, diagnosis(SLICE)).main] == ["parts"]


@pytest.mark.parametrize(
    "text", ["{", '{"schema_version": 1}', '{"schema_version": 1, "findings": [], "checks": ["a"]}']
)
def test_damaged_findings_are_named(bare, text):
    (bare / "findings.json").write_text(text)
    with pytest.raises(InputError, match=r"findings\.json"):
        findings(read_run(bare), {})


def test_both_pages_hold_everything(bare):
    odd = LIFE.changed(what="a <b> | `c` & d", why="why <i>")
    RunFolder(bare).write("findings.json", diagnosis(odd, FOLLOWS, NOTE, ACCEPTED, OLD).as_dict())
    write_report(bare)
    page, text = (bare / "report.html").read_text(), (bare / "report.md").read_text()
    assert "a &lt;b&gt; | `c` &amp; d" in page
    assert "why &lt;i&gt;" in page
    for word in (
        "exp.yaml:12",
        "Follows from head-range",
        "accepted: by design",
        "in the baseline",
        "one run is one seed",
    ):
        assert word in page, word
    assert "polyhead explain-check head-range" in page
    assert "tasks.life.bounds=[0.0, 1.5]" in page
    for anchor in re.findall(r'class="see" href="#(\w+)"', page):
        assert f'id="{anchor}"' in page
    section = text[text.index("## Findings") :]
    assert r"a \<b\> \| \`c\` & d" in section
    for word in (
        "### error `head-range`",
        "- against it: skill 0.6",
        "accepted: by design: `proxy-label`",
        "exp.yaml:12",
    ):
        assert word in section, word
    assert "what this cannot tell" in section.lower()
    assert section.index("head-range") < section.index("below-floor") < section.index("class-imbalance")
