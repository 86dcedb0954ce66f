"""The end of a run: criteria are judged from what it wrote, and stand in metrics.json."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from polyhead.trace.folder import RunFolder
from polyhead.training.finish import finish
from polyhead.training.fit import fit
from polyhead.training.session import Session
from polyhead.training.watcher import StopRequest, Watcher

from .synthetic import prepared

SUCCESS = {
    "level.r2": "> -1e9",
    "val.loss": "improves >= 0.001 %",
    "val.level.mae": "improves",
    "tone.macro_f1": "> 1",
    "test.skill": "< -1",
}


def test_criteria_are_judged_of_the_best_checkpoint(tmp_path: Path) -> None:
    train = {"device": "cpu", "epochs": 3, "batch_size": 8, "monitor": "val/loss"}
    session = Session(prepared(("level", "tone"), train=train, success=SUCCESS), RunFolder(tmp_path))
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    metrics = finish(session, StopRequest())
    judged = metrics["success"]
    assert list(judged) == list(SUCCESS)
    with (tmp_path / "trace" / "epoch_metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    first, best = rows[0], min(rows, key=lambda row: float(row["val_loss"]))
    assert judged["val.loss"]["first"] == float(first["val_loss"])
    assert judged["val.loss"]["value"] == float(best["val_loss"])
    gained = 1 - float(best["val_loss"]) / float(first["val_loss"])
    assert judged["val.loss"]["outcome"] == ("pass" if gained >= 1e-5 else "fail")
    assert judged["val.level.mae"]["first"] == float(first["level_mae"])
    assert judged["val.level.mae"]["value"] == pytest.approx(float(best["level_mae"]))
    assert (judged["level.r2"]["outcome"], judged["level.r2"]["split"]) == ("pass", "test")
    assert judged["level.r2"]["value"] == metrics["test"]["level"]["r2"]["value"]
    assert (judged["tone.macro_f1"]["outcome"], judged["test.skill"]["outcome"]) == ("fail", "fail")


def test_without_criteria_none_is_judged(tmp_path: Path) -> None:
    train = {"device": "cpu", "epochs": 1}
    session = Session(prepared(("level",), train=train), RunFolder(tmp_path))
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    assert finish(session, StopRequest())["success"] == {}
