"""Figures of a run that was trained, after everything but its predictions is gone."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import polars as pl
import pytest

from polyhead import api
from polyhead.api import judging
from polyhead.api.plotting import plot

from ..machine import machine_config, write_machine


def test_a_trained_run_is_drawn_from_its_predictions_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "report", lambda run: run)  # its own page takes longer than the training
    config = machine_config(write_machine(tmp_path / "machine.npz"))
    config |= {"train": {"epochs": 1, "batch_size": 64, "device": "cpu"}, "balance": "floor"}
    run = api.train(config, out=tmp_path / "runs", tasks=["bad"]).folder
    shutil.copytree(run / "predictions", tmp_path / "saved" / "predictions")
    (tmp_path / "saved" / "predictions" / "train.parquet").unlink()
    paths = plot([tmp_path / "saved"], output=tmp_path / "plots")
    found = {str(path.relative_to(tmp_path / "plots")) for path in paths}
    assert found == {
        f"{split}/{figure}-bad.{ending}"
        for split in ("val", "test")
        for figure in ("scores", "roc")
        for ending in ("png", "pdf")
    }


def test_rows_that_are_left_out_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    columns = {"true_x": [0.5, 1.5, float("nan")], "pred_x": [0.5, 1.0, 1.0]}
    pl.DataFrame(columns).write_csv(tmp_path / "p.csv")
    with caplog.at_level(logging.WARNING, logger="polyhead"):
        paths = plot([str(tmp_path / "p.csv")])
    assert {path.name for path in paths} == {
        f"{name}-x.{end}" for name in ("scatter", "residuals") for end in ("png", "pdf")
    }
    assert caplog.messages == [f"{tmp_path}/p.csv: 1 of 3 rows of x left out, truth or prediction is not finite"]
