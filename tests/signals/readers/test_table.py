"""Columns of csv and parquet files: what is read, and one clear line for what cannot be."""

from __future__ import annotations

import contextlib
import gzip
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest
from polyhead.signals.readers.table import read_csv, read_parquet

from ..cases import options, refused


def csv(tmp_path, content, name="t.csv", **data):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(options(reader="csv", path=str(path), **({"inputs": {"x": "x"}} | data)))


def parquet(tmp_path, columns, **data):
    path = tmp_path / "t.parquet"
    polars.DataFrame(columns).write_parquet(path)
    return read_parquet(options(reader="parquet", path=str(path), **({"inputs": {"x": "x"}} | data)))


@pytest.mark.parametrize(
    ("text", "keys", "options"),
    [
        ("x,y\n1,2.5\n-3,4e2\n", {}, {}),
        ("x, y\n1, 2.5\n-3, 4e2\n", {"y": " y"}, {}),
        ('"x","y"\n"1","2.5"\n"-3","400"\n', {}, {}),
        ("\ufeffx,y\r\n1,2.5\r\n-3,400\r\n", {}, {}),
        ("x;y\n1,0;2,5\n-3,0;400,0\n", {}, {"separator": ";", "decimal_comma": True}),
        ("x\ty\n1\t2.5\n-3\t400\n", {}, {"separator": "\t"}),
        ('"x, [m/s²]",  y.0 \n1,2.5\n-3,400\n', {"x": "x, [m/s²]", "y": "  y.0 "}, {}),
        ("other,x,y\ntext,1,2.5\n,-3,400\n", {}, {}),
    ],
    ids=["plain", "blanks", "quoted", "bom and crlf", "decimal comma", "tab", "odd names", "more columns"],
)
def test_numbers_are_read_whatever_the_dialect(tmp_path, text, keys, options):
    names = [keys.get("x", "x"), keys.get("y", "y")]
    found = csv(tmp_path, text, inputs={"known": {"keys": names}}, options=options).inputs["known"]
    np.testing.assert_array_equal(found.values, [[1, 2.5], [-3, 400]])
    assert found.values.dtype == np.float32
    assert found.channels == tuple(names)


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "null", "nan", "NaN", " ", " NA"])
def test_a_cell_without_a_value_is_nan_in_numbers(tmp_path, cell):
    found = csv(tmp_path, f"x,y\n1,5\n{cell},{cell}\n3,7\n", targets={"y": "y"})
    np.testing.assert_array_equal(found.inputs["x"].values[:, 0], np.float32([1, np.nan, 3]))
    np.testing.assert_array_equal(found.columns["y"], [5, np.nan, 7])


@pytest.mark.parametrize("cell", ["", "NA", " nan"])
def test_a_cell_without_a_value_is_empty_in_text(tmp_path, cell):
    assert csv(tmp_path, f"x,y\n1,inner\n2,{cell}\n", targets={"y": "y"}).columns["y"].tolist() == ["inner", ""]


def test_a_target_keeps_its_kind(tmp_path):
    text = "x,whole,part,yes,word,none\n1,3,0.1,true, inner ,\n2,4,0.2,false,outer,\n"
    keys = ("whole", "part", "yes", "word", "none")
    columns = csv(tmp_path, text, targets={key: key for key in keys}).columns
    assert {key: columns[key].dtype.kind for key in keys} == dict(zip(keys, "ifiUf", strict=True))
    assert columns["part"].tolist() == [0.1, 0.2]  # float64: no digit is lost
    assert columns["yes"].tolist() == [1, 0]
    assert columns["word"].tolist() == ["inner", "outer"]
    assert np.isnan(columns["none"]).all()


def test_columns_without_a_header_are_called_by_their_number(tmp_path):
    found = csv(tmp_path, "1,5\n3,7\n", inputs={"x": "column_0"}, targets={"y": "column_1"}, options={"header": False})
    assert found.inputs["x"].values.tolist() == [[1], [3]]
    assert found.columns["column_1"].tolist() == [5, 7]


