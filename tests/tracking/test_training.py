"""A training that is watched by all three: interrupted, resumed, folded; silent, and without a network."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from polyhead import api
from polyhead.api import judging
from polyhead.errors import InputError
from polyhead.tracking.names import of_epoch
from polyhead.training.watcher import EpochReport, InterruptedRunError, Watcher

from ..machine import write_config
from .test_mlflow import client
from .test_tensorboard import events
from .test_wandb import history, sittings

for package in ("mlflow", "wandb", "tensorboard"):
    pytest.importorskip(package)

TRAIN = {"epochs": 3, "batch_size": 32, "device": "cpu"}
TASKS = {"state": {"kind": "classification"}, "wear": {"kind": "regression"}}


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page takes longer than these trainings; tests of single stores show what comes of one."""
    monkeypatch.setattr(judging, "report", lambda run: run)


class Noted(Watcher):
    """Keeps what is said of each epoch, and asks for a stop after so many."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.epochs: dict[int, dict[str, float]] = {}

    def on_epoch(self, report: EpochReport) -> None:
        self.epochs[report.epoch] = of_epoch(report)
        if report.epoch == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)


def found(store: Path, run: Path) -> Any:
    return client(store).get_run(json.loads((run / "tracking.json").read_text())["mlflow"]["run_id"])


def stored(store: Path, run: Path) -> dict[str, dict[int, list[float]]]:
    """Each metric of the run in MLflow: the values of each step."""
    one = found(store, run)
    values: dict[str, dict[int, list[float]]] = {}
    for name in one.data.metrics:
        for each in client(store).get_metric_history(one.info.run_id, name):
            values.setdefault(name, {}).setdefault(each.step, []).append(each.value)
    return values


def test_interrupted_and_resumed_every_store_has_each_epoch_once(store, tmp_path, monkeypatch, capfd):
    track = {"mlflow": {"uri": f"sqlite:///{store}"}, "wandb": True, "tensorboard": True}
    config = write_config(tmp_path, tasks=TASKS, train=TRAIN, track=track)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()
        nobody.setblocking(False)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        first = Noted(stop_after=2)
        with pytest.raises(InterruptedRunError) as interrupted:
            api.train(config, out=tmp_path / "runs", watcher=first)
        run = interrupted.value.run
        assert found(store, run).info.status == "KILLED"
        rest = Noted()
        assert api.resume(run, watcher=rest).folder == run
        with pytest.raises(BlockingIOError):
            nobody.accept()  # that nobody called
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    said = first.epochs | rest.epochs
    assert sorted(said) == [1, 2, 3]

    values = stored(store, run)
    assert found(store, run).info.status == "FINISHED"
    epochs = {name for name in values if not name.startswith(("test/", "best/"))}
    assert epochs == {name for epoch in said.values() for name in epoch}
    assert {name: values[name] for name in epochs} == {
        name: {epoch: [one[name]] for epoch, one in said.items() if name in one} for name in epochs
    }
    scores = json.loads((run / "metrics.json").read_text())
    assert list(values["test/wear/r2"].values()) == [[scores["test"]["wear"]["r2"]["value"]]]
    assert list(values["test/wear/floor"].values()) == [[scores["test"]["wear"]["r2"]["floor"]]]
    assert list(values["best/val/skill"].values()) == [[scores["summary"]["val"]["skill"]]]

    told = [history(one) for one in sittings(run)]
    assert [list(one) for one in told] == [[1, 2], [3]]
    logged = {step: one for each in told for step, one in each.items()}
    assert {step: {name: one[name] for name in said[step]} for step, one in logged.items()} == said

    for name in ("val/skill", "val/state/macro_f1", "weight/wear"):
        assert [(one.step, one.value) for one in events(run).Scalars(name)] == [
            (epoch, pytest.approx(one[name], rel=1e-6)) for epoch, one in said.items()
        ]


def test_each_fold_is_a_run_of_its_own(store, tmp_path):
    config = write_config(
        tmp_path, tasks=TASKS, train=TRAIN | {"epochs": 1}, track={"mlflow": {"uri": f"sqlite:///{store}"}}
    )
    whole = api.train(config, ["data.split.folds=2", "name=folded"], out=tmp_path / "runs")
    home = client(store).get_experiment_by_name("folded")
    runs = {one.info.run_name: one for one in client(store).search_runs([home.experiment_id])}
    stamp = whole.folder.name
    assert set(runs) == {f"{stamp} fold 01", f"{stamp} fold 02", stamp}
    assert {one.info.status for one in runs.values()} == {"FINISHED"}
    assert runs[f"{stamp} fold 02"].data.params["data.split.fold"] == "2"
    assert runs[f"{stamp} fold 02"].data.tags["parent"] == stamp
    pooled = whole.metrics["test"]["state"]["macro_f1"]["value"]
    assert runs[stamp].data.metrics["test/state/macro_f1"] == pooled


def test_a_store_that_breaks_does_not_end_the_training(store, tmp_path, capfd):
    """The database is replaced while training; a resume of the finished run brings what is missing."""
    own = tmp_path / "own.db"
    own.write_bytes(store.read_bytes())
    config = write_config(tmp_path, tasks=TASKS, train=TRAIN, track={"mlflow": {"uri": f"sqlite:///{own}"}})

    class Break(Noted):
        def on_epoch(self, report: EpochReport) -> None:
            super().on_epoch(report)
            if report.epoch == 2:
                (tmp_path / "kept.db").write_bytes(own.read_bytes())
                own.write_bytes(b"no database" * 1000)

    noted = Break()
    run = api.train(config, out=tmp_path / "runs", watcher=noted).folder
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("track.mlflow: cannot be written (")
    assert lines[0].endswith("training goes on, and what is missing is logged when it ends")
    assert lines[1].endswith(f"`polyhead train --resume {run}` logs what is missing")
    own.write_bytes((tmp_path / "kept.db").read_bytes())
    api.resume(run)
    values = stored(own, run)
    assert values["train/loss"] == {epoch: [one["train/loss"]] for epoch, one in noted.epochs.items()}
    assert found(own, run).info.status == "FINISHED"


def test_a_store_that_cannot_be_opened_leaves_nothing(tmp_path):
    config = write_config(tmp_path, track={"mlflow": {"uri": f"sqlite:///{tmp_path}/absent/x.db"}})
    with pytest.raises(InputError, match=r"^track\.mlflow: no such folder "):
        api.train(config, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").rglob("*"))
