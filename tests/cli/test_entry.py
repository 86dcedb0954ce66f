"""Words of a command line that the parser would not read by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.cli.application import chosen
from polyhead.cli.entry import completed


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["train", "a.yaml", "--resume"], ["train", "a.yaml", "--resume", "latest"]),
        (["train", "--resume", "runs/a/1"], ["train", "--resume", "runs/a/1"]),
        (
            ["train", "a.yaml", "--resume", "--format", "json"],
            ["train", "a.yaml", "--resume", "latest", "--format", "json"],
        ),
        (
            ["train", "a.yaml", "--tasks", "x", "y", "train.epochs=1"],
            ["train", "a.yaml", "--tasks", "x y", "train.epochs=1"],
        ),
        (["plot", "r", "--tasks", "x", "y", "--output-dir", "d"], ["plot", "r", "--tasks", "x y", "--output-dir", "d"]),
        (["plot", "--tasks", "x,y", "--format=json"], ["plot", "--tasks", "x,y", "--format=json"]),
        (["plot", "--tasks"], ["plot", "--tasks"]),
    ],
)
def test_words_become_what_the_parser_wants(given: list[str], read: list[str]) -> None:
    assert completed(given) == read


def test_a_file_behind_the_tasks_is_no_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    assert completed(["plot", "--tasks", "x", "run"]) == ["plot", "--tasks", "x", "run"]


@pytest.mark.parametrize("text", ["a b", "a,b", "a, b", " a  b "])
def test_tasks_are_apart_by_commas_or_spaces(text: str) -> None:
    assert chosen(text) == ["a", "b"]
