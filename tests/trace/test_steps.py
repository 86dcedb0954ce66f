"""The steps of a run: written by stretches, read as one table, cut back to a checkpoint."""

from __future__ import annotations

import numpy as np
import polars
import pytest
from polars.testing import assert_frame_equal

from polyhead.errors import InputError
from polyhead.trace.steps import cut_steps, read_steps, steps_path, write_steps


def test_stretches_are_read_back_in_order(tmp_path):
    for number in (2, 0, 1):
        write_steps(tmp_path, number, {"step": [10 * number, 10 * number + 1], "loss": np.array([0.1, 0.2]) + number})
    found = read_steps(tmp_path)
    assert found["step"].to_list() == [0, 1, 10, 11, 20, 21]
    assert found["loss"].to_list() == [0.1, 0.2, 1.1, 1.2, 2.1, 2.2]
    assert [path.name for path in sorted((tmp_path / "steps").iterdir())] == [
        "00000.parquet",
        "00001.parquet",
        "00002.parquet",
    ]


def test_order_is_by_number_beyond_five_digits(tmp_path):
    for number in (100_000, 99_999):
        write_steps(tmp_path, number, {"step": [number]})
    assert read_steps(tmp_path)["step"].to_list() == [99_999, 100_000]


def test_without_steps_there_is_an_empty_table(tmp_path):
    assert read_steps(tmp_path).is_empty()
    cut_steps(tmp_path, 0)


def test_nan_becomes_null_and_inf_stays(tmp_path):
    write_steps(tmp_path, 0, {"loss": np.array([np.nan, np.inf, 1.0]), "task": ["a", "b", "c"], "step": [0, 1, 2]})
    found = polars.read_parquet(steps_path(tmp_path, 0))
    assert found["loss"].to_list() == [None, np.inf, 1.0]
    assert found["task"].to_list() == ["a", "b", "c"]


def test_what_only_some_stretches_measure_is_null_in_the_others(tmp_path):
    write_steps(tmp_path, 0, {"step": [0, 1], "norm": [0.5, None]})
    write_steps(tmp_path, 1, {"step": [2, 3], "norm": [None, None]})
    write_steps(tmp_path, 2, {"step": [4], "norm": [2], "rank": [7.0]})
    wanted = {"step": [0, 1, 2, 3, 4], "norm": [0.5, None, None, None, 2.0], "rank": [None, None, None, None, 7.0]}
    assert_frame_equal(read_steps(tmp_path), polars.DataFrame(wanted))


@pytest.mark.parametrize(("count", "left"), [(0, []), (2, [0, 1]), (3, [0, 1, 2]), (9, [0, 1, 2])])
def test_cutting_back_drops_later_stretches(tmp_path, count, left):
    for number in range(3):
        write_steps(tmp_path, number, {"step": [number]})
    cut_steps(tmp_path, count)
    found = read_steps(tmp_path)
    assert (found["step"].to_list() if len(found) else []) == left


def test_a_stretch_written_again_replaces_the_old_one(tmp_path):
    write_steps(tmp_path, 0, {"step": [0, 1]})
    write_steps(tmp_path, 0, {"step": [5]})
    assert read_steps(tmp_path)["step"].to_list() == [5]


def test_a_damaged_stretch_is_refused_by_name(tmp_path):
    write_steps(tmp_path, 0, {"step": [0]})
    path = steps_path(tmp_path, 0)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="cannot be read as parquet") as caught:
        read_steps(tmp_path)
    assert caught.value.where == str(path)
