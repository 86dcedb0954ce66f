"""The check of one's own that a page shows, installed as its package would be."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from polyhead.cli import entry
from polyhead.diagnosis import catalogue
from polyhead.diagnosis.page import HEADINGS

from .pages import DOCS, ROOT, blocks

PAGE = DOCS / "howto" / "own_check.md"
RUN = ROOT / "tests" / "diagnosis" / "frozen" / "machines"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what pip would make of the page's files."""
    shown = {block.file or block.language: block.text for block in blocks(PAGE)}
    project = tomllib.loads(shown["toml"])["project"]
    (tmp_path / "few_recordings.py").write_text(shown["few_recordings.py"])
    about = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"]
    lines = [line for group in points for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points[group].items()))]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "few_recordings", raising=False)
    catalogue.all_checks.cache_clear()
    yield tmp_path
    sys.modules.pop("few_recordings", None)
    catalogue.all_checks.cache_clear()


def test_it_is_one_of_all_checks_and_explains_itself(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert catalogue.all_checks()[-1].id == "few-recordings"
    assert tuple(catalogue.all_checks()[-1].page.sections) == HEADINGS
    assert entry.run(["explain-check", "few-recordings"]) == 0
    assert capsys.readouterr().out.startswith("few-recordings: Scores over few recordings\n")
    assert entry.run(["explain-check", "list"]) == 0
    assert "of installed packages:\n   few-recordings" in capsys.readouterr().out


def test_it_looks_at_a_run_beside_the_others(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["diagnose", str(RUN), "--select", "few-recordings"]) == 0
    told = " ".join(capsys.readouterr().out.split())  # lines break where the folder's name is long
    assert "1 of 1 checks looked" in told
    assert entry.run(["diagnose", str(RUN), "--select", "few-recordings", "--fail-on", "warning"]) == int(
        "warning few-recordings" in told
    )


def test_its_threshold_has_two_sides(installed: Path) -> None:
    import few_recordings

    assert few_recordings.judge(few_recordings.Judged("fault", "test", 20)) is None
    found = few_recordings.judge(few_recordings.Judged("fault", "test", 19))
    assert (found.severity, found.evidence[0].value, found.scope.task) == ("warning", 19, "fault")
