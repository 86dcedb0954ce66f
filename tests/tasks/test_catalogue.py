"""The explicit list of kinds against the folder, the configuration and the score board."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from polyhead import tasks
from polyhead.config.tasks import Task as TaskConfig
from polyhead.scoring.board import KINDS

SHARED = {"__init__", "task", "choice", "head", "scale", "numbers", "signal", "marks", "spacing", "steps"}


def test_every_kind_has_its_file_and_every_file_its_kind():
    files = {path.stem for path in Path(tasks.__file__).parent.glob("*.py")}
    assert set(tasks.TASKS) == files - SHARED
    assert all(task.kind == kind and task.__module__.endswith(f".{kind}") for kind, task in tasks.TASKS.items())


def test_every_kind_can_be_configured_and_scored():
    union, *_ = get_args(TaskConfig)
    configured = {get_args(options.model_fields["kind"].annotation)[0] for options in get_args(union)}
    assert set(tasks.TASKS) == configured == set(KINDS)
