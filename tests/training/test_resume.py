"""Killed at any moment and resumed, a run ends with identical tensors and identical traces but for times."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pytest
import torch

from polyhead import api
from polyhead.errors import InputError
from polyhead.training.watcher import EpochReport, InterruptedRunError, Watcher

from ..machine import write_config, write_machine

COMMAND = [sys.executable, "-c", "from polyhead.cli import main; main()"]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(*arguments: str) -> None:
    process = start(*arguments)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


def only_run(out: Path) -> Path:
    (run,) = (out / "machine").iterdir()
    return run


def without_times(run: Path) -> dict[str, Any]:
    """Everything a run holds that must not depend on when it ran or was interrupted."""
    content: dict[str, Any] = {}
    for path in sorted((run / "trace").glob("*.csv")):
        frame = polars.read_csv(path)
        content[path.name] = frame.drop("epoch_time", strict=False).write_csv()
    for path in sorted([*run.glob("trace/steps/*.parquet"), *run.glob("predictions/*.parquet")]):
        frame = polars.read_parquet(path).drop("seconds", "balance_seconds", strict=False)
        content[path.name] = frame.write_ndjson()
    for name in ("metrics.json", "data.json", "metadata.json"):
        content[name] = (run / name).read_text()
    state = json.loads((run / "state.json").read_text())
    content["state"] = {key: state[key] for key in ("status", "epoch", "step", "best", "stopped_by")}
    for path in sorted(run.glob("checkpoints/*.ckpt")):
        content[path.name] = tensors(torch.load(path, weights_only=True))
    return content


def tensors(value: Any) -> Any:
    """A checkpoint as plain values that compare bit by bit, without seconds and sizes of tables that hold times."""
    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: tensors(item) for key, item in value.items() if key not in ("seconds", "price_seconds", "tables")}
    if isinstance(value, list | tuple):
        return [tensors(item) for item in value]
    return value


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The config, and what a run that nothing interrupted leaves behind."""
    folder = tmp_path_factory.mktemp("whole")
    config = write_config(folder)
    finish("train", str(config), "--out", str(folder / "runs"))
    return config, without_times(only_run(folder / "runs"))


def kill_and_resume(config: Path, out: Path, when: float | str) -> dict[str, Any]:
    """Kill after `when` seconds of training, or as soon as a file of that name appears; resume until it ends."""
    process = start("train", str(config), "--out", str(out))
    deadline = time.monotonic() + 120
    pattern = when if isinstance(when, str) else "machine/*/checkpoints/last.ckpt"
    while not list(out.glob(pattern)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    if not isinstance(when, str):
        time.sleep(when)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finish("train", "--resume", str(only_run(out)))
    return without_times(only_run(out))


def test_killed_run_resumes_to_the_same_bytes(whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    config, expected = whole
    assert kill_and_resume(config, tmp_path, "machine/*/checkpoints/best.ckpt") == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(whole: tuple[Path, dict[str, Any]], tmp_path: Path, seed: int) -> None:
    config, expected = whole
    when: float | str = random.Random(seed).uniform(0, 4)
    if seed % 4 == 0:
        when = "machine/*/checkpoints/.*.draft"  # while a checkpoint is being written
    assert kill_and_resume(config, tmp_path, when) == expected


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Runs in this process begin with one thread, as those in processes of their own do."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class InterruptAfter(Watcher):
    """Sends the process a Ctrl-C after so many steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step(self, epoch: int, step: int) -> None:
        self.steps -= 1
        if self.steps == 0:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("steps", [1, 8])
def test_ctrl_c_finishes_the_step_and_resumes_to_the_same_bytes(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, steps: int
) -> None:
    config, expected = whole
    with pytest.raises(InterruptedRunError, match="polyhead train --resume"):
        api.train(config, out=tmp_path, watcher=InterruptAfter(steps))
    run = only_run(tmp_path)
    state = json.loads((run / "state.json").read_text())
    assert (state["status"], state["step"]) == ("interrupted", steps)
    torch.set_num_threads(2)  # resuming takes the threads that the run began with
    api.resume(run)
    assert without_times(run) == expected


def test_ctrl_c_on_the_command_line_says_how_to_go_on(whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    config, expected = whole
    process = start("train", str(config), "--out", str(tmp_path))
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("machine/*/checkpoints/best.ckpt")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    last = errors.decode().strip().splitlines()[-1]
    assert last.endswith(f"resume with: polyhead train --resume {only_run(tmp_path)}")
    finish("train", str(config), "--resume", "--out", str(tmp_path))
    assert without_times(only_run(tmp_path)) == expected


def test_resume_of_a_finished_run_changes_nothing(whole: tuple[Path, dict[str, Any]]) -> None:
    config, expected = whole
    run = only_run(config.parent / "runs")
    api.resume(run)
    assert without_times(run) == expected


def test_resume_refuses_other_data(whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    config = write_config(tmp_path)

    class Stop(Watcher):
        def on_epoch(self, report: EpochReport) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedRunError):
        api.train(config, out=tmp_path / "runs", watcher=Stop())
    write_machine(tmp_path / "machine.npz", seed=1)
    with pytest.raises(InputError, match=r"data .*not those the run began with"):
        api.resume(only_run(tmp_path / "runs"))
