"""Figures again from saved predictions alone: what is drawn, where it goes, and what is refused."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from polyhead.errors import InputError
from polyhead.report import plotting
from polyhead.report.figures.canvas import slug
from polyhead.report.plates import Plate
from polyhead.report.plotting import plot_saved
from polyhead.report.samples import Answers, Sample

ROWS = 60
ENERGY = np.linspace(15, 60, ROWS)


def write_energy(path: Path) -> Path:
    """A table in the names of another program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"true_energy": ENERGY, "pred_energy": ENERGY + 0.5}).write_csv(path)
    return path


def write_split(path: Path, *tasks: str) -> Path:
    """Predictions of numbers in polyhead's columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"recording": ["a"] * ROWS, "index": np.arange(ROWS)}
    for task in tasks:
        rows |= {f"{task}.truth": ENERGY, f"{task}.mask": [True] * ROWS, f"{task}.pred": ENERGY + 0.5}
    pl.DataFrame(rows).write_parquet(path)
    return path


def names(paths: list[Path], under: Path) -> set[str]:
    return {str(path.relative_to(under)) for path in paths}


@dataclass(frozen=True)
class Stub:
    """A figure that costs nothing."""

    name: str
    png: bytes = b"png"
    pdf: bytes = b"pdf"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures by name only, for what is about the names: one for each task of numbers."""
    monkeypatch.setitem(plotting.PAINTERS, "regression", lambda run, task, rows: [Stub(f"scatter-{slug(task)}")])


def both(*figures: str) -> set[str]:
    return {f"{figure}.{ending}" for figure in figures for ending in ("png", "pdf")}


OF_ENERGY = ("scatter-energy", "residuals-energy", "error-energy", "resolution-energy")


def test_a_run_of_which_only_predictions_are_left(run_folder: Path) -> None:
    """Every split in a folder of its own; a task's kind and classes are read off the columns."""
    for path in run_folder.iterdir():
        if path.name != "predictions":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copy(run_folder / "predictions" / "test.parquet", run_folder / "predictions" / "val.parquet")
    made = plot_saved([run_folder], tasks=["fault"])
    each = ("confusion-fault", "reliability-fault")
    expected = both(*(f"{split}/{figure}" for split in ("test", "val") for figure in each))
    assert names(made.paths, run_folder / "figures") == expected
    assert all(path.read_bytes().startswith(b"\x89PNG" if path.suffix == ".png" else b"%PDF") for path in made.paths)
    assert {path for path in (run_folder / "figures").rglob("*") if path.is_file()} == set(made.paths)
    assert not made.notes


def test_a_run_with_its_trace_has_its_curves_too(run_folder: Path, tmp_path: Path) -> None:
    made = plot_saved([run_folder], tasks=["anomaly"], output=tmp_path / "plots")
    expected = ("curve-loss-anomaly", "curve-metric-anomaly", "test/scores-anomaly", "test/roc-anomaly")
    assert names(made.paths, tmp_path / "plots") == both(*expected)
    assert not (run_folder / "figures").exists()


