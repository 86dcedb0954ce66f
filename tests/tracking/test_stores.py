"""The list of stores against the configuration and the folder; packages that are missing; nothing heavy unasked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from polyhead import tracking
from polyhead.config.tracking import TrackOptions
from polyhead.errors import InputError
from polyhead.tracking import STORES, build_trackers, store
from polyhead.tracking.store import require, said

from .cases import experiment


def test_every_store_has_its_options_and_its_file():
    assert list(STORES) == [name for name in TrackOptions.model_fields if name != "names"]
    assert tracking.__file__ is not None
    files = {path.stem for path in Path(tracking.__file__).parent.glob("*.py")}
    assert files - set(STORES) == {
        *("__init__", "card", "history", "mlflow_place", "names", "quiet", "store", "tracker", "wandb_record"),
    }


def test_nothing_is_tracked_unasked(tmp_path):
    assert build_trackers(experiment(), {"val/a/b": "c"}, tmp_path) == []


def test_names_that_are_those_of_nothing_are_said_at_the_start(tmp_path, capsys):
    build_trackers(experiment(track={"tensorboard": True}), {"val/a/b": "c"}, tmp_path)
    assert capsys.readouterr().err.startswith("track.names: none of its 1 names (val/a/b, ..) is a metric")


@pytest.mark.parametrize("name", STORES)
def test_a_package_that_is_missing(tmp_path, monkeypatch, name):
    monkeypatch.setattr(store, "find_spec", lambda package: None)
    with pytest.raises(InputError) as refused:
        build_trackers(experiment(track={name: True}), {}, tmp_path)
    assert refused.value.line == f'track.{name}: {name} is not installed; pip install "polyhead[{name}]"'


def test_a_package_that_is_there():
    require("json")


def test_the_room_loads_neither_torch_nor_a_tracker():
    code = (
        "import sys, polyhead.tracking, polyhead.tracking.wandb_record\n"
        "print(*{'torch', 'mlflow', 'wandb', 'tensorboard'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_foreign_error_in_one_short_line():
    assert said(OSError("http://me:secret@host:5000/a is away")) == "OSError: http://me:***@host:5000/a is away"
    assert said(OSError("a\n  b")) == "OSError: a b"
    assert said(KeyError()) == "KeyError"
    assert len(said(ValueError("x" * 999))) == len("ValueError: ") + 200
