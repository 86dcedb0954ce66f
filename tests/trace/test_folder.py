"""The run folder: files whole or not at all, one writer at a time, and the run that is to go on."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.trace.folder import SCHEMA_VERSION, RunFolder, json_text, write_whole

NOW = datetime(2026, 3, 4, 5, 6, 7)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("content", "raw"), [(b"\x00\xff", b"\x00\xff"), ("größe\n", "größe\n".encode()), ("", b"")])
def test_a_file_holds_what_was_written_and_nothing_is_left_beside_it(tmp_path, content, raw):
    path = tmp_path / "new" / "folder" / "file"
    write_whole(path, content)
    write_whole(path, content)
    assert path.read_bytes() == raw
    assert names(path.parent) == ["file"]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "file"
    sizes = [300_000, 500_000]
    contents = [bytes([65 + i]) * size for i, size in enumerate(sizes)]
    write_whole(path, contents[0])
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for count in range(60):
        write_whole(path, contents[count % 2])
    done.set()
    reader.join()
    assert set(seen) <= set(contents)
    assert len(seen) > 5


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("fsync", errno.ENOSPC, "no room on the disk for 3 bytes; the earlier file is kept"),
        ("fsync", errno.EDQUOT, "no room on the disk"),
        ("fsync", errno.EIO, "cannot be written .*error"),
        ("replace", errno.EACCES, "cannot be written .*[Pp]ermission"),
    ],
)
def test_a_failed_write_keeps_the_old_file_and_leaves_no_draft(tmp_path, monkeypatch, call, code, words):
    path = tmp_path / "file"
    write_whole(path, "old")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), fail)
    with pytest.raises(InputError, match=words) as caught:
        write_whole(path, "new")
    assert caught.value.where == str(path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_the_first_write_promises_no_earlier_file(tmp_path, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError) as caught:
        write_whole(tmp_path / "file", "new")
    assert "kept" not in caught.value.line
    assert names(tmp_path) == []


def test_an_interrupt_leaves_no_draft(tmp_path, monkeypatch):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "new")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_synced_is_no_failure(tmp_path, monkeypatch):
    sync = os.fsync

    def fsync(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112 - a descriptor, not a path
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"


def run_python(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_full_disk_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_whole(path, "old")
    limited = """
import resource, signal, sys
from pathlib import Path
from polyhead.errors import InputError
from polyhead.trace.folder import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(Path(sys.argv[1]), "x" * 2000)
except InputError as error:
    print(error.line)