def test_a_run_in_training_has_curves_alone(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares and windows are of all tasks, so they are left out where some are picked."""
    monkeypatch.setattr(plotting, "curves", lambda run, task: Plate(task, [], [Stub(f"curve-{task}")]))
    monkeypatch.setattr(plotting, "share_panels", lambda run: [Stub("shares")])
    monkeypatch.setattr(plotting, "samples", lambda run: [Sample(1, False, Stub("windows-1"), Answers([], []))])
    shutil.rmtree(run_folder / "predictions")
    every = ("curve-fault", "curve-anomaly", "curve-life", "curve-next", "shares", "windows-1")
    assert names(plot_saved([run_folder]).paths, run_folder / "figures") == both(*every)
    assert names(plot_saved([run_folder], tasks=["life"]).paths, run_folder / "figures") == both("curve-life")


def test_one_file_of_a_run_knows_what_the_run_says(run_folder: Path) -> None:
    """The forecast is told by the horizon in data.json; from the columns alone it is 48 numbers."""
    made = plot_saved([run_folder / "predictions" / "test.parquet"], tasks=["next"])
    assert names(made.paths, run_folder / "figures") == both("test/examples-next", "test/steps-next")


def test_a_folder_of_another_program(tmp_path: Path) -> None:
    write_energy(tmp_path / "predictions_energy_r1.csv")
    few = {"true_theta": ENERGY[:5], "true_phi": -ENERGY[:5], "pred_theta": ENERGY[:5], "pred_phi": ENERGY[:5]}
    pl.DataFrame(few).write_csv(tmp_path / "predictions_angle_r1.csv")
    write_energy(tmp_path / "notes.csv")
    made = plot_saved([tmp_path])
    of_angle = (f"{figure}-angle-{output}" for figure in ("scatter", "residuals") for output in ("theta", "phi"))
    assert names(made.paths, tmp_path / "figures") == both(*OF_ENERGY, *of_angle)


@pytest.mark.usefixtures("quick")
def test_names_do_not_collide(tmp_path: Path) -> None:
    """The same task in two files of one folder, and in two folders of one name."""
    two = [write_energy(tmp_path / "a" / f"predictions_energy_{run}.csv") for run in ("r1", "r2")]
    made = plot_saved([tmp_path / "a"])
    expected = {f"{path.stem}/scatter-energy" for path in two}
    assert names(made.paths, tmp_path / "a" / "figures") == both(*expected)
    write_split(tmp_path / "x" / "run" / "predictions" / "test.parquet", "energy")
    write_split(tmp_path / "y" / "run" / "predictions" / "test.parquet", "energy")
    made = plot_saved([tmp_path / "x" / "run", tmp_path / "y" / "run"], output=tmp_path / "out")
    expected = {f"{run}/test/scatter-energy" for run in ("run", "run-again")}
    assert names(made.paths, tmp_path / "out") == both(*expected)
    twice = plot_saved([two[0], two[0]], output=tmp_path / "once")
    assert names(twice.paths, tmp_path / "once") == both("scatter-energy")


@pytest.mark.usefixtures("quick")
def test_tasks_whose_names_differ_only_in_signs(tmp_path: Path) -> None:
    path = write_split(tmp_path / "p.parquet", "my energy", "my-energy")
    made = plot_saved([path])
    assert len(set(made.paths)) == len(made.paths) == 4
    assert (tmp_path / "figures" / "scatter-my-energy-2.pdf").is_file()


@pytest.mark.usefixtures("quick")
def test_csv_twins_are_not_drawn_twice(tmp_path: Path) -> None:
    path = write_split(tmp_path / "predictions" / "test.parquet", "energy")
    pl.read_parquet(path).write_csv(path.with_suffix(".csv"))
    write_energy(tmp_path / "predictions" / "predictions_energy_r1.csv")
    assert names(plot_saved([tmp_path]).paths, tmp_path / "figures") == both("test/scatter-energy")


@pytest.mark.usefixtures("quick")
def test_what_was_left_out_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    pred = np.where(np.arange(ROWS) < 4, np.nan, ENERGY)
    pl.DataFrame({"true_energy": ENERGY, "pred_energy": pred}).write_csv(path)
    assert plot_saved([path]).notes == [f"{path}: 4 of 60 rows of energy left out, truth or prediction is not finite"]


def test_refusals_write_nothing(tmp_path: Path) -> None:
    good = write_energy(tmp_path / "good.csv")
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"no column of truth"):
        plot_saved([good, bad], output=out)
    with pytest.raises(InputError, match=r"no predictions of 'angle'; there are energy"):
        plot_saved([good], tasks=["energy", "angle"], output=out)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no predictions: expected predictions/SPLIT\.parquet"):
        plot_saved([tmp_path / "empty"], output=out)
    bad.write_text("true_x,pred_x\nnan,1\n,2\n")
    with pytest.raises(InputError, match=r"nothing that can be drawn; .*2 of 2 rows of x left out"):
        plot_saved([bad], output=out)
    assert not out.exists()


def test_a_figure_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> list[object]:
        raise RuntimeError("the second task cannot be drawn")

    path = write_split(tmp_path / "p.parquet", "energy")
    pl.read_parquet(path).with_columns(pl.lit("a").alias("c.truth"), pl.lit("a").alias("c.pred")).write_parquet(path)
    monkeypatch.setitem(plotting.PAINTERS, "classification", fail)
    with pytest.raises(RuntimeError):
        plot_saved([path])
    assert not (tmp_path / "figures").exists()
