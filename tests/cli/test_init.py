"""`polyhead init`: a file becomes a configuration that trains, is refused in one line, or nothing is written."""

from __future__ import annotations

import gzip
import json

import h5py
import numpy as np
import polars
import pytest

from polyhead import api
from polyhead.cli import main

N = 80
RNG = np.random.default_rng(0)


def run(capsys, *arguments) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["init", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def table() -> dict:
    label = np.repeat(["good", "bad", "bad", "good"], 20)
    unit = np.repeat(np.arange(20), 4)
    return {"unit": unit, "a": RNG.normal(size=N), "b": RNG.normal(size=N), "label": label}


def series() -> dict:
    return {"day": [f"2020-{1 + i // 28}-{1 + i % 28}" for i in range(N)], "price": np.cumsum(RNG.normal(size=N))}


def arrays() -> dict:
    return {"x": RNG.normal(size=(N, 2, 40)).astype(np.float32), "label": np.arange(N) % 2, "fs": 10.0}


def make(folder, kind):
    """A small file of each kind that is read."""
    path = folder / {"series": "s.csv", "gz": "t.csv.gz", "bare": "bare.txt"}.get(kind, f"t.{kind}")
    if kind in ("csv", "gz", "series"):
        text = polars.DataFrame(series() if kind == "series" else table()).write_csv()
        path.write_bytes(gzip.compress(text.encode()) if kind == "gz" else text.encode())
    elif kind == "bare":
        values = np.column_stack([RNG.normal(size=(N, 3)), np.arange(N) % 2])
        cells = [[f"{value:g}" for value in row] for row in values]
        cells[5][0] = "."  # no value
        path.write_text("\n".join("\t".join(row) for row in cells))
    elif kind == "parquet":
        polars.DataFrame(table()).write_parquet(path)
    elif kind == "npz":
        np.savez_compressed(path, **arrays())
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays().items():
                file[f"group/{name}"] = values
    return path


@pytest.mark.parametrize("kind", ["csv", "gz", "bare", "series", "parquet", "npz", "h5"])
def test_what_is_proposed_trains(tmp_path, kind):
    config = api.init(make(tmp_path, kind), tmp_path / "a.yaml")
    assert [one.what for one in api.check(config).findings if one.severity == "error"] == []
    done = api.train(config, ["train.epochs=1", "train.early_stopping=null"], out=tmp_path / "runs")
    assert done.metrics["test"]


def test_the_configuration_is_written_here_and_never_over_another(tmp_path, capsys, monkeypatch):
    path = make(tmp_path, "csv")
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, path)
    assert (code, out) == (0, "t.yaml: every line is a guess, read it; then `polyhead check t.yaml`\n")
    before = (tmp_path / "t.yaml").read_bytes()
    code, out, error = run(capsys, path)
    assert (code, out) == (2, "")
    assert len(error.splitlines()) == 1
    assert "t.yaml: exists already" in error
    assert (tmp_path / "t.yaml").read_bytes() == before


def test_a_place_can_be_named_and_the_answer_be_json(tmp_path, capsys):
    to = tmp_path / "configs" / "mine.yaml"
    code, out, _ = run(capsys, make(tmp_path, "npz"), "-o", to, "--format", "json")
    assert (code, json.loads(out)) == (0, {"config": str(to)})
    assert f"path: {tmp_path / 't.npz'}" in to.read_text()
    assert run(capsys, tmp_path / "t.npz", "-o", tmp_path / "t.npz")[0] == 2  # the data are never written over
    assert (tmp_path / "t.npz").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b""),
        ("t.csv", b"a,b\n1,2\n"),
        ("t.csv", b"a,b\n" + b"1,2\n" * 20 + b"1,2,3\n"),
        ("t.csv", b"a,a\n" + b"1,2\n" * 20),
        ("t.csv", bytes(range(256)) * 20),
        ("t.csv", b"word\n" * 40),
        ("t.npz", b"PK\x03\x04 no more"),
        ("t.h5", b"\x89HDF\r\n\x1a\n no more"),
        ("t.parquet", b"PAR1 no more"),
        ("t.mat", b"MATLAB"),
        ("none.csv", None),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(tmp_path, capsys, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, out, error = run(capsys, path, "-o", tmp_path / "out" / "a.yaml")
    assert (code, out) == (2, "")
    assert len(error.splitlines()) == 1
    assert str(path) in error
    assert not (tmp_path / "out").exists()