@pytest.mark.parametrize("cell", [".", " .", "?", "NA"])
def test_words_of_ones_own_stand_for_no_value(tmp_path, cell):
    text, options = f"x,y\n1,in\n{cell},{cell}\n3,out\n", {"missing": [".", "?"]}
    found = csv(tmp_path, text, targets={"y": "y"}, options=options)
    np.testing.assert_array_equal(found.inputs["x"].values[:, 0], [1, np.nan, 3])
    assert found.columns["y"].tolist() == ["in", "", "out"]
    if cell != "NA":
        refused(lambda: csv(tmp_path, text), "'x' is an input but row 2 holds")


def test_a_table_packed_by_gzip_is_read(tmp_path):
    found = csv(tmp_path, gzip.compress(b"x,y\n1,5\n3,7\n"), name="t.csv.gz")
    assert found.inputs["x"].values.tolist() == [[1], [3]]
    refused(lambda: csv(tmp_path, gzip.compress(b"x,y\n1,5\n" * 99)[:-20], name="t.csv.gz"), "cannot be read as csv")


def test_a_number_behind_the_first_thousand_rows_decides_the_type(tmp_path):
    text = "x\n" + "1\n" * 5000 + "2.5\n"
    assert csv(tmp_path, text).inputs["x"].values[-1, 0] == 2.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x\n1\n2\nbroken\nagain\n", r"column 'x' .*row 3 holds 'broken'.*\(2 such cells\)"),
        ("x\n1\n2,5\n", "more fields"),
        ('x\n1\n"2,5"\n', "row 2 holds '2,5'.*decimal_comma: true"),
        ("x\n2020-01-01\n", "row 1 holds '2020-01-01'"),
        ("x,y\n", "a header but no rows"),
        ("x,y", "a header but no rows"),
        ("\n\n", "cannot be read as csv"),
        ("y,z\n1,2\n", "no column 'x'; it has 'y', 'z'"),
        ("xx,z\n1,2\n", "did you mean 'xx'"),
        ("x;y\n1;2\n", "no column 'x'; .*it has 'x;y'"),
        ("x,y\n1,2\n3,4,5\n", "cannot be read as csv"),
        ("x,x,y\n1,2,3\n", "several columns are called 'x'"),
        ('x,y\n"1,2\n3,4\n', "cannot be read as csv"),
        ("x,größe\n1,ä\n".encode("latin-1"), "UTF-8|utf-8"),
        ("x,größe\n1,2\n".encode("latin-1"), "is not UTF-8 text"),
        ("x,y\n1,2\n".encode("utf-16"), "is not UTF-8 text"),
        (bytes(range(256)) * 8, "cannot be read as csv|not UTF-8"),
        (b"", "empty file"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_file(tmp_path, text, words):
    assert str(tmp_path / "t.csv") in refused(lambda: csv(tmp_path, text), words).where


@pytest.mark.parametrize("separator", [";;", "", "§"])
def test_a_separator_is_one_byte(tmp_path, separator):
    refused(lambda: csv(tmp_path, "x;;y\n1;;2\n", options={"separator": separator}), "cannot be read as csv", "byte")


def test_a_repeated_name_matters_only_where_it_is_read(tmp_path):
    assert csv(tmp_path, "x,y,y\n1,2,3\n").inputs["x"].values.tolist() == [[1]]
    refused(lambda: csv(tmp_path, "x,y,y\n1,2,3\n", targets={"y": "y"}), "several columns are called 'y'")
    refused(lambda: csv(tmp_path, "x,y,y\n1,2,3\n", group="y"), "several columns are called 'y'")


def test_a_file_name_is_no_pattern(tmp_path):
    assert csv(tmp_path, "x\n7\n", name="run[1]*.csv").inputs["x"].values.tolist() == [[7]]


@given(content=st.binary(min_size=1, max_size=60))
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("reader", [read_csv, read_parquet])
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, reader, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(b"x\n" + content if reader is read_csv else content)
    with contextlib.suppress(InputError):
        reader(options(path=str(path), inputs={"x": "x"}))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([True, False, None], [1, 0, np.nan]),
        ([1, 2, None], [1, 2, np.nan]),
        ([Decimal("1.5"), Decimal("2"), None], [1.5, 2, np.nan]),
        ([Decimal("1.5"), Decimal("2"), Decimal("-3")], [1.5, 2, -3]),
        (polars.Series([10**20, 1, None], dtype=polars.Int128), [1e20, 1, np.nan]),
        (polars.Series([1, 2, 3], dtype=polars.UInt8), [1, 2, 3]),
    ],
    ids=["bool", "int", "decimal", "whole decimal", "int128", "uint8"],
)
def test_parquet_numbers_of_every_type(tmp_path, column, expected):
    found = parquet(tmp_path, {"x": column, "y": column}, targets={"y": "y"})
    np.testing.assert_array_equal(found.inputs["x"].values[:, 0], np.float32(expected))
    np.testing.assert_array_equal(found.columns["y"], expected)
    assert found.columns["y"].dtype.kind in "iuf"


