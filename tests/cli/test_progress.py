"""What progress shows: a line per epoch, or one line that moves and fits the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.cli.counting import counted
from polyhead.cli.progress import LiveProgress, PlainProgress
from polyhead.scoring.metric import Score
from polyhead.training.watcher import EpochReport, Watcher


def report(skills: dict[str, float | None]) -> EpochReport:
    scores = {task: {"r2": primary(skill)} for task, skill in skills.items()}
    losses = {split: dict.fromkeys(skills, 1.0) for split in ("train", "val")}
    weights, none = dict.fromkeys(skills, 1.0), ""
    return EpochReport(2, 9, 1.25, 1.5, scores, 0.5, True, 7.0, none, losses, weights, 1e-3)


def primary(skill: float | None) -> Score:
    return Score(skill, 0.0, None, skill, 40, None, None, None, "higher", 1.0, "", True)


def shown(watcher: Watcher, skills: dict[str, float | None]) -> None:
    watcher.on_start(Path("runs/a/1"), tuple(skills), 9, 5)
    watcher.on_step(1, 4)
    watcher.on_epoch(report(skills))
    watcher.on_end(None)


def test_a_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    shown(PlainProgress(), {"fault": 0.25, "life": None})
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == "epoch 2/9  loss 1.250 / 1.500  skill  0.50  fault  0.25  life   –    7 s *"


def test_every_task_where_there_is_room(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown(LiveProgress(), {"fault": 0.25, "life": -0.5})
    line = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert "fault  0.25  life -0.50" in line


def test_eight_tasks_fit_eighty_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    skills: dict[str, float | None] = {f"task{number}": number / 10 - 0.25 for number in range(7)} | {"last": None}
    shown(LiveProgress(), skills)
    lines = capsys.readouterr().err.rstrip().splitlines()
    assert "4 of 8 above 0, least task0 -0.25" in lines[-1]
    assert max(map(len, lines[1:])) <= 80


def test_counting_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with counted("predicting", "windows") as on_progress:
        assert on_progress is None
    assert capsys.readouterr().err == ""
