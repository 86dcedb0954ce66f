"""Bad input ends in one clear line that says what, where and what to do, with exit code 2 and nothing left behind."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from polyhead.cli.entry import run
from polyhead.trace.folder import RunFolder

from ..machine import RECORDINGS, WINDOWS, machine_config, write_config, write_machine


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a refused command prints."""
    assert run(list(arguments)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    lines = [line for line in output.err.splitlines() if line.startswith("polyhead: ")]
    assert len(lines) == 1
    assert "Traceback" not in output.err
    return lines[0]


def train_refused(capsys: pytest.CaptureFixture[str], folder: Path, *overrides: str) -> str:
    config = folder / "machine.yaml"
    if not config.exists():
        write_config(folder)
    line = refused(capsys, "train", str(config), *overrides, "--out", str(folder / "runs"))
    assert not list((folder / "runs").rglob("*")), "something half-written was left behind"
    return line


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("train.epoch=5", "did you mean"),
        ("train.epochs=ten", "train.epochs"),
        ("tasks.wear.kind=regresion", "did you mean regression"),
        ("data.reader=npy", "did you mean npz"),
        ("model.backbone=resnet", "not available yet"),
        ("balance=pcgard", "did you mean pcgrad"),
        ("track={mlflow: {uri: x}}", "cannot open x"),
        ("train.monitor=val/life/r2", "life"),
        ("train.monitor=val/wear/auroc", "auroc"),
        ("train.monitor=test/wear/r2", "test"),
        ("tasks.wear.metrics=[]", "metrics"),
        ("data.time=load", "nothing reads it"),
        ("tasks.good={kind: binary, target: state}", "binary needs two labels"),
        ("tasks.bad.positive=3", "is no label of target 'bad'"),
        ("train.monitor=val/wear/bias", "neither more nor less bias"),
        ("train.schedule={name: onecycle, warmup: 5}", "does not read warmup"),
        ("model.backbone={name: tcn, stem_stride: 4}", "would be lost"),
        ("tasks.wear.metrics=[r3]", "r3"),
        ("tasks.life={kind: regression}", "life"),
        ("tasks={wear: {kind: regression, enabled: false}}", "disabled"),
        ("model.heads={life: {}}", "heads"),
        ("data.targets.wear.key=weer", "did you mean 'wear'"),
        ("data.group=machin", "did you mean 'machine'"),
        ("data.window={length: 200, stride: 10}", "exceed the recordings"),
        ("data.split.stratify=speed", "speed"),
        ("tasks.wear.bounds=[0, 1]", "outside bounds"),
        ("tasks.next.channels=[z]", "no channel 'z'"),
        ("data.split={by: window, fractions: [0.5, 0.6, 0.2]}", "sum to 1"),
        ("train.device=cuda", "no GPU here"),
    ],
)
def test_config_that_does_not_fit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, override: str, expected: str
) -> None:
    if override == "train.device=cuda" and torch.cuda.is_available():
        pytest.skip("there is a cuda device here")
    assert expected in train_refused(capsys, tmp_path, override)


