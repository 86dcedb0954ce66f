"""Two processes from the command line and the library: whatever ends one of them, nothing stays behind but a run that
goes on to the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from polyhead import api
from polyhead.api import company
from polyhead.api.companion import LEFT_ALONE
from polyhead.errors import InputError
from polyhead.training.watcher import InterruptedRunError, Watcher

from ..machine import write_config
from ..training.test_resume import only_run, start, without_times

# Dropout, batch norm and a running average: everything that the two do not share.
MODEL = {"backbone": {"name": "tcn", "channels": [8, 8], "dropout": 0.1, "norm": "batch"}}
TRAIN = {"epochs": 2, "batch_size": 32, "devices": 2, "device": "cpu", "ema": 0.9}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that runs in this one start. None is left when a test ends."""
    found: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            found.append(self)

    monkeypatch.setattr(company.subprocess, "Popen", Noted)
    yield found
    assert all(one.returncode is not None for one in found)


class After(Watcher):
    """Does something once after so many steps."""

    def __init__(self, steps: int, act: Callable[[], None]) -> None:
        self.steps, self.act = steps, act

    def on_step(self, epoch: int, step: int) -> None:
        self.steps -= 1
        if self.steps == 0:
            self.act()


def test_whatever_ends_it_a_run_goes_on_to_the_same_bytes(tmp_path, started):
    config = write_config(tmp_path, model=MODEL, train=TRAIN)
    api.train(config, out=tmp_path / "whole")
    expected = without_times(only_run(tmp_path / "whole"))

    with pytest.raises(InterruptedRunError):
        api.train(config, out=tmp_path / "out", watcher=After(3, lambda: os.kill(os.getpid(), signal.SIGINT)))
    run = only_run(tmp_path / "out")

    written = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(written.replace("devices: 2", "devices: 1"))
    with pytest.raises(
        InputError, match=r"^train\.devices: .* began with 2 and cannot .* 1; write `devices: 2` in its"
    ):
        api.resume(run)
    (run / "config.yaml").write_text(written)

    with pytest.raises(InputError) as killed:
        api.resume(run, watcher=After(4, lambda: started[-1].kill()))
    assert killed.value.line == (
        f"{run}: process 2 of 2 was killed (signal 9, SIGKILL); everything up to epoch 1 is saved;"
        f" resume with: polyhead train --resume {run}"
    )
    state = json.loads((run / "state.json").read_text())
    assert (state["status"], state["reason"]) == ("failed", killed.value.line)

    api.resume(run)
    assert without_times(run) == expected


@pytest.mark.slow
def test_one_that_hangs_is_not_waited_for(tmp_path, started, monkeypatch):
    config = write_config(tmp_path, train=TRAIN)
    monkeypatch.setattr(company, "_PATIENCE", timedelta(seconds=3))
    monkeypatch.setattr(company, "_GOODBYE", 0.5)
    with pytest.raises(InputError, match=r"of 2 processes one does not answer \(.*3000ms.*--resume"):
        api.train(config, out=tmp_path, watcher=After(1, lambda: started[-1].send_signal(signal.SIGSTOP)))


READER = """
import os, sys
from pathlib import Path
from polyhead.signals.readers import READERS

def read(data):
    if Path(sys.argv[0]).stem == "companion":
        raise OSError("no such disk here")
"""


def test_one_that_cannot_begin_ends_the_run_with_its_own_words(tmp_path, started, monkeypatch):
    """The module of an own reader is found by all, wherever the first found it."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "disk_reader.py").write_text(READER + "    return READERS['npz'].read(data)\n")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    config = write_config(tmp_path, train=TRAIN)
    with pytest.raises(InputError) as refused:
        api.train(config, ["data.reader=disk_reader:read"], out=tmp_path / "out")
    assert refused.value.line == (
        "train.devices: process 2 of 2 ended: disk_reader:read: the reader raised OSError: no such disk here;"
        " write `devices: 1` to train without it"
    )
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*"))


def others(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that `process` has started and that live."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, parent, state in rows if int(parent) == process.pid and "Z" not in state]


def lives(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and "Z" not in listed


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    return found


def epochs_of(out: Path) -> int:
    """How many epochs the run in `out` has saved."""
    return max((json.loads(path.read_text())["epoch"] for path in out.rglob("state.json")), default=0)


def other_of(process: subprocess.Popen[bytes], out: Path) -> int:
    """The process beside `process`, once one more epoch is saved."""
    before = epochs_of(out)
    assert wait_for(lambda: process.poll() is not None or epochs_of(out) > before, 120)
    (other,) = others(process)
    return other


def test_on_the_command_line(tmp_path):
    config = write_config(tmp_path, train=TRAIN | {"epochs": 1000})
    process = start("train", str(config), "--out", str(tmp_path / "out"))
    os.kill(other_of(process, tmp_path / "out"), signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    run = only_run(tmp_path / "out")
    assert process.returncode == 2
    said = errors.decode().splitlines()
    assert not [line for line in said if "Traceback" in line]
    before, _, after = said[-1].partition("everything up to epoch ")
    assert before == f"polyhead: {run}: process 2 of 2 was killed (signal 9, SIGKILL); "
    assert after.endswith(f" is saved; resume with: polyhead train --resume {run}")

    process = start("train", "--resume", str(run))
    other = other_of(process, tmp_path / "out")
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(other, number)
    assert other_of(process, tmp_path / "out") == other  # only the first one is told to stop
    process.kill()
    process.communicate()
    assert wait_for(lambda: not lives(other), 5)


def test_one_whose_first_ends_before_they_met_ends_too(tmp_path):
    write_config(tmp_path).rename(tmp_path / "config.yaml")
    command = [sys.executable, "-m", "polyhead.api.companion", str(tmp_path), "1", "2", "1"]  # nobody is at port 1
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as other:
        try:
            assert other.communicate(timeout=30) == (None, b"")
        finally:
            other.kill()
    assert other.returncode == LEFT_ALONE
