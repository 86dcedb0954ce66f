"""From a path to a case: our runs, folds that have begun, and whatever else there is."""

from __future__ import annotations

import os

import pytest

from polyhead.diagnosis.opening import folds_of, is_run, read_case, run_at
from polyhead.errors import InputError

from ..test_imports import LOAD, run_python
from .cases import FROZEN


def test_a_run_of_ours():
    case = read_case(str(FROZEN / "machines"))
    assert list(case.tasks) == ["fault", "anomaly", "life", "next"]
    assert case.config is not None
    assert case.folder == FROZEN / "machines"


def test_a_table(tmp_path):
    (tmp_path / "table.csv").write_text("task,metric,value,floor\nlife,r2,-0.2,0.0\n")
    case = read_case(str(tmp_path / "table.csv"))
    assert case.metrics is not None
    assert case.config is None


@pytest.mark.parametrize("name", ["state.json", "metadata.json", "metrics.json", "data.json"])
def test_what_makes_a_folder_a_run(tmp_path, name):
    assert not is_run(tmp_path)
    (tmp_path / "config.yaml").write_text("trainer: {}\n")
    assert not is_run(tmp_path), "other programs write a config.yaml too"
    (tmp_path / name).write_text("{}")
    assert is_run(tmp_path)


def test_folds_that_have_begun_in_order(tmp_path):
    assert folds_of(tmp_path) == []
    for number in (2, 1, 10, 3):
        fold = tmp_path / "folds" / f"{number:02d}"
        fold.mkdir(parents=True)
        if number != 3:
            (fold / "state.json").write_text("{}")
    assert [fold.name for fold in folds_of(tmp_path)] == ["01", "02", "10"]


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_nothing_there_is_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        read_case(str(tmp_path / name))


def test_the_newest_run_below_a_folder(tmp_path):
    for number, stamp in enumerate(("20260101-000000", "20260102-000000", "20260101-120000")):
        run = tmp_path / "machine" / stamp
        run.mkdir(parents=True)
        (run / "state.json").write_text("{}")
        os.utime(run / "state.json", ns=(number, number))
    newest = tmp_path / "machine" / "20260101-120000"
    assert run_at(tmp_path) == run_at(tmp_path / "machine") == run_at(newest) == newest
    assert run_at(tmp_path / "nothing") is None


def test_a_run_whose_folds_train_is_not_its_latest_fold(tmp_path):
    fold = tmp_path / "folds" / "01"
    fold.mkdir(parents=True)
    assert run_at(tmp_path) is None
    (fold / "state.json").write_text("{}")
    assert run_at(tmp_path) == tmp_path


@pytest.mark.parametrize("room", ["diagnosis", "diagnosis.checks", "diagnosis.logs", "report.findings"])
def test_diagnosis_loads_without_torch(room):
    loaded = run_python(LOAD, f"polyhead.{room}")
    assert "polyhead" in loaded
    assert not loaded & {"torch", "lightning_fabric", "sklearn", "matplotlib"}