"""
    assert "no room on the disk for 2,000 bytes; the earlier file is kept" in run_python(limited, path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(tmp_path / "file" / "below", "x")
    with pytest.raises(InputError, match=r"cannot make the run folder .*--out"):
        RunFolder.create(tmp_path / "file", "x", NOW)


def test_json_holds_no_nan():
    value = {"a": float("nan"), "b": [1.5, (float("inf"), -float("inf"))], 3: np.float32("nan"), "n": np.int64(7)}
    text = json_text(value | {"yes": True, "none": None, "word": "größe", "np": np.bool_(False)})
    assert json.loads(text) == {
        "a": None, "b": [1.5, [None, None]], "3": None, "n": 7, "yes": True, "none": None, "word": "größe", "np": False,
    }  # fmt: skip
    assert "größe" in text
    assert text.endswith("}\n")


def test_json_keeps_every_digit():
    assert json.loads(json_text({"x": 0.1 + 0.2}))["x"] == 0.1 + 0.2


def test_a_command_line_that_is_no_text_can_be_written(tmp_path):
    run = RunFolder(tmp_path)
    run.write("environment.json", {"command": b"caf\xe9".decode(errors="surrogateescape")})
    assert run.read("environment.json")["command"] == "caf\udce9"


def test_each_run_has_a_folder_of_its_own(tmp_path):
    made = [RunFolder.create(tmp_path / "runs", "bearings", NOW).path for _ in range(12)]
    assert [path.name for path in made[:3]] == ["20260304-050607", "20260304-050607-1", "20260304-050607-2"]
    assert len(set(made)) == 12
    assert all(path.parent == tmp_path / "runs" / "bearings" for path in made)


def test_files_lie_where_the_contract_says(tmp_path):
    run = RunFolder(tmp_path)
    assert run.trace == tmp_path / "trace"
    assert run.checkpoint("best-fault") == tmp_path / "checkpoints" / "best-fault.ckpt"
    assert run.predictions("val") == tmp_path / "predictions" / "val.parquet"


def test_only_a_folder_with_a_config_is_a_run(tmp_path):
    with pytest.raises(InputError, match=r"no run here: config\.yaml is missing"):
        RunFolder.open(tmp_path)
    (tmp_path / "config.yaml").write_text("name: x\n")
    assert RunFolder.open(tmp_path).path == tmp_path


def made(out: Path, stamp: str, status: str | None = "running", config: bool = True, checkpoint: bool = True) -> Path:
    run = RunFolder(out / "x" / stamp)
    run.write("state.json", {"status": status})
    if config:
        write_whole(run.path / "config.yaml", "name: x\n")
    if checkpoint:
        write_whole(run.checkpoint("last"), b"")
    return run.path


def test_the_latest_run_is_the_newest_that_can_go_on(tmp_path):
    with pytest.raises(InputError, match="no unfinished run to resume"):
        RunFolder.latest(tmp_path, "x")
    old = made(tmp_path, "20260101-000000")
    assert RunFolder.latest(tmp_path, "x").path == old
    new = made(tmp_path, "20260301-000000")
    made(tmp_path, "20260401-000000", status="finished")
    made(tmp_path, "20260402-000000", config=False)
    made(tmp_path, "20260403-000000", checkpoint=False)
    (tmp_path / "x" / "notes.txt").write_text("")
    assert RunFolder.latest(tmp_path, "x").path == new
    with pytest.raises(InputError):
        RunFolder.latest(tmp_path, "y")


def test_the_tenth_run_of_a_second_is_newer_than_the_ninth(tmp_path):
    for count in ("", "-1", "-9", "-10", "-2"):
        made(tmp_path, f"20260101-000000{count}")
    assert RunFolder.latest(tmp_path, "x").path.name == "20260101-000000-10"


def test_a_file_is_read_as_it_was_written(tmp_path):
    run = RunFolder(tmp_path)
    run.write("state.json", {"epoch": 3, "best": None})
    assert run.read("state.json") == {"schema_version": SCHEMA_VERSION, "epoch": 3, "best": None}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "missing from the run folder"),
        ("", "cannot be read as JSON"),
        ('{"schema_version": 1, "epo', "cannot be read as JSON"),
        (b"\xff\xfe", "cannot be read as JSON"),
        ('{"schema_version": 99}', "layout version 99, expected 1"),
        ("{}", "layout version None"),
        ("[1]", "layout version None"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_by_name(tmp_path, content, words):
    if content is not None:
        (tmp_path / "state.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=words) as caught:
        RunFolder(tmp_path).read("state.json")
    assert caught.value.where == str(tmp_path / "state.json")


HOLDER = """
import sys
from pathlib import Path
from polyhead.trace.folder import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_folder(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        run = RunFolder(tmp_path)
        with pytest.raises(InputError, match=rf"in use by process {holder.pid};") as caught, run.lock():
            pytest.fail("two processes hold the folder")
        assert caught.value.where == str(tmp_path)
        holder.communicate("")
    with RunFolder(tmp_path).lock():
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_a_killed_process_holds_nothing(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        holder.wait()
    with RunFolder(tmp_path).lock():
        pass


def test_the_lock_is_let_go_after_an_error(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(ZeroDivisionError), run.lock():
        raise ZeroDivisionError
    with run.lock(), pytest.raises(InputError, match="in use"), run.lock():
        pass


def test_a_folder_that_is_gone_cannot_be_locked(tmp_path):
    with pytest.raises(InputError, match="cannot be written to"), RunFolder(tmp_path / "gone").lock():
        pass
