"""Words of a command line that the parser would not read by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from polyhead.cli.application import chosen
from polyhead.cli.entry import completed
from polyhead.errors import InputError


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


@pytest.mark.parametrize("path", ["runs/a/1", "a.csv", "./a"])
def test_a_path_behind_the_tasks_is_no_task(path: str) -> None:
    assert completed(["plot", "--tasks", "x", path]) == ["plot", "--tasks", "x", path]


def test_a_folder_of_its_name_does_not_hide_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "life").mkdir()
    assert completed(["train", "a.yaml", "--tasks", "fault", "life"])[-1] == "fault life"


def test_tasks_without_a_name_are_refused() -> None:
    with pytest.raises(InputError, match="names no task"):
        chosen(",")


@pytest.mark.parametrize("arguments", [["schema"], ["study", "list"], ["train", "nowhere.yaml", "--format", "json"]])
@pytest.mark.parametrize("away", ["| true", "> /dev/full"])
def test_a_result_that_nobody_takes_is_no_finding(arguments: list[str], away: str) -> None:
    command = f"{sys.executable} -m polyhead {' '.join(arguments)}"
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} {away}"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "could not be written" in ended.stderr


@pytest.mark.parametrize("text", ["a b", "a,b", "a, b", " a  b "])
def test_tasks_are_apart_by_commas_or_spaces(text: str) -> None:
    assert chosen(text) == ["a", "b"]
