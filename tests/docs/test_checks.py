"""A page for every check, printed from its docstring, and a list of them all."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from polyhead.diagnosis.catalogue import GROUPS, check_module
from polyhead.diagnosis.page import HEADINGS
from polyhead.diagnosis.precision import precision_of

from .pages import DOCS

FOLDER = DOCS / "reference" / "checks"
IDS = [id for ids in GROUPS.values() for id in ids]


@pytest.fixture(scope="module")
def printers() -> Any:
    """The functions that print the reference."""
    sys.path.insert(0, str(DOCS / "_ext"))
    import polyhead_pages

    yield polyhead_pages.PRINTERS
    sys.path.remove(str(DOCS / "_ext"))


def test_every_check_has_a_page_where_findings_link_to() -> None:
    stubs = {path.stem: path.read_text() for path in FOLDER.glob("*.md") if path.stem != "index"}
    assert stubs == {id: f"<!-- generated: check {id} -->\n" for id in IDS}


def test_the_list_holds_every_check_once_in_its_group(printers: Any) -> None:
    sections = re.split(r"^## (.+)\n", printers["checks"](""), flags=re.MULTILINE)[1:]
    told = dict(zip(sections[::2], sections[1::2], strict=True))
    for (name, ids), (title, text) in zip(GROUPS.items(), told.items(), strict=True):
        assert title.lower() == name
        rows = re.findall(r"^\| \[`([a-z0-9-]+)`\]\(\1\.md\) \| (.+) \| (.+) \|$", text, flags=re.MULTILINE)
        assert [row[0] for row in rows] == list(ids)
        assert all(row[1] for row in rows)
    tree = told[list(told)[-1]].partition(":hidden:\n\n")[2].partition("\n```")[0]
    assert tree.splitlines() == [f"{id} <{id}>" for id in IDS]
    assert set(printers["check"].__globals__["WAITS"]) == {"trials", "runs"}


@pytest.mark.parametrize("id", IDS)
def test_a_page_has_every_heading_and_what_the_check_reads(printers: Any, id: str) -> None:
    text, check = printers["check"](id), check_module(id).CHECK
    assert re.search(r"^# (.+)$", text, flags=re.MULTILINE)[1].replace("\\", "") == check.page.title
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == list(HEADINGS)
    (reads,) = re.findall(r"^\| Reads \| (.+) \|$", text, flags=re.MULTILINE)
    assert re.findall(r"`([^`]+)`", reads) == [part for need in check.needs for part in need.split("|")]
    assert f"| Confidence | {'' if precision_of(id)[0] is None else f'{precision_of(id)[0]:.0%}: '}" in text
    words = re.sub(r"\[(`[^`]+`)\]\([^)]*\)", r"\1", text).replace("\\", "").split()
    for section in check.page.sections.values():
        assert " ".join(section.split()) in " ".join(words)


def test_what_a_check_explains_is_told_on_both_pages(printers: Any) -> None:
    for id in IDS:
        for other in check_module(id).CHECK.explains:
            assert f"[`{other}`]({other}.md)" in _row(printers["check"](id), "May explain")
            assert f"[`{id}`]({id}.md)" in _row(printers["check"](other), "May follow from")


def _row(text: str, name: str) -> str:
    return re.search(rf"^\| {name} \| (.*) \|$", text, flags=re.MULTILINE)[1]