@pytest.mark.parametrize(
    "column",
    [["b", "", None], polars.Series(["b", "", None], dtype=polars.Categorical)],
    ids=["text", "categorical"],
)
def test_parquet_text(tmp_path, column):
    assert parquet(tmp_path, {"x": [1, 2, 3], "y": column}, targets={"y": "y"}).columns["y"].tolist() == ["b", "", ""]


def test_parquet_text_of_digits_stays_text(tmp_path):
    assert parquet(tmp_path, {"x": [1], "y": ["007"]}, group="y").columns["y"].tolist() == ["007"]


@pytest.mark.parametrize(
    "cell", [[1, 2], {"a": 1}, b"raw", timedelta(seconds=1)], ids=["list", "struct", "binary", "duration"]
)
def test_parquet_columns_of_other_things_are_refused(tmp_path, cell):
    refused(lambda: parquet(tmp_path, {"x": [cell]}), "'x' holds", "not numbers or text")
    refused(lambda: parquet(tmp_path, {"x": [1], "y": [cell]}, targets={"y": "y"}), "'y' holds")


@pytest.mark.parametrize("keep", [3, 100, -20, -1])
def test_a_truncated_parquet_is_refused(tmp_path, keep):
    path = tmp_path / "t.parquet"
    polars.DataFrame({"x": range(1000)}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:keep])
    refused(lambda: read_parquet(options(path=str(path), inputs={"x": "x"})), "cannot be read as parquet", "whole")


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path):
    for reader in (read_csv, read_parquet):
        refused(lambda reader=reader: reader(options(path=str(tmp_path), inputs={"x": "x"})), "is a folder")
        refused(lambda reader=reader: reader(options(path=str(tmp_path / "no"), inputs={"x": "x"})), "no such file")


@pytest.mark.parametrize(("window", "sampled"), [(None, False), ({"length": 2, "stride": 1}, True)])
def test_rows_are_samples_where_windows_are_cut(tmp_path, window, sampled):
    assert csv(tmp_path, "x\n1\n2\n3\n", window=window).sampled == sampled


def test_channels_can_be_renamed_one_for_one(tmp_path):
    spec = {"keys": ["x", "y"], "channels": ["speed", "load"]}
    assert csv(tmp_path, "x,y\n1,2\n", inputs={"known": spec}).inputs["known"].channels == ("speed", "load")
    spec["channels"] = ["speed"]
    refused(lambda: csv(tmp_path, "x,y\n1,2\n", inputs={"known": spec}), "2 columns but `channels` names 1")


@pytest.mark.parametrize(("name", "hint"), [("sginal", "; did you mean 'signal'?"), ("zzz", "")])
def test_the_nearest_name_is_offered_only_where_one_is_near(name, hint):
    assert nearest(name, ["signal", "time"]) == hint
