"""Saved predictions: one row per window, one column per number."""

from __future__ import annotations

import numpy as np
import polars
import pytest
from polars.testing import assert_frame_equal

from polyhead.trace.predictions import columns_of, frame_of, write_frame


def table():
    tasks = {
        "fault": {
            "truth": np.array(["a", "b", ""]),
            "mask": np.array([True, True, False]),
            "pred": np.array(["a", "a", "b"]),
            "score": np.array([[0.75, 0.25], [0.5, 0.5], [0.1, 0.9]], np.float32),
        },
        "next": {"truth": np.arange(12.0).reshape(3, 2, 2), "sd": np.array([0.1, np.nan, 0.3])},
    }
    return frame_of(["r1", "r1", "größe"], np.array([4, 5, 9]), tasks)


def test_columns_are_named_by_task_part_and_number():
    assert table().columns == [
        "recording", "index", "fault.truth", "fault.mask", "fault.pred", "fault.score.0", "fault.score.1",
        "next.truth.0", "next.truth.1", "next.truth.2", "next.truth.3", "next.sd",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "columns"),
    [
        ((2,), {"y": [0, 1]}),
        ((2, 1), {"y.0": [0, 1]}),
        ((2, 3), {"y.0": [0, 3], "y.1": [1, 4], "y.2": [2, 5]}),
        ((2, 1, 2), {"y.0": [0, 2], "y.1": [1, 3]}),
    ],
)
def test_values_are_laid_out_row_by_row(shape, columns):
    values = np.arange(np.prod(shape)).reshape(shape)
    assert {name: part.tolist() for name, part in columns_of("y", values).items()} == columns


@pytest.mark.parametrize("name", ["val.parquet", "val.csv"])
def test_a_table_is_read_back_without_polyhead(tmp_path, name):
    path = tmp_path / "predictions" / name
    write_frame(path, table())
    read = polars.read_csv(path) if path.suffix == ".csv" else polars.read_parquet(path)
    assert_frame_equal(read.cast(table().schema), table())
    assert [found.name for found in path.parent.iterdir()] == [name]


def test_a_split_without_windows_keeps_its_columns():
    empty = frame_of([], np.array([], np.int64), {"y": {"pred": np.array([])}})
    assert empty.schema == {"recording": polars.String, "index": polars.Int64, "y.pred": polars.Float64}
