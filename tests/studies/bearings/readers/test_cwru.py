"""CWRU: what each file is, one rate for all, and one clear line for what cannot be."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat

from polyhead.studies.bearings.readers.cwru import resampled
from polyhead.studies.bearings.readers.cwru_records import RECORDS

from .cases import SHARED, mat, needs, read, refused

CWRU = SHARED / "cwru_bearing"
ONES = [1.0] * 480


def test_a_row_per_file_with_what_the_tables_say(tmp_path):
    mat(tmp_path / "12k", "105.mat", X105_DE_time=[1, 2, 3], X105_FE_time=[7, 8, 9], X105RPM=[1796])
    mat(tmp_path / "12k", "133@6_3.mat", X133_DE_time=[4, 5])
    mat(tmp_path / "normal", "97_Normal_0.mat", X097_DE_time=[0] * 8, X097RPM=[1797])
    source = read("cwru", tmp_path)
    assert {key: column.tolist() for key, column in source.columns.items()} == {
        "recording": ["105", "133@6_3", "97_Normal_0"],
        "bearing": ["inner-007", "outer-007", "normal"],
        "fault": ["inner", "outer", "normal"],
        "is_faulty": [1, 1, 0],
        "diameter_mil": [7, 7, 0],
        "load_hp": [0, 3, 0],
        "rpm": [1796, 1730, 1797],
        "position": ["", "@6", ""],
        "sampling_hz": [12000, 12000, 12000],
    }
    assert source.extent.tolist() == [3, 2, 2]
    signal = source.inputs["signal"]
    assert signal.flat
    assert (signal.channels, signal.unit, signal.values.dtype) == (("DE",), "g", np.float32)
    np.testing.assert_array_equal(signal.values[:, 0], [1, 2, 3, 4, 5, 0, 0])
    np.testing.assert_array_equal(source.inputs["known"].values, [[1796, 0], [1730, 3], [1797, 0]])
    assert (source.sampling_hz, source.sampled, source.rows) == (12000, False, 3)


@pytest.mark.parametrize("name", ["105.mat", "105_0.mat", "IR007_0.mat", "1.mat", "x.MAT"])
@pytest.mark.parametrize("variable", ["X105_DE_time", "X0105_DE_time", "x105_de_time", "X105DE_time"])
def test_every_spelling_is_the_same_record(tmp_path, name, variable):
    mat(tmp_path, name, **{variable: [1, 2]})
    assert read("cwru", tmp_path).columns["bearing"].tolist() == ["inner-007"]


def test_a_name_with_two_digits_and_a_variable_with_three(tmp_path):
    mat(tmp_path, "97.mat", X097_DE_time=ONES)
    mat(tmp_path, "98.mat", X98_DE_time=ONES)
    assert read("cwru", tmp_path).columns["load_hp"].tolist() == [0, 1]


def test_a_file_of_two_records_is_the_one_of_its_name(tmp_path):
    mat(tmp_path, "99.mat", X098_DE_time=[1] * 4, X098RPM=[1], X099_DE_time=[2] * 8, X099RPM=[1749])
    source = read("cwru", tmp_path)
    assert source.extent.tolist() == [2]
    assert source.columns["rpm"].tolist() == [1749]


def test_files_whose_variables_are_numbered_otherwise(tmp_path):
    mat(tmp_path, "B028_0.mat", X048_DE_time=[1])
    mat(tmp_path, "3001_0.mat", X056_DE_time=[1])
    mat(tmp_path, "174_0.mat", X173_DE_time=ONES)
    columns = read("cwru", tmp_path).columns
    assert columns["bearing"].tolist() == ["inner-014", "inner-028", "ball-028"]


def test_a_drive_end_bearing_is_the_same_at_both_rates_and_another_than_at_the_fan_end():
    assert RECORDS[105].bearing == RECORDS[109].bearing == "inner-007"
    assert (RECORDS[105].rate_hz, RECORDS[109].rate_hz) == (12000, 48000)
    assert RECORDS[278].bearing == "fan-end-inner-007"
    assert len(RECORDS) == 60 + 4 + 52 + 45  # faults at 12 kHz, normal, faults at 48 kHz, at the fan end


@settings(max_examples=25, deadline=None)
@given(st.floats(50, 4500), st.sampled_from([24000.0, 48000.0]), st.sampled_from([12000.0, 16000.0]))
def test_a_line_keeps_its_frequency_and_height(line_hz, from_hz, to_hz):
    time = np.arange(int(from_hz / 2)) / from_hz
    found = resampled(np.sin(2 * np.pi * line_hz * time)[None], from_hz, to_hz)[0]
    inner = np.arange(len(found))[200:-200]  # the filter's ends
    expected = np.sin(2 * np.pi * line_hz * inner / to_hz)
    np.testing.assert_allclose(found[200:-200], expected, atol=0.02)


def test_what_lies_above_half_the_rate_is_gone():
    time = np.arange(48000) / 48000
    found = resampled(np.sin(2 * np.pi * 9000 * time)[None], 48000, 12000)[0]
    assert np.abs(found[200:-200]).max() < 0.01


def test_a_constant_stays_constant_to_its_ends():
    np.testing.assert_allclose(resampled(np.full((1, 4800), 5.0), 48000, 12000), 5.0, rtol=1e-9)


def test_a_tone_of_a_48_khz_file_is_read_at_its_frequency(tmp_path):
    tone = np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000)
    mat(tmp_path, "97.mat", X097_DE_time=tone)
    found = read("cwru", tmp_path).inputs["signal"].values[:, 0]
    assert len(found) == 12000
    assert np.abs(np.fft.rfft(found)).argmax() == 1000  # 1 Hz a line over one second


def test_native_rates_differ_and_are_told(tmp_path):
    mat(tmp_path, "97.mat", X097_DE_time=ONES)
    mat(tmp_path, "105.mat", X105_DE_time=ONES)
    source = read("cwru", tmp_path, rate_hz=None)
    assert source.columns["sampling_hz"].tolist() == [12000, 48000]
    assert source.sampling_hz is None
    assert source.extent.tolist() == [480, 480]
    assert read("cwru", tmp_path).extent.tolist() == [480, 120]  # not what the cache keeps of the other rate


def test_two_channels_keep_their_order_and_what_lacks_one_may_be_dropped(tmp_path):
    mat(tmp_path, "105.mat", X105_DE_time=[1, 2], X105_FE_time=[3, 4])
    mat(tmp_path, "3005.mat", X048_DE_time=[5, 6])
    refused(lambda: read("cwru", tmp_path, channels=["FE", "DE"]), "1 of the files lack one of FE, DE: 3005.mat")
    source = read("cwru", tmp_path, channels=["FE", "DE"], incomplete="drop")
    np.testing.assert_array_equal(source.inputs["signal"].values, [[3, 1], [4, 2]])
    assert source.columns["recording"].tolist() == ["105"]


def test_recordings_of_one_file_name_are_told_apart_by_folder(tmp_path):
    mat(tmp_path, "12k/IR007_0.mat", X105_DE_time=ONES)
    mat(tmp_path, "48k/IR007_0.mat", X109_DE_time=ONES)
    columns = read("cwru", tmp_path).columns
    assert columns["recording"].tolist() == ["12k/IR007_0", "48k/IR007_0"]


def test_a_table_tells_what_no_number_does(tmp_path):
    mat(tmp_path, "mine.mat", X1_DE_time=[1, 2])
    mat(tmp_path, "105.mat", X105_DE_time=[3, 4])
    table = "file,fault,diameter_mil,load_hp,rate_hz,rpm,bearing\nmine.mat,cage,0,1.5,12000,1760,rig-2\n"
    (tmp_path / "m.csv").write_text(table)
    columns = read("cwru", tmp_path, metadata="m.csv").columns
    assert columns["fault"].tolist() == ["inner", "cage"]
    assert columns["bearing"].tolist() == ["inner-007", "rig-2"]
    assert (columns["load_hp"][1], columns["rpm"][1]) == (1.5, 1760)


HEAD = "file,fault,diameter_mil,load_hp,rate_hz\n"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("file,fault,diameter,load_hp,rate_hz\n", ["m.csv: no column 'diameter_mil'; did you mean 'diameter'"]),
        (HEAD + "mine.mat,ball,7,1,12000\nother.mat,ball,7,1,12000\n", ["m.csv, line 3: no file 'other.mat'"]),
        (HEAD + "mine.mat,ball,7,1,12000\nmine,ball,7,1,12000\n", ["line 3: mine has a line already"]),
        (HEAD + "mine.mat,ball,seven,1,12000\n", ["line 2: column diameter_mil: 'seven' is not a number"]),
        (HEAD + "mine.mat,ball,7,1,0\n", ["line 2: column rate_hz: 0 is no sampling rate"]),
        (HEAD + "mine.mat,,7,1,12000\n", ["line 2: column fault is empty"]),
        (HEAD + "mine.mat,ball,7,1\n", ["line 2: column rate_hz: '' is not a number"]),
        (HEAD + "mine.mat,ball,7,9,12000\n", ["mine.mat: tells no speed"]),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_line(tmp_path, table, words):
    mat(tmp_path, "mine.mat", X1_DE_time=[1, 2])
    (tmp_path / "m.csv").write_text(table)
    refused(lambda: read("cwru", tmp_path, metadata="m.csv"), *words)


def test_what_cannot_be_read_is_refused_by_name(tmp_path, own_cache):
    def folder(name, **files):
        for file, variables in files.items():
            mat(tmp_path / name, f"{file}.mat", **variables)
        return lambda **options: read("cwru", tmp_path / name, **options)

    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "105.csv").touch()
    refused(lambda: read("cwru", tmp_path / "empty"), "expected CWRU's .mat files.*it holds 105.csv")
    refused(lambda: read("cwru", tmp_path / "nowhere"), "nowhere: no such folder")
    refused(lambda: read("cwru", tmp_path / "empty" / "105.csv"), "is a file, expected a folder")
    refused(folder("a", f7={"X007_DE_time": [1]}), "1 of the files have no number.*f7.mat", "metadata")
    refused(folder("b", f105={"DE": [1]}), "f105.mat: no variable such as X105_DE_time; it holds DE")
    refused(folder("c", **{"105": {"X106_DE_time": [1]}}), "105.mat: is called 105 but holds the variables of 106")
    refused(folder("d", one={"X098_DE_time": [1], "X099_DE_time": [1]}), "one.mat: holds the records 98, 99")
    twice = {"105": {"X105_DE_time": [1]}, "IR007_0": {"X105_DE_time": [1]}}
    refused(folder("e", **twice), "105.mat and .*IR007_0.mat: record 105 is there twice")
    unequal = folder("f", **{"105": {"X105_DE_time": [1], "X105_FE_time": [1, 2]}})
    refused(lambda: unequal(channels=["DE", "FE"]), "105.mat: expected sensors of one length, found samples DE 1, FE 2")
    refused(lambda: unequal(channels=["DE", "DE"]), "data.channels: names a sensor twice")
    fast = folder("g", **{"105": {"X105_DE_time": [1]}})
    refused(lambda: fast(rate_hz=48000.0), "105.mat: was sampled at 12000 Hz, less than rate_hz 48000")
    assert not list(own_cache.glob("*"))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9])
def test_a_truncated_file_is_refused_by_name(tmp_path, share):
    path = mat(tmp_path, "105.mat", X105_DE_time=ONES)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    refused(lambda: read("cwru", tmp_path), "105.mat: not a whole .mat file", "copy it again")


def test_version_7_3_is_refused_by_name(tmp_path):
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "105.mat").write_bytes(header + b"\x89HDF\r\n\x1a\n" + bytes(600))
    refused(lambda: read("cwru", tmp_path), "105.mat: is a .mat file of version 7.3; save it with -v7")


@needs("cwru_bearing")
def test_the_original_files():
    source = read("cwru", CWRU / "original_mat", rate_hz=None)
    assert source.columns["recording"].tolist() == ["105_0", "3005_0", "97_Normal_0"]
    assert source.columns["fault"].tolist() == ["inner", "ball", "normal"]
    assert source.columns["rpm"].tolist() == [1797, 1797, 1796]
    assert source.extent.tolist() == [121265, 120801, 243938]
    names = ("105_0", "X105"), ("3005_0", "X048"), ("97_Normal_0", "X097")
    parts = [loadmat(CWRU / "original_mat" / f"{file}.mat")[f"{x}_DE_time"] for file, x in names]
    np.testing.assert_array_equal(source.inputs["signal"].values, np.concatenate(parts).astype(np.float32))


@needs("cwru_bearing")
def test_the_healthy_recording_at_one_rate_has_the_lines_that_were_measured_on_the_rig():
    """SOURCE.txt of cwru_bearing: lines at 147.8, 161.7, 191.7, 359.9 and 1436.6 Hz if read at 48 kHz."""
    source = read("cwru", CWRU / "original_mat")
    healthy = source.inputs["signal"].values[-source.extent[-1] :, 0].astype(np.float64)
    power = np.abs(np.fft.rfft(healthy * np.hanning(len(healthy)))) ** 2
    hz = np.fft.rfftfreq(len(healthy), 1 / 12000)
    for line in (147.8, 161.7, 191.7, 359.9, 1436.6):
        near = np.abs(hz - line) < 10
        assert abs(hz[near][power[near].argmax()] - line) < 1, line


@needs("cwru_bearing")
def test_the_table_agrees_with_61_records_that_were_labelled_elsewhere():
    faults = {"IR": "inner", "B": "ball", "OR": "outer", "normal": "normal"}
    labelled = json.loads((CWRU / "meta.json").read_text())
    assert len(labelled) == 61
    for one in labelled:
        name = one["file"].rpartition("/")[2]
        record = RECORDS[int(name.partition("_")[0].partition("@")[0])]
        assert record.fault == faults[one["fault"]], name
        assert (record.diameter_mil, record.position) == (one["diam_mil"], one["or_pos"]), name
        assert (record.load_hp, record.rate_hz) == (one["load_hp"], one["fs_hz"]), name
