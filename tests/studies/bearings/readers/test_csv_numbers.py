"""A csv of numbers: which dialects are the same file, and which line is refused."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.studies.bearings.readers.csv_numbers import read_numbers

from .cases import refused


def read(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    return read_numbers(path, ("a", "b"))


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "1,2\n3,4",
        "1,2\r\n3,4\r\n",
        "1;2\n3;4\n",
        "x,y\n1,2\n3,4\n",
        '"x","y"\n1,2\n3,4\n',
        "\ufeffx,y\n1,2\n3,4\n",
        "\ufeff1,2\n3,4\n",
        "1, 2\n 3,4 \n",
        '"1","2"\n"3","4"\n',
        "+1,2.\n30e-1,.4e1\n",
        "1,2\n3,4\n\n",
        "1,2\n\n3,4\n",
    ],
)
def test_numbers_are_read_whatever_the_dialect(tmp_path, text):
    np.testing.assert_array_equal(read(tmp_path, text), [[1, 2], [3, 4]])


def test_what_is_not_finite_is_left_for_the_contract_to_refuse_or_mask(tmp_path):
    np.testing.assert_array_equal(read(tmp_path, "nan,inf\nNaN,2\n"), [[np.nan, np.inf], [np.nan, 2]])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1,5;2,5\n3;4\n", "line 1, column a: '1,5' is not a number"),  # never taken for a header
        ("1e,2\n3,4\n", "line 1, column a: '1e' is not a number"),
        ("1,2\n1_0,4\n", "line 2, column a: '1_0' is not a number"),
        ("1,2\n0x10,4\n", "line 2, column a: '0x10' is not a number"),
        ("1,2\n\n3,\n", "line 3, column b: '' is not a number"),
        ("1,2\nNA,4\n", "line 2, column a: 'NA' is not a number"),
        ("x,y\nz,w\n1,2\n", "line 2, column a: 'z' is not a number"),
        ("1,2\n3,4\n5", "line 3 has 1 columns, expected 2"),
        ("1,2\n3,4,5\n", "line 2 has 3 columns, expected 2"),
        ("1\t2\n", "line 1 has 1 columns, expected 2 .a, b"),
        ("x,y\n", "has a header but no numbers"),
        ("\n1,2\n", "line 1 is blank"),
        ("", "is an empty file"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused_with_its_line(tmp_path, text, word):
    refused(lambda: read(tmp_path, text), "t.csv", word)
