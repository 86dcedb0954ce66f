"""What is seen of a file: dialects of csv, bounded prefixes of large files, and one clear line for what is no table."""

from __future__ import annotations

import gzip
import time
import zipfile

import h5py
import numpy as np
import polars
import pytest

from polyhead.signals.proposal import arrays, table
from polyhead.signals.proposal.look import look_at

from ..cases import refused

N = 40


def csv(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def lines(separator=",", header="a{}b", row="{}{}{}", count=N):
    head = [header.format(separator)] if header else []
    return "\n".join([*head, *(row.format(i, separator, i * 0.5) for i in range(count))]) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("header", ["a{}b", ""])
@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.csv.gz", "T.CSV"])
def test_separator_and_header_are_told_from_the_first_lines(tmp_path, separator, header, name):
    found = look_at(csv(tmp_path, lines(separator, header), name))
    assert found.options.get("separator", ",") == separator
    assert found.named == bool(header)
    assert list(found.columns) == (["a", "b"] if header else ["column_0", "column_1"])
    assert found.columns["b" if header else "column_1"].tolist() == [i * 0.5 for i in range(N)]
    assert (found.rows, found.seen, found.whole) == (N, N, True)


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        (["1.5"] * 38 + ["."] * 2, ["."]),
        (["1.5"] * 36 + [".", "?", "-", "-"], ["-", ".", "?"]),
        (["1.5"] * 36 + ["a", "b", "c", "d"], None),  # four words
        (["1.5"] * 15 + ["."] * 25, None),  # mostly words
        (["1.5"] * 38 + ["NA", ""], None),  # these always stand for no value
    ],
)
def test_a_few_words_among_numbers_stand_for_no_value(tmp_path, cells, missing):
    found = look_at(csv(tmp_path, "a,b\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))))
    assert found.options.get("missing") == missing
    assert found.columns["b"].dtype.kind == ("f" if missing or "NA" in cells else "U")


def test_a_word_that_is_a_value_elsewhere_stays_a_word(tmp_path):
    rows = "".join(f"{'none' if i == 0 else i},{'none' if i % 2 else 'inner'}\n" for i in range(N))
    found = look_at(csv(tmp_path, f"a,fault\n{rows}"))
    assert found.options == {}
    assert found.columns["a"].dtype.kind == "U"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is an empty file"),
        ("\n\n  \n", "holds no text"),
        ("a,b\n1,2\n", "holds 1 rows, too few"),
        (lines(count=9), "holds 9 rows, too few"),
        ("a,b\n", "holds 0 rows"),
        (lines() + "1,2,3\n", "line 42 holds 3 cells, the first 2"),
        ("Report of Monday\nmade by hand\n" + lines(), "line 3 holds 2 cells, the first 1"),
        (lines(header="a{}a"), "several columns are called 'a'"),
        (bytes(range(256)) * 9, "is not UTF-8 text"),
        (b"PK\0\0" * 99, "is no text but binary data"),
        (lines().replace("a", "größe").encode("latin-1"), "is not UTF-8 text"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path, text, words):
    path = csv(tmp_path, text)
    assert str(path) in refused(lambda: look_at(path), words).where


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t.mat", "MATLAB"),
        ("t.npy", "np.savez"),
        ("t.zip", "unpack"),
        ("t.exe", "it ends in '.exe'"),
        ("t", "it ends in ''"),
        ("t.npz.gz", "it ends in '.npz.gz'"),
        ("t.npz", "not a whole .npz file"),
        ("t.h5", "not a whole HDF5 file"),
        ("t.parquet", "cannot be read as parquet"),
        ("t.csv.gz", "cannot be unpacked"),
    ],
)
def test_other_files_and_damaged_ones_are_named(tmp_path, name, words):
    path = tmp_path / name
    path.write_bytes(b"no such thing" * 30)
    refused(lambda: look_at(path), words)


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("name", ["t.npz", "t.h5", "t.csv.gz"])
def test_a_truncated_file_is_refused(tmp_path, name, keep):
    path = tmp_path / name
    values = np.random.default_rng(0).normal(size=(N, 50))
    if name == "t.npz":
        np.savez_compressed(path, x=values, y=np.arange(N))
    elif name == "t.h5":
        with h5py.File(path, "w") as file:
            file["x"], file["y"] = values, np.arange(N)
    else:
        polars.DataFrame(values).write_csv(path, compression="gzip")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    refused(lambda: look_at(path), "whole|unpacked")


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path):
    refused(lambda: look_at(tmp_path), "is a folder")
    refused(lambda: look_at(tmp_path / "no.csv"), "no such file")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_of_a_long_table_the_first_whole_lines_are_seen(tmp_path, monkeypatch, name):
    monkeypatch.setattr(table, "LOOKED_AT", 200)
    found = look_at(csv(tmp_path, "a,b\n" + "12,34\n" * 1000, name))
    assert (found.seen, found.whole) == (32, False)  # 4 + 32 * 6 = 196 bytes, and 4 of the next line
    assert found.columns["b"].tolist() == [34.0] * 32


