"""FEMTO: snapshots in order, life by bearing, and one clear line for what cannot be."""

from __future__ import annotations

import numpy as np
import polars
import pytest

from polyhead.studies.bearings.readers.femto import LENGTHS

from .cases import SHARED, needs, read, refused, snapshots

FEMTO = SHARED / "femto_pronostia"


def bearing(root, name, count=3, place="Learning_set", separator=","):
    """Snapshot n holds n, n + 0.5 horizontally and their negatives vertically."""
    for n in range(1, count + 1):
        lines = [f"8,47,5,1.9691e+05,{n},-{n}", f"8,47,5,1.9695e+05,{n}.5,-{n}.5"]
        lines = [line.replace(",", separator) for line in lines]
        snapshots(root / place / name, [f"acc_{n:05d}.csv"], lines)
    return root / place / name


def test_a_row_per_snapshot_with_condition_life_and_set(tmp_path):
    bearing(tmp_path, "Bearing1_8", 3)
    folder = bearing(tmp_path, "Bearing2_9", 2, "Full_Test_Set", ";")
    (folder / "temp_00001.csv").write_text("8;9;47;9;70.036\n")
    source = read("femto", tmp_path)
    np.testing.assert_array_equal(source.inputs["signal"].values[1], [[2, 2.5], [-2, -2.5]])
    np.testing.assert_array_equal(source.inputs["signal"].values[4], [[2, 2.5], [-2, -2.5]])
    assert {key: column.tolist() for key, column in source.columns.items()} == {
        "bearing": ["Bearing1_8"] * 3 + ["Bearing2_9"] * 2,
        "condition": ["1"] * 3 + ["2"] * 2,
        "speed_rpm": [1800] * 3 + [1650] * 2,
        "load_n": [4000] * 3 + [4200] * 2,
        "snapshot": [1, 2, 3, 1, 2],
        "rul_s": [20, 10, 0, 10, 0],
        "life": [1, 0.5, 0, 1, 0],
        "set": ["train"] * 3 + ["test"] * 2,
    }
    assert source.sampling_hz == 25600
    assert source.inputs["signal"].channels == ("horizontal", "vertical")


def test_every_nth_snapshot_counts_the_ones_between(tmp_path):
    bearing(tmp_path, "Bearing3_9", 6)
    source = read("femto", tmp_path, snapshots_every=2)
    assert source.columns["snapshot"].tolist() == [1, 3, 5]
    assert source.columns["rul_s"].tolist() == [50, 30, 10]
    np.testing.assert_allclose(source.columns["life"], [1, 0.6, 0.2])
    assert source.inputs["signal"].values[:, 0, 0].tolist() == [1, 3, 5]


def test_a_record_of_test_set_stops_before_the_end_and_gives_way_to_the_full_one(tmp_path):
    bearing(tmp_path, "Bearing2_7", 2, "Test_set")  # of 230 snapshots
    cut = read("femto", tmp_path)
    assert cut.columns["rul_s"].tolist() == [2290, 2280]
    bearing(tmp_path, "Bearing2_7", 3, "Full_Test_Set")
    both = read("femto", tmp_path)
    assert both.columns["snapshot"].tolist() == [1, 2, 3]
    assert set(both.columns["set"]) == {"test"}


def test_what_cannot_be_read_is_refused_by_name(tmp_path):
    refused(lambda: read("femto", tmp_path), "expected folders such as Learning_set/Bearing1_1")
    (bearing(tmp_path / "a", "Bearing1_1", 5) / "acc_00003.csv").unlink()
    refused(lambda: read("femto", tmp_path / "a"), "Bearing1_1: the files are numbered to 5 but 3 is missing")
    (bearing(tmp_path / "b", "Bearing1_1") / "acc_00002.csv").write_text("8,47,5,1.9e5,1\n")
    refused(lambda: read("femto", tmp_path / "b"), "acc_00002.csv: line 1 has 5 columns, expected 6 .hour")
    (bearing(tmp_path / "c", "Bearing1_1") / "acc_00002.csv").write_text("8,47,5,1.9e5,1,1\n8,47,5,1.9e5,NaNN,1\n")
    refused(lambda: read("femto", tmp_path / "c"), "acc_00002.csv: line 2, column horizontal: 'NaNN' is not a number")
    (bearing(tmp_path / "d", "Bearing1_1") / "acc_00003.csv").write_text("8,47,5,1.9e5,1,1\n")
    refused(
        lambda: read("femto", tmp_path / "d"), "acc_00003.csv: has 1 samples, but acc_00001.csv of Bearing1_1 has 2"
    )
    bearing(tmp_path / "e", "Bearing4_1")
    refused(lambda: read("femto", tmp_path / "e"), "Bearing4_1: is of condition 4, but the rig has 1, 2, 3")
    bearing(tmp_path / "f", "Bearing1_1")
    bearing(tmp_path / "f", "Bearing1_1", place="Copy")
    refused(lambda: read("femto", tmp_path / "f"), "Bearing1_1 is there twice")


@pytest.mark.parametrize("gap", ["", "\n"])
def test_a_line_cut_short_is_refused_with_its_number(tmp_path, gap):
    (bearing(tmp_path, "Bearing1_1") / "acc_00002.csv").write_text("8,47,5,1.9e5,1,1\n8,47,5,1.9" + gap)
    refused(lambda: read("femto", tmp_path), "acc_00002.csv: line 2 has 4 columns, expected 6", "cut short")


@needs("femto_pronostia")
def test_the_original_files_hold_the_numbers_that_were_converted_elsewhere(tmp_path):
    folder = tmp_path / "Learning_set" / "Bearing1_2"
    folder.mkdir(parents=True)
    for number, original in ((1, "00001"), (2, "00871")):
        content = (FEMTO / "original_csv" / f"Learning_Bearing1_2_acc_{original}.csv").read_bytes()
        (folder / f"acc_{number:05d}.csv").write_bytes(content)
    milli_g = np.load(FEMTO / "Bearing1_2.npz")["acc_milli_g"][[0, -1]]
    source = read("femto", tmp_path)
    expected = (milli_g / 1000).astype(np.float32).transpose(0, 2, 1)
    np.testing.assert_array_equal(source.inputs["signal"].values, expected)
    assert source.columns["rul_s"].tolist() == [8700, 8690]  # of 871 snapshots


@needs("femto_pronostia")
def test_every_life_is_as_long_as_the_record_that_was_counted():
    counted = polars.read_csv(FEMTO / "features_all17.csv.gz").group_by("bearing").len()
    assert dict(counted.iter_rows()) == LENGTHS
