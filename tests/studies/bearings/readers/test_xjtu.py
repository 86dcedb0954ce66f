"""XJTU-SY: minutes in order, life and stage, and one clear line for what cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.studies.bearings.readers.xjtu import STAGES

from .cases import read, refused, snapshots

HEADER = "Horizontal_vibration_signals,Vertical_vibration_signals"


def bearing(root, name="Bearing1_9", minutes=3, condition="35Hz12kN"):
    """Minute m holds m, m + 0.5 horizontally and their negatives vertically."""
    for m in range(1, minutes + 1):
        lines = [HEADER, f"{m},-{m}", f"{m}.5,-{m}.5"]
        snapshots(root / condition / name, [f"{m}.csv"], lines)
    return root / condition / name


def test_a_row_per_minute_in_the_order_of_numbers(tmp_path):
    bearing(tmp_path, minutes=11)
    bearing(tmp_path, "Bearing2_9", 2, "37.5Hz11kN")
    source = read("xjtu", tmp_path)
    signal = source.inputs["signal"]
    assert (signal.values.shape, signal.values.dtype, signal.unit) == ((13, 2, 2), np.float32, "g")
    assert signal.values[:, 0, 0].tolist() == [*range(1, 12), 1, 2]  # 10.csv follows 9.csv
    np.testing.assert_array_equal(signal.values[9], [[10, 10.5], [-10, -10.5]])
    columns = source.columns
    assert columns["bearing"].tolist() == ["Bearing1_9"] * 11 + ["Bearing2_9"] * 2
    assert columns["condition"].tolist() == ["35Hz12kN"] * 11 + ["37.5Hz11kN"] * 2
    assert (columns["speed_hz"][-1], columns["load_kn"][-1]) == (37.5, 11)
    assert columns["minute"].tolist() == [*range(1, 12), 1, 2]
    np.testing.assert_allclose(columns["life"], [*np.linspace(1, 0, 11), 1, 0])
    assert columns["rul_min"].tolist() == [*range(10, -1, -1), 1, 0]
    assert set(columns["stage"]) == {""}
    assert (source.sampling_hz, source.sampled) == (25600, False)


def test_a_folder_of_one_condition_and_one_of_one_bearing_are_read_too(tmp_path):
    folder = bearing(tmp_path)
    assert read("xjtu", folder.parent).rows == read("xjtu", folder).rows == 3


def test_files_without_a_header_and_with_semicolons(tmp_path):
    snapshots(tmp_path / "35Hz12kN" / "Bearing1_9", ["1.csv"], ["1;2", "3e-1; 4"])
    np.testing.assert_array_equal(read("xjtu", tmp_path).inputs["signal"].values[0], np.float32([[1, 0.3], [2, 4]]))


def test_stages_of_a_published_bearing(tmp_path):
    """Bearing2_4 lived 42 minutes: normal below 0.72, fault from 0.80 of it."""
    bearing(tmp_path, "Bearing2_4", 42, "37.5Hz11kN")
    stage = read("xjtu", tmp_path).columns["stage"].tolist()
    assert [stage.count(name) for name in ("normal", "degradation", "fault")] == [31, 3, 8]
    assert stage == sorted(stage, key=["normal", "degradation", "fault"].index)


def test_the_stages_of_all_bearings_add_up_to_the_published_counts():
    passed = {name: np.arange(minutes) / minutes for name, (minutes, _, _) in STAGES.items()}
    assert sum(map(len, passed.values())) == 9216
    assert sum((passed[name] < STAGES[name][1]).sum() for name in STAGES) == 7726
    assert sum((passed[name] >= STAGES[name][2]).sum() for name in STAGES) == 648


def test_a_published_bearing_cut_off_before_it_fails_keeps_its_life(tmp_path):
    bearing(tmp_path, "Bearing3_5", 2, "40Hz10kN")  # of 114 minutes, 11 of them normal
    columns = read("xjtu", tmp_path).columns
    assert columns["rul_min"].tolist() == [113, 112]
    np.testing.assert_allclose(columns["life"], [1, 112 / 113])
    assert columns["stage"].tolist() == ["normal", "normal"]


def test_what_cannot_be_read_is_refused_by_name(tmp_path, own_cache):
    refused(lambda: read("xjtu", tmp_path), "expected folders such as 35Hz12kN/Bearing1_1.*it holds nothing")
    (bearing(tmp_path / "a", minutes=4) / "2.csv").unlink()
    refused(lambda: read("xjtu", tmp_path / "a"), "Bearing1_9: the files are numbered to 4 but 2 is missing")
    (bearing(tmp_path / "b") / "02.csv").write_text("1,2\n")
    refused(lambda: read("xjtu", tmp_path / "b"), "snapshot 2 is there twice: 02.csv and 2.csv")
    bearing(tmp_path / "c", condition="first")
    refused(lambda: read("xjtu", tmp_path / "c"), "stands in a folder called 'first', expected speed and load")
    bearing(tmp_path / "d")
    bearing(tmp_path / "d" / "copy")
    refused(lambda: read("xjtu", tmp_path / "d"), "Bearing1_9 and .*Bearing1_9: Bearing1_9 is there twice")
    assert not list(own_cache.glob("*"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["is an empty file"]),
        (HEADER + "\n", ["has a header but no numbers"]),
        (HEADER + "\n1,2\n", ["2.csv: has 1 samples, but 1.csv of Bearing1_9 has 2", "cut short"]),
        (HEADER + "\n1,2\n3\n", ["2.csv: line 3 has 1 columns, expected 2"]),
        (HEADER + "\n1,2\n3,\n", ["line 3, column vertical: '' is not a number"]),
        (HEADER + "\n1,2\nx,4\n", ["line 3, column horizontal: 'x' is not a number"]),
        ("1,2\n3,4,5\n", ["2.csv: line 2 has 3 columns, expected 2"]),
        ("a,b,c\n1,2,3\n", ["line 1 has 3 columns, expected 2 .horizontal, vertical"]),
        (b"\x00\x01,\x02\n\xff\xfe,1\n", ["line 1, column horizontal"]),
    ],
)
def test_a_file_that_breaks_the_format_is_refused_with_its_line(tmp_path, own_cache, content, words):
    path = bearing(tmp_path) / "2.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(lambda: read("xjtu", tmp_path), "2.csv", *words)
    assert not list(own_cache.glob("*.draft"))
