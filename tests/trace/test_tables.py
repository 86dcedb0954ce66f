"""The tables over epochs: appended row by row, cut back to a checkpoint."""

from __future__ import annotations

import csv
import errno
import os

import polars
import pytest

from polyhead.errors import InputError
from polyhead.trace.tables import TABLES, Tables


def rows(folder, table="epoch_metrics"):
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_first_row_fixes_the_columns(tmp_path):
    tables = Tables(tmp_path / "trace")
    tables.append("epoch_metrics", {"epoch": 0, "loss": 0.5, "note": "a, b"})
    tables.append("epoch_metrics", {"note": None, "loss": 0.25, "epoch": 1})
    tables.append("epoch_metrics", {"epoch": 2})
    assert rows(tmp_path / "trace") == [
        ["epoch", "loss", "note"],
        ["0", "0.5", "a, b"],
        ["1", "0.25", ""],
        ["2", "", ""],
    ]
    with pytest.raises(ValueError, match="extra"):
        tables.append("epoch_metrics", {"epoch": 3, "extra": 1})
    assert len(rows(tmp_path / "trace")) == 4


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, 2.0**53 + 2, -1.5])
def test_numbers_keep_every_digit(tmp_path, value):
    Tables(tmp_path).append("loss_components", {"größe": value})
    read = polars.read_csv(tmp_path / "loss_components.csv")
    assert read.columns == ["größe"]
    assert float(read["größe"][0]) == value


def test_a_table_goes_on_where_another_process_left_it(tmp_path):
    Tables(tmp_path).append("epoch_metrics", {"epoch": 0, "loss": 0.5})
    Tables(tmp_path).append("epoch_metrics", {"loss": 0.25, "epoch": 1})
    assert rows(tmp_path) == [["epoch", "loss"], ["0", "0.5"], ["1", "0.25"]]


@pytest.mark.parametrize("behind", ["", "1,0.2", "1,0.25\n2,", "1,0.25\n2,0.125\n3,0.0625\n"])
def test_cutting_back_drops_every_later_row_whole_or_not(tmp_path, behind):
    tables = Tables(tmp_path)
    tables.append("epoch_metrics", {"epoch": 0, "loss": 0.5})
    sizes = tables.sizes()
    with (tmp_path / "epoch_metrics.csv").open("a") as file:
        file.write(behind)
    (tmp_path / "loss_components.csv").write_text("epoch,phase\n0,tra")
    resumed = Tables(tmp_path)
    resumed.cut(sizes)
    resumed.append("epoch_metrics", {"epoch": 1, "loss": 0.25})
    resumed.append("loss_components", {"other": 1})
    assert rows(tmp_path) == [["epoch", "loss"], ["0", "0.5"], ["1", "0.25"]]
    assert rows(tmp_path, "loss_components") == [["other"], ["1"]]


def test_cutting_forgets_columns_of_a_table_that_is_gone(tmp_path):
    tables = Tables(tmp_path)
    before = tables.sizes()
    assert before == dict.fromkeys(TABLES, 0)
    tables.append("epoch_metrics", {"a": 1})
    tables.cut(before)
    tables.append("epoch_metrics", {"b": 2})
    assert rows(tmp_path) == [["b"], ["2"]]


@pytest.mark.parametrize("left", [None, "epoch\n"])
def test_a_table_that_lost_rows_is_refused_by_name(tmp_path, left):
    tables = Tables(tmp_path)
    tables.append("epoch_metrics", {"epoch": 0})
    sizes = tables.sizes()
    assert sizes["epoch_metrics"] == len("epoch\n0\n")
    path = tmp_path / "epoch_metrics.csv"
    path.unlink() if left is None else path.write_text(left)
    with pytest.raises(InputError, match=r"shorter than at the checkpoint \(8 bytes\)") as caught:
        Tables(tmp_path).cut(sizes)
    assert caught.value.where == str(path)


def test_a_full_disk_is_one_clear_line(tmp_path, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match=r"no room on the disk.*free some space and resume"):
        Tables(tmp_path).append("epoch_metrics", {"epoch": 0})
