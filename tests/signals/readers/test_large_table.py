"""Tables beyond the bound: the same values as read at once, out of the cache, a batch of rows at a time."""

from __future__ import annotations

import gzip

import numpy as np
import polars
import pytest

from polyhead.signals.cache import entries
from polyhead.signals.readers import large_table, table
from polyhead.signals.readers.table import read_csv, read_parquet

from ..cases import options, refused

ROWS = 1000
READ = {"csv": read_csv, "parquet": read_parquet}


@pytest.fixture
def small_bound(monkeypatch):
    """Every file is large, and read in many batches."""
    monkeypatch.setattr(table, "LARGE", 1)
    monkeypatch.setattr(large_table, "_ROWS", 64)


def write(path, **columns):
    frame = polars.DataFrame(columns)
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path, row_group_size=100)
    return path


def everything():
    rng = np.random.default_rng(0)
    number = np.arange(ROWS)
    return {
        "a": rng.normal(size=ROWS),
        "b": number,
        "gap": [None if i % 7 == 0 else i for i in range(ROWS)],
        "half": [None if i % 7 == 0 else i / 3 for i in range(ROWS)],
        "flag": number % 3 == 0,
        "word": [["inner", "größe", None][i % 3] for i in range(ROWS - 1)] + ["a much longer word"],
        "late": [*["1"] * (ROWS - 1), "x"],
        "other": ["unused"] * ROWS,
    }


COLUMNS = ["b", "gap", "half", "flag", "word", "late"]


def block(path, **data):
    return options(
        reader=path.suffix[1:],
        path=str(path),
        inputs={"s": {"keys": ["a", "b", "gap", "flag"], "unit": "g"}},
        targets={key: key for key in COLUMNS},
        window={"length": 10},
        **data,
    )


def assert_same(plain, large, dtypes=True):
    assert large.inputs.keys() == plain.inputs.keys()
    for name, array in plain.inputs.items():
        np.testing.assert_array_equal(large.inputs[name].values, array.values)
        assert large.inputs[name].values.dtype == np.float32
        assert (large.inputs[name].channels, large.inputs[name].unit) == (array.channels, array.unit)
    assert large.columns.keys() == plain.columns.keys()
    for key, column in plain.columns.items():
        assert not dtypes or large.columns[key].dtype == column.dtype
        np.testing.assert_array_equal(large.columns[key], column)
    assert (large.sampled, large.files) == (plain.sampled, plain.files)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_large_table_holds_what_a_small_one_does(tmp_path, request, kind):
    path = write(tmp_path / f"x.{kind}", **everything())
    plain = READ[kind](block(path))
    request.getfixturevalue("small_bound")
    large = READ[kind](block(path))
    assert_same(plain, large)
    assert isinstance(large.inputs["s"].values.base, np.memmap)
    assert isinstance(large.columns["word"].base, np.memmap)
    assert [entry.reader for entry in entries()] == [kind]
    READ[kind](block(path))
    assert len(entries()) == 1


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("a;b;gap;flag\n1,5; 2 ;NA;true\n2,25;3;1;false\n", {"separator": ";", "decimal_comma": True}),
        ("a,b,gap,flag\n 1.5 ,2,-1e3,True\n,3,inf,FALSE\n", {}),
        ("a,b,gap,flag\n1,N/A,,0\nnan,3, NaN ,1\n", {}),
        ("a,b,gap,flag\n1,. ,2,0\n?,3,.,1\n", {"missing": [".", "?"]}),
    ],
)
def test_odd_spellings_of_numbers_are_read_alike(tmp_path, request, text, own):
    path = tmp_path / "x.csv"
    path.write_text(text)
    keys = ["a", "b", "gap", "flag"]
    data = options(path=str(path), inputs={"s": {"keys": keys}}, targets={k: k for k in keys}, options=own)
    plain = read_csv(data)
    request.getfixturevalue("small_bound")
    assert_same(plain, read_csv(data), dtypes=False)  # 2 with a blank before it is 2 or 2.0


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_without_a_header_is_read_alike_packed_or_not(tmp_path, request, packed):
    text = b"1,2\n3,4\n"
    path = tmp_path / f"x.csv{'.gz' * packed}"
    path.write_bytes(gzip.compress(text) if packed else text)
    data = options(path=str(path), inputs={"s": "column_1"}, targets={"y": "column_0"}, options={"header": False})
    plain = read_csv(data)
    request.getfixturevalue("small_bound")
    assert plain.columns["column_0"].tolist() == [1, 3]
    assert_same(plain, read_csv(data))


@pytest.mark.usefixtures("small_bound")
def test_a_cell_that_is_no_number_is_named_by_its_row_in_the_file(tmp_path, own_cache):
    path = write(tmp_path / "x.csv", a=[*["1"] * 700, "x", "2"])
    refused(lambda: read_csv(options(path=str(path), inputs={"s": "a"})), "row 701 holds 'x'", "x.csv")
    assert list(own_cache.iterdir()) == []


@pytest.mark.usefixtures("small_bound")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_missing_or_damaged_is_refused(tmp_path, own_cache, kind):
    path = write(tmp_path / f"x.{kind}", signal=np.arange(ROWS * 1.0))
    refused(lambda: READ[kind](options(path=str(path), inputs={"s": "sginal"})), "did you mean 'signal'")
    write(path, signal=np.arange(0.0))
    refused(lambda: READ[kind](options(path=str(path), inputs={"s": "signal"})), "a header but no rows")
    path.write_bytes(b"\xff\xfe\x00PAR1" * 50)
    refused(lambda: READ[kind](options(path=str(path), inputs={"s": "signal"})), str(path))
    assert not own_cache.exists() or list(own_cache.iterdir()) == []


@pytest.mark.usefixtures("small_bound")
def test_a_repeated_header_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,a\n1,2\n")
    refused(lambda: read_csv(options(path=str(path), inputs={"s": "a"})), "several columns are called 'a'")


@pytest.mark.usefixtures("small_bound")
def test_a_file_that_changed_is_converted_again(tmp_path):
    path = write(tmp_path / "x.csv", a=[1.0, 2.0])
    data = options(path=str(path), inputs={"s": "a"})
    assert read_csv(data).inputs["s"].values.ravel().tolist() == [1, 2]
    write(path, a=[3.0, 4.0, 5.0])
    assert read_csv(data).inputs["s"].values.ravel().tolist() == [3, 4, 5]
