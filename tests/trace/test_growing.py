"""A table that grows on the disk: the same rows as one written at once, there whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest
from polars.testing import assert_frame_equal

from polyhead.errors import InputError
from polyhead.trace import growing
from polyhead.trace.growing import growing_table

FRAME = polars.DataFrame(
    {"recording": ["a", 'b "c"', "größe"] * 5, "wear.pred": np.linspace(0, 1, 15), "bad.pred": np.arange(15) % 2}
)


def append_all(path: Path) -> None:
    with growing_table(path) as table:
        for first in range(0, 15, 4):
            table.append(FRAME[first : first + 4])
            assert path.name not in {one.name for one in path.parent.iterdir() if not one.name.startswith(".")}


@pytest.mark.parametrize("held", [0, 2**20], ids=["every append is written", "all in one"])
@pytest.mark.parametrize("name", ["p.parquet", "p.csv"])
def test_rows_are_those_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, held: int):
    monkeypatch.setattr(growing, "_HELD", held)
    path = tmp_path / "new" / name
    path.parent.mkdir()
    append_all(path)
    read = polars.read_csv(path) if path.suffix == ".csv" else polars.read_parquet(path)
    assert_frame_equal(read, FRAME)
    assert [one.name for one in path.parent.iterdir()] == [name]


def fail(path: Path, error: type[BaseException]) -> None:
    with growing_table(path) as table:
        table.append(FRAME)
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("name", ["p.parquet", "p.csv"])
def test_what_ends_in_the_middle_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: type[BaseException]
):
    monkeypatch.setattr(growing, "_HELD", 0)
    (tmp_path / name).write_text("old")
    with pytest.raises(error):
        fail(tmp_path / name, error)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(name, "old")]


KILLED = """
import os, signal, sys
from pathlib import Path
import polars
from polyhead.trace import growing
growing._HELD = 0
with growing.growing_table(Path(sys.argv[1])) as table:
    table.append(polars.DataFrame({"a": [1]}))
    print("written", flush=True)
    sys.stdin.read()
"""


def test_the_draft_of_a_killed_process_goes_and_that_of_a_living_one_stays(tmp_path: Path):
    path = tmp_path / "p.csv"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdin=pipe, stdout=pipe) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"written\n"
        draft = f".p.csv.{other.pid}.draft"
        append_all(path)
        assert sorted(one.name for one in tmp_path.iterdir()) == [draft, "p.csv"]
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        append_all(tmp_path / "another.csv")
        assert draft in {one.name for one in tmp_path.iterdir()}
        path.unlink()
        append_all(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["another.csv", "p.csv"]


def test_a_table_that_cannot_be_written_is_refused_at_once(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for path, says in (
        (tmp_path / "p.txt", "ends in '.txt'"),
        (tmp_path / "folder.csv", "is a folder"),
        (tmp_path / "file" / "p.csv", "cannot be written"),
    ):
        with pytest.raises(InputError, match=says), growing_table(path):
            pytest.fail("it was opened")