def test_batch_statistics_need_a_batch(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mlp = "model.backbone={name: mlp, norm: batch}"
    assert "nothing to average over" in train_refused(capsys, tmp_path, mlp, "train.batch_size=1")


def test_words_that_leave_open_which_means_yes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed(tmp_path, bad=lambda values: np.where(values == 1, "faulty", "healthy"))
    assert "which of faulty and healthy means yes?" in train_refused(capsys, tmp_path)


def test_a_reader_of_one_s_own_that_fails_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_reader.py").write_text("def read(data):\n    raise KeyError('speed')\n")
    line = train_refused(capsys, tmp_path, "data.reader=my_reader:read")
    assert "my_reader:read: the reader raised KeyError: 'speed'" in line


def test_a_reader_of_one_s_own_that_returns_something_else_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dict_reader.py").write_text("def read(data):\n    return {}\n")
    line = train_refused(capsys, tmp_path, "data.reader=dict_reader:read")
    assert "dict_reader:read: expected a Source of the reader, found a value of type dict" in line


def test_a_skill_that_nothing_can_measure_ends_the_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Validation holds one recording of one class, so that AUROC is undefined at every epoch."""

    def apart(values: np.ndarray) -> np.ndarray:
        return (np.arange(len(values)) // WINDOWS < RECORDINGS // 2).astype(np.int64)

    changed(tmp_path, bad=apart)
    side = np.repeat(["train"] * (RECORDINGS - 4) + ["val"] * 2 + ["test"] * 2, WINDOWS)
    with np.load(tmp_path / "machine.npz") as held:
        np.savez(tmp_path / "machine.npz", **held, side=side)
    config, out = str(tmp_path / "machine.yaml"), str(tmp_path / "runs")
    line = refused(capsys, "train", config, "data.split={column: side}", "--tasks", "bad", "--out", out)
    assert "no task has a skill on validation" in line


def changed(folder: Path, **arrays: Any) -> Path:
    """The machine's file with some arrays changed by a function, and the config beside it."""
    path = write_machine(folder / "machine.npz")
    with np.load(path) as held:
        content = dict(held)
    for name, change in arrays.items():
        content[name] = change(content[name])
    np.savez(path, **content)
    write_yaml(folder, machine_config(path))
    return path


def write_yaml(folder: Path, config: dict[str, Any]) -> None:
    from ruamel.yaml import YAML

    with (folder / "machine.yaml").open("w") as file:
        YAML().dump(config, file)


def spoiled(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values[3 * WINDOWS, 0, 5] = np.nan
    return values


def test_nan_in_an_input_names_channel_and_recording(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed(tmp_path, x=spoiled)
    line = train_refused(capsys, tmp_path)
    assert "channel '0'" in line
    assert "recording 'm03'" in line
    assert "non_finite: mask" in line


def test_nan_in_an_input_may_be_masked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed(tmp_path, x=spoiled)
    command = ["train", str(tmp_path / "machine.yaml"), "data.non_finite=mask", "train.epochs=1"]
    assert run([*command, "--out", str(tmp_path / "runs")]) == 0


def test_arrays_of_unequal_length(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed(tmp_path, wear=lambda values: values[:-1])
    line = train_refused(capsys, tmp_path)
    assert "unequal length" in line
    assert str(RECORDINGS * WINDOWS - 1) in line


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, "constant in training: 1.5"), (np.nan, "every label of target 'wear' is missing")]
)
def test_target_that_teaches_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, value: float, expected: str
) -> None:
    changed(tmp_path, wear=lambda values: np.full_like(values, value))
    assert expected in train_refused(capsys, tmp_path)


