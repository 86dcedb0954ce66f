"""Samples of batches on disk: readable with NumPy alone, equal where their content is, cut on resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.trace.batches import batch_epochs, batch_path, cut_batches, read_batch, write_batch

ARRAYS = {
    "epoch": np.array(3),
    "recording": np.array(["b1", "b22"]),
    "signal": np.arange(12, dtype=np.float32).reshape(2, 2, 3),
    "life.truth": np.array([0.5, np.nan]),
    "life.mask": np.array([True, False]),
}


def test_numpy_reads_what_was_written(tmp_path: Path) -> None:
    write_batch(tmp_path, 3, ARRAYS)
    with np.load(tmp_path / "batches" / "0003.npz", allow_pickle=False) as archive:
        assert archive.files == list(ARRAYS)
        for name, values in ARRAYS.items():
            np.testing.assert_array_equal(archive[name], values)
            assert archive[name].dtype == values.dtype
    assert read_batch(tmp_path, 3)["recording"].tolist() == ["b1", "b22"]


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_batch(tmp_path / folder, 1, ARRAYS)
    assert batch_path(tmp_path / "a", 1).read_bytes() == batch_path(tmp_path / "b", 1).read_bytes()


def test_what_came_after_the_checkpoint_is_cut(tmp_path: Path) -> None:
    for epoch in (1, 4, 12):
        write_batch(tmp_path, epoch, ARRAYS)
    assert batch_epochs(tmp_path) == [1, 4, 12]
    cut_batches(tmp_path, 4)
    assert batch_epochs(tmp_path) == [1, 4]
    cut_batches(tmp_path, 0)
    assert batch_epochs(tmp_path) == []


def test_a_file_of_another_name_is_left_alone(tmp_path: Path) -> None:
    write_batch(tmp_path, 2, ARRAYS)
    other = tmp_path / "batches" / "mine.npz"
    other.write_bytes(b"")
    cut_batches(tmp_path, 0)
    assert batch_epochs(tmp_path) == []
    assert other.exists()


def test_a_file_that_was_cut_short_is_named(tmp_path: Path) -> None:
    write_batch(tmp_path, 7, ARRAYS)
    path = batch_path(tmp_path, 7)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="cannot be read as npz"):
        read_batch(tmp_path, 7)


def test_nothing_is_there_before_the_first(tmp_path: Path) -> None:
    assert batch_epochs(tmp_path) == []
    cut_batches(tmp_path, 0)


@pytest.mark.parametrize("content", [b"", b"PK no archive"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = batch_path(tmp_path, 7)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as npz") as caught:
        read_batch(tmp_path, 7)
    assert caught.value.where == str(path)
