"""C-MAPSS: a row per cycle, the life that remains, and one clear line for what cannot be."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import polars
import pytest

from .cases import SHARED, needs, read, refused

CMAPSS = SHARED / "cmapss"


def line(unit, cycle, settings=(0.0, 0.0, 100.0), first=1.0):
    """Sensor s01 is `first`, s02 one more, and so on."""
    return " ".join(map(str, [unit, cycle, *settings, *(first + i for i in range(21))])) + "  \n"


def engines(*cycles):
    return "".join(line(unit, cycle) for unit, count in enumerate(cycles, 1) for cycle in range(1, count + 1))


def write(folder, name="FD001", train=None, test=None, rul="5 \n3 \n"):
    folder.mkdir(exist_ok=True)
    texts = {"train": engines(3, 2) if train is None else train, "test": engines(2, 1) if test is None else test}
    for kind, text in (texts | {"RUL": rul}).items():
        (folder / f"{kind}_{name}.txt").write_text(text)
    return folder


def test_a_row_per_cycle_and_the_life_that_remains(tmp_path):
    source = read("cmapss", write(tmp_path))
    assert {key: column.tolist() for key, column in source.columns.items()} == {
        "engine": ["train-1"] * 3 + ["train-2"] * 2 + ["test-1"] * 2 + ["test-2"],
        "unit": [1, 1, 1, 2, 2, 1, 1, 2],
        "cycle": [1, 2, 3, 1, 2, 1, 2, 1],
        "split": ["train"] * 5 + ["test"] * 3,
        "rul": [2, 1, 0, 1, 0, 6, 5, 3],
        "regime": ["0/0.00/100"] * 8,
    }
    signal = source.inputs["signal"]
    assert source.sampled
    assert signal.flat
    assert signal.channels[:4] == ("setting1", "setting2", "setting3", "s01")
    assert signal.channels[-1] == "s21"
    np.testing.assert_array_equal(signal.values[0], [0, 0, 100, *range(1, 22)])
    assert signal.values.shape == (8, 24)


def test_the_cap_is_the_largest_life(tmp_path):
    write(tmp_path)
    assert read("cmapss", tmp_path, cap=2.0).columns["rul"].tolist() == [2, 1, 0, 1, 0, 2, 2, 2]
    write(tmp_path, rul="500\n3\n")
    assert read("cmapss", tmp_path).columns["rul"].max() == 125
    assert read("cmapss", tmp_path, cap=None).columns["rul"].max() == 501


def test_regimes_are_the_rounded_settings(tmp_path):
    settings = [(-0.0004, 0.0002, 100.0), (42.0049, 0.8408, 100.0), (25.0028, 0.6201, 60.0), (41.9975, 0.84, 100.0)]
    train = "".join(line(1, cycle, one) for cycle, one in enumerate(settings, 1))
    found = read("cmapss", write(tmp_path, train=train)).columns["regime"][:4].tolist()
    assert found == ["0/0.00/100", "42/0.84/100", "25/0.62/60", "42/0.84/100"]


def test_a_folder_of_several_sets_needs_the_name_of_one(tmp_path):
    write(tmp_path, "FD001")
    write(tmp_path, "FD003", train=engines(7))
    refused(lambda: read("cmapss", tmp_path), "holds FD001, FD003; name one: `set: FD001`")
    assert read("cmapss", tmp_path, set="FD003").rows == 7 + 3


def test_compressed_files_and_a_train_file_alone(tmp_path):
    write(tmp_path)
    plain = read("cmapss", tmp_path)
    for file in list(tmp_path.iterdir()):
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    packed = read("cmapss", tmp_path)
    np.testing.assert_array_equal(packed.inputs["signal"].values, plain.inputs["signal"].values)
    alone = read("cmapss", tmp_path / "train_FD001.txt.gz").columns
    assert alone["rul"].tolist() == [2, 1, 0, 1, 0]
    assert set(alone["split"]) == {"train"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"rul": "5\n"}, ["RUL_FD001.txt: has 1 lines, but there are 2 test engines"]),
        ({"rul": "5\n-1\n"}, ["RUL_FD001.txt: line 2: a remaining life of -1 cycles"]),
        ({"rul": "5\nx\n"}, ["RUL_FD001.txt: line 2, column 1: 'x' is not a number"]),
        ({"rul": ""}, ["RUL_FD001.txt: is an empty file"]),
        ({"train": line(1, 1) + "1 2 0.1\n"}, ["train_FD001.txt: line 2 has 3 columns, expected 26"]),
        ({"train": "1 1 0.1\n1 2 0.1\n"}, ["line 1 has 3 columns, expected 26"]),
        ({"train": line(1, 1) + line(1, 2).replace("100.0", "abc")}, ["line 2, column 5: 'abc' is not a number"]),
        ({"train": line(1, 1) + line(1, 3)}, ["line 2 is unit 1 cycle 3, expected unit 1 cycle 2"]),
        ({"train": line(1, 1) + line(1, 2) + line(1, 2)}, ["line 3 is unit 1 cycle 2", "repeated"]),
        ({"train": engines(2) + engines(2)}, ["line 3 is unit 1 cycle 1, expected unit 2 cycle 1"]),
        ({"test": line(2, 1)}, ["test_FD001.txt: line 1 is unit 2 cycle 1, expected unit 1"]),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_line(tmp_path, files, words):
    write(tmp_path, **files)
    refused(lambda: read("cmapss", tmp_path), *words)


def test_what_is_missing_is_refused_by_name(tmp_path):
    (tmp_path / "other").mkdir()
    refused(lambda: read("cmapss", tmp_path / "other"), "expected train_FD001.txt.*it holds nothing")
    write(tmp_path)
    refused(lambda: read("cmapss", tmp_path, set="FD002"), "no file train_FD002.txt or train_FD002.txt.gz")
    (tmp_path / "RUL_FD001.txt").unlink()
    refused(lambda: read("cmapss", tmp_path), "no file RUL_FD001.txt")
    refused(lambda: read("cmapss", tmp_path / "test_FD001.txt"), "expected a folder or a file train_FD00x.txt")


def test_a_truncated_archive_is_refused_by_name(tmp_path):
    write(tmp_path)
    whole = gzip.compress((tmp_path / "train_FD001.txt").read_bytes())
    (tmp_path / "train_FD001.txt").unlink()
    (tmp_path / "train_FD001.txt.gz").write_bytes(whole[: len(whole) // 2])
    refused(lambda: read("cmapss", tmp_path), "train_FD001.txt.gz: not a whole file")


@needs("cmapss")
def test_nasas_files_are_those_that_were_converted_elsewhere():
    """The csv files' `rul` was computed apart from this reader; 100 engines a split, 20,631 and 13,096 cycles."""
    source = read("cmapss", CMAPSS / "original_nasa_txt", set="FD001", cap=None)
    tables = [polars.read_csv(CMAPSS / f"{split}_FD001.csv.gz") for split in ("train", "test")]
    assert [table.height for table in tables] == [20631, 13096]
    table = polars.concat(tables)
    np.testing.assert_array_equal(source.columns["rul"], table["rul"].to_numpy())
    np.testing.assert_array_equal(source.columns["cycle"], table["cycle"].to_numpy())
    channels = list(source.inputs["signal"].channels)
    np.testing.assert_array_equal(source.inputs["signal"].values, table.select(channels).to_numpy().astype(np.float32))
    assert len(np.unique(source.columns["engine"])) == 200
    assert set(source.columns["regime"]) == {"0/0.00/100"}


@needs("cmapss")
def test_a_set_of_six_regimes_has_six(tmp_path):
    """FD002's text is not in shared/data, its csv is."""
    table = polars.read_csv(CMAPSS / "test_FD002.csv.gz").drop("rul")
    for name in ("train", "test"):
        table.write_csv(tmp_path / f"{name}_FD002.txt", include_header=False, separator=" ")
    shutil.copy(CMAPSS / "original_nasa_txt" / "RUL_FD002.txt", tmp_path)
    columns = read("cmapss", tmp_path).columns
    assert set(columns["regime"]) == {
        "0/0.00/100", "10/0.25/100", "20/0.70/100", "25/0.62/60", "35/0.84/100", "42/0.84/100",
    }  # fmt: skip