def test_class_that_training_never_saw(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def rare(values: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(values)) // WINDOWS == RECORDINGS - 1, "burnt", values)

    changed(tmp_path, state=rare)
    sides = ["train"] * (RECORDINGS - 4) + ["test"] * 2 + ["val"] * 2
    with np.load(tmp_path / "machine.npz") as held:
        np.savez(tmp_path / "machine.npz", **held, side=np.repeat(sides, WINDOWS))
    line = train_refused(capsys, tmp_path, "data.split={column: side}")
    assert "class 'burnt' occurs in val (recording 'm23') but never in training" in line


def test_recording_that_straddles_a_given_split(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    changed(tmp_path)
    side = np.repeat(["train"] * (RECORDINGS - 4) + ["test"] * 2 + ["val"] * 2, WINDOWS)
    side[0] = "val"
    with np.load(tmp_path / "machine.npz") as held:
        np.savez(tmp_path / "machine.npz", **held, side=side)
    assert "recording 'm00' stands in train and val" in train_refused(capsys, tmp_path, "data.split={column: side}")


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "foreign", "folder", "objects"])
def test_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str) -> None:
    path = changed(tmp_path)
    whole = path.read_bytes()
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "objects":
        np.savez(path, x=np.array([{"code": print}], dtype=object))
    elif kind != "missing":
        path.write_bytes({"empty": b"", "truncated": whole[: len(whole) // 2], "foreign": b"GIF89a" * 100}[kind])
    assert "machine.npz" in train_refused(capsys, tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that ended."""
    folder = tmp_path_factory.mktemp("finished")
    assert run(["train", str(write_config(folder)), "train.epochs=1", "--out", str(folder / "runs")]) == 0
    (path,) = (folder / "runs" / "machine").iterdir()
    return path


class Bomb:
    """Runs a command when it is unpickled the careless way."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (Path.touch, (self.path,))


def test_checkpoint_that_holds_code_is_not_executed(
    capsys: pytest.CaptureFixture[str], finished: Path, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "evil.ckpt"
    checkpoint.write_bytes(pickle.dumps({"network": Bomb(tmp_path / "ran")}))
    torch.save({"network": Bomb(tmp_path / "ran")}, tmp_path / "evil2.ckpt")
    for path in (checkpoint, tmp_path / "evil2.ckpt"):
        line = refused(capsys, "evaluate", str(finished), "--checkpoint", str(path))
        assert "not executed" in line
    assert not (tmp_path / "ran").exists()


def test_checkpoint_of_someone_else(capsys: pytest.CaptureFixture[str], finished: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": torch.zeros(2)}}, tmp_path / "other.ckpt")
    line = refused(capsys, "evaluate", str(finished), "--checkpoint", str(tmp_path / "other.ckpt"))
    assert "not a checkpoint" in line


def test_run_folder_in_use(capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    with RunFolder(finished).lock():
        assert "in use by process" in refused(capsys, "train", "--resume", str(finished))


def test_a_generator_is_not_handed_a_file_in_vain(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = str(write_machine(tmp_path / "machine.npz"))
    line = refused(capsys, "study", "bearings", "--data", data, "--out", str(tmp_path / "runs"))
    assert "the generator 'bearings' reads no file" in line
    assert not list((tmp_path / "runs").rglob("*"))


def test_folder_that_is_no_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no run here" in refused(capsys, "report", str(tmp_path))


LIMITED = """
import resource, sys
from polyhead.cli import main
import torch, lightning_fabric, sklearn.metrics, polyhead.training.finish
resource.setrlimit({limit}, ({size}, {size}))
main(sys.argv[1:])
"""


def limited(limit: str, size: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = LIMITED.format(limit=f"resource.{limit}", size=size)
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_disk_full_keeps_the_old_checkpoint(finished: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    arguments = ["train", str(config), "--out", str(tmp_path / "runs")]
    size = (finished / "checkpoints" / "last.ckpt").stat().st_size
    # The first last.ckpt has no optimiser state yet and fits; a later one does not. The kernel refuses the bytes.
    result = limited("RLIMIT_FSIZE", str(size * 2 // 3), *arguments)
    assert result.returncode == 2, result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert "no room on the disk" in line
    assert "the earlier file is kept" in line
    (path,) = (tmp_path / "runs" / "machine").iterdir()
    torch.load(path / "checkpoints" / "last.ckpt", weights_only=True)
    assert not list(path.rglob(".*.draft"))
    assert run(["train", "--resume", str(path)]) == 0


def test_out_of_memory_names_the_batch_size_that_fits(tmp_path: Path) -> None:
    """With a limit on the address space, as a container has."""
    config = write_config(tmp_path)
    wide = ["model.backbone={name: mlp, hidden: [1048576]}", "train.batch_size=168", "tasks.next.enabled=false"]
    used = "int(open('/proc/self/statm').read().split()[0]) * 4096 + 3_600_000_000"
    result = limited("RLIMIT_AS", used, "train", str(config), *wide, "--out", str(tmp_path / "runs"))
    assert result.returncode == 2, result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert "out of memory with batches of 168 windows" in line
    assert "batch_size: " in line
    assert "Traceback" not in result.stderr
