"""`polyhead convert`: what is converted, listed and removed."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from ruamel.yaml import YAML

from polyhead.cli import main
from polyhead.signals.readers import array, hdf5


@pytest.fixture
def config(tmp_path, monkeypatch) -> Path:
    """An experiment on a file that is large enough to be converted."""
    monkeypatch.setattr(array, "LOADED", 1000)
    monkeypatch.setattr(hdf5, "LOADED", 1000)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", data=np.zeros((20, 2, 30), np.float32), compression="gzip")
        file["plain"] = np.zeros((20, 2, 30), np.float32)
        file["y"] = np.arange(20)
    data = {"reader": "hdf5", "path": "x.h5", "inputs": {"s": "x"}, "targets": {"y": "y"}}
    content = {"name": "a", "data": data, "tasks": {"y": {"kind": "regression"}}, "model": {"backbone": "mlp"}}
    with (tmp_path / "a.yaml").open("w") as file:
        YAML().dump(content, file)
    return tmp_path / "a.yaml"


def run(capsys, *arguments) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["convert", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_data_are_converted_listed_and_removed(config, capsys, own_cache):
    assert run(capsys, "--list")[1] == f"no conversions ({own_cache})\n"
    code, out, _ = run(capsys, config)
    assert code == 0
    assert f"hdf5: {config.parent / 'x.h5'}, 4.93 kB" in out  # 20 x 2 x 30 x 4 bytes and a header of 128
    assert "values: 20 x 2 x 30 float32" in out
    assert f"1 in {own_cache}, 4.93 kB" in out
    assert "hdf5:" in run(capsys, "--list")[1]
    listed = json.loads(run(capsys, "--list", "--format", "json")[1])
    (entry,) = listed["entries"]
    assert (listed["cache"], entry["reader"], entry["bytes"]) == (str(own_cache), "hdf5", 4928)
    assert entry["arrays"] == [{"name": "values", "shape": [20, 2, 30], "type": "float32"}]
    gc.collect()  # what was read is no longer in use
    assert run(capsys, "--clear")[1].startswith("removed hdf5:")
    assert json.loads(run(capsys, "--list", "--format", "json")[1])["entries"] == []


def test_data_that_are_mapped_say_so(config, capsys):
    code, out, _ = run(capsys, config, "data.inputs.s=plain")
    assert code == 0
    assert "need no conversion" in out


@pytest.mark.parametrize("arguments", [[], ["--list", "--clear"], ["a.yaml", "--list"]])
def test_exactly_one_thing_is_asked_for(capsys, arguments):
    code, _, error = run(capsys, *arguments)
    assert code == 2
    assert "expected a config, --list or --clear" in error


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, own_cache):
    """128 MB that need converting, where no file may be larger than 1 MB."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", (2**15, 1, 2**10), np.float32, compression="gzip")
        file["y"] = np.arange(2**15)
    data = {"reader": "hdf5", "path": "x.h5", "inputs": {"s": "x"}, "targets": {"y": "y"}}
    content = {"name": "a", "data": data, "tasks": {"y": {"kind": "regression"}}, "model": {"backbone": "mlp"}}
    with (tmp_path / "a.yaml").open("w") as file:
        YAML().dump(content, file)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6));"
        "from polyhead.cli import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "convert", str(tmp_path / "a.yaml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{own_cache}: no room for 134 MB of converted data; free space" in line
    assert "POLYHEAD_CACHE" in line
    assert list(own_cache.iterdir()) == []