def test_of_a_long_parquet_the_first_rows_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_ROWS", 50)
    polars.DataFrame({"a": range(1000)}).write_parquet(tmp_path / "t.parquet")
    found = look_at(tmp_path / "t.parquet")
    assert (found.rows, found.seen, len(found.columns["a"])) == (1000, 50, 50)


@pytest.mark.parametrize("name", ["t.npz", "t.h5"])
def test_of_long_arrays_the_first_rows_are_seen(tmp_path, monkeypatch, name):
    monkeypatch.setattr(arrays, "ROWS", 50)
    monkeypatch.setattr(arrays, "LOOKED_AT", 800)
    x, y = np.arange(12_000.0).reshape(300, 40), np.arange(300)
    if name == "t.npz":
        np.savez(tmp_path / name, x=x, y=y, words=np.array(["c1", "c2"]), fs=np.float64(9.5))
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file["x"], file["y"], file["words"], file["fs"] = x, y, ["c1", "c2"], 9.5
    found = look_at(tmp_path / name)
    assert (found.rows, found.seen, found.shapes) == (300, 50, {"x": (300, 40)})
    assert found.columns["y"].tolist() == list(range(50))
    np.testing.assert_array_equal(found.arrays["x"], x[:2])  # 800 bytes are two rows of 40 float64
    assert (found.words, found.scalars) == ({"words": ["c1", "c2"]}, {"fs": 9.5})


def test_a_large_packed_member_is_not_unpacked(tmp_path):
    """256 MB of zeros, of which no more than the bound is unpacked."""
    path = tmp_path / "t.npz"
    np.savez_compressed(path, label=np.arange(2**18) % 2)
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**18, 1, 256)}
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(4):
            member.write(bytes(2**26))
    start = time.perf_counter()
    found = look_at(path)
    assert found.rows == 2**18
    assert found.shapes["x"] == (2**18, 1, 256)
    assert found.arrays["x"].nbytes <= arrays.LOOKED_AT
    assert time.perf_counter() - start < 2


def test_fields_of_a_compound_dataset_are_columns(tmp_path):
    rows = np.zeros(N, dtype=[("a", "f8"), ("b", "i4"), ("pair", "f4", 2)])
    rows["b"] = np.arange(N)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["hits"] = rows
        file["_i_hits/a/sorted"] = np.zeros((N, 9))  # an index of PyTables
    found = look_at(tmp_path / "t.h5")
    assert found.columns["hits/b"].tolist() == list(range(N))
    assert sorted(found.columns) == ["hits/a", "hits/b"]
    assert list(found.others) == ["hits/pair"]


def test_tables_that_an_id_joins_are_refused(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["hits"] = np.zeros(N, dtype=[("t", "f8"), ("event_id", "i4")])
        file["tracks"] = np.zeros(7, dtype=[("energy", "f8"), ("event_id", "i4")])
    refused(lambda: look_at(tmp_path / "t.h5"), "different rows, which event_id joins: hits 40, tracks 7")
