"""A real MLflow store: what stands in it, what it refuses, and a run that goes on in it."""

from __future__ import annotations

import fcntl
import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import InputError
from polyhead.signals.lock import Lock
from polyhead.studies import STUDIES
from polyhead.tracking import build_trackers, mlflow, mlflow_place
from polyhead.tracking.mlflow import allowed
from polyhead.tracking.mlflow_place import open_home
from polyhead.tracking.quiet import quiet

from .cases import experiment, metrics, report, run_folder, score

pytest.importorskip("mlflow")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "machine" / "stamp")


def client(store: Path) -> Any:
    with quiet():
        from mlflow import MlflowClient
    with quiet("mlflow", "alembic"):
        return MlflowClient(f"sqlite:///{store}")


def found(store: Path, run: Path) -> Any:
    """The run as the store has it."""
    record = json.loads((run / "tracking.json").read_text())["mlflow"]
    assert record["uri"] == f"sqlite:///{store}"
    return client(store).get_run(record["run_id"])


def tracked(store: Path, run: Path, names: dict[str, str] | None = None, **blocks: Any) -> Any:
    options = {"uri": f"sqlite:///{store}", "experiment": blocks.pop("experiment", None)}
    (tracker,) = build_trackers(experiment(track={"mlflow": options}, **blocks), names or {}, run)
    return tracker


def test_a_whole_run(store, run, capfd):
    handlers, level = logging.getLogger().handlers[:], logging.getLogger("mlflow").level
    tracker = tracked(store, run, notes="first try", tags=["a", "b"])
    tracker.on_start(run, ("state", "wear"), 2, 5)
    assert found(store, run).info.status == "RUNNING"
    for epoch in (1, 2):
        tracker.on_epoch(report(epoch))
    tracker.on_finish(run, metrics())
    tracker.on_end(None)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().handlers == handlers
    assert logging.getLogger("mlflow").level in (level, logging.INFO)  # its import sets it

    one = found(store, run)
    assert (one.info.status, one.info.run_name) == ("FINISHED", "stamp")
    assert client(store).get_experiment(one.info.experiment_id).name == "machine"
    assert one.data.params["tasks.wear.kind"] == "regression"
    assert one.data.params["data.split.fractions"] == "[0.7, 0.15, 0.15]"
    assert {key: one.data.tags[key] for key in ("tags", "mlflow.note.content", "fingerprint.split", "seed")} == {
        "tags": "a, b",
        "mlflow.note.content": "first try",
        "fingerprint.split": "s1",
        "seed": "42",
    }
    history = client(store).get_metric_history(one.info.run_id, "val/wear/mae")
    assert [(each.step, each.value) for each in history] == [(1, 2.0), (2, 4.0)]
    assert "val/state/log_loss" not in one.data.metrics  # undefined
    assert (one.data.metrics["test/state/macro_f1"], one.data.metrics["test/state/floor"]) == (0.5, 0.25)
    (final,) = client(store).get_metric_history(one.info.run_id, "best/val/state/macro_f1")
    assert (final.step, final.value) == (2, 0.75)
    pages = {each.path for each in client(store).list_artifacts(one.info.run_id)}
    assert pages == {"config.yaml", "report.html", "figures"}
    assert (store.parent / "mlartifacts").is_dir()


def test_an_epoch_is_one_call(store, run, monkeypatch):
    tracker = tracked(store, run)
    tracker.on_start(run, (), 2, 5)
    from mlflow import MlflowClient

    calls: list[int] = []
    monkeypatch.setattr(MlflowClient, "log_batch", lambda self, run_id, metrics: calls.append(len(metrics)))
    tracker.on_epoch(report(1))
    assert calls == [15]


def test_it_goes_on_under_the_same_id_and_tells_nothing_twice(store, run):
    first = tracked(store, run)
    first.on_start(run, (), 3, 5)
    first.on_epoch(report(1))
    first.on_epoch(report(2))  # killed here: the folder's tables hold one epoch more
    assert found(store, run).info.status == "RUNNING"
    (run / "trace").mkdir()
    (run / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss,lr\n1,9,9\n2,9,9\n3,0.125,0.5\n")
    for _ in range(2):  # the second time nothing is left to do
        again = tracked(store, run)
        again.on_start(run, (), 3, 5)
        again.on_finish(run, metrics())
    one = found(store, run)
    assert one.info.status == "FINISHED"
    steps = {name: [each.step for each in history(store, one, name)] for name in one.data.metrics}
    assert steps["train/loss"] == steps["lr"] == [1, 2, 3]
    assert steps["val/loss"] == [1, 2]
    assert steps["test/skill"] == [2]
    assert [each.value for each in history(store, one, "train/loss")] == [1.0, 0.5, 0.125]


def test_parameters_that_could_not_be_logged_are_logged_later(store, run, monkeypatch):
    from mlflow import MlflowClient

    def away(self: Any, run_id: str, params: Any) -> None:
        raise OSError("away")

    tracker = tracked(store, run)
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_batch", away)
        tracker.on_start(run, (), 1, 5)
    assert found(store, run).data.params == {}
    tracker.on_finish(run, metrics())
    assert found(store, run).data.params["tasks.wear.kind"] == "regression"


def test_one_run_at_a_time_lays_out_a_file(store, run, monkeypatch):
    tracked(store, run)
    lock = store.with_name(f".{store.name}.lock")
    seen: list[str] = []

    def look(file: Path) -> None:
        with pytest.raises(BlockingIOError):
            Lock.take(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen.append(file.name)

    monkeypatch.setattr(mlflow_place, "_check_file", look)
    tracked(store, run)
    assert seen == [store.name]
    assert not lock.exists()


def test_an_experiment_that_another_run_has_just_made(store, run, monkeypatch):
    from mlflow import MlflowClient

    tracked(store, run, experiment="ours")
    real, asked = MlflowClient.get_experiment_by_name, list[str]()

    def late(self: Any, name: str) -> Any:
        asked.append(name)
        return real(self, name) if len(asked) > 1 else None

    monkeypatch.setattr(MlflowClient, "get_experiment_by_name", late)
    tracked(store, run, experiment="ours").on_start(run, (), 1, 5)
    assert found(store, run).info.status == "RUNNING"


def test_a_password_stays_in_the_environment(store, run, monkeypatch):
    """A store behind a password, played by a file: neither the run's folder nor what is said of it holds the word."""
    address = "http://me:secret@host:5000"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    seen: list[str] = []
    home = open_home(f"sqlite:///{store}", "machine")

    def opened(uri: str, name: str) -> Any:
        seen.append(uri)
        return home

    monkeypatch.setattr(mlflow, "open_home", opened)
    for _ in range(2):
        (tracker,) = build_trackers(experiment(track={"mlflow": True}), {}, run)
        tracker.on_start(run, (), 1, 5)
    assert seen == [address, address]
    assert json.loads((run / "tracking.json").read_text())["mlflow"]["uri"] == "http://me:***@host:5000"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(InputError, match=r"began in http://me:\*\*\*@host:5000, whose password is not known here"):
        build_trackers(experiment(track={"mlflow": True}), {}, run)


def history(store: Path, one: Any, name: str) -> Any:
    return client(store).get_metric_history(one.info.run_id, name)


@pytest.mark.parametrize("where", ["the same folder", "a fold's"])
def test_a_run_goes_on_where_it_began(store, run, monkeypatch, tmp_path, where):
    tracked(store, run).on_start(run if where == "the same folder" else run_folder(run / "folds" / "01"), (), 1, 5)
    monkeypatch.chdir(tmp_path)
    (tracker,) = build_trackers(experiment(track={"mlflow": True}), {}, run)
    tracker.on_start(run, (), 1, 5)
    assert found(store, run).info.status == "RUNNING"
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("variable", [None, "other.db"])
def test_where_nothing_is_said(run, monkeypatch, tmp_path, variable, store):
    """In the current folder, or where MLflow's own variable says."""
    tracked(store, run)  # a store that is made, so that this test need not
    monkeypatch.chdir(tmp_path)
    (tmp_path / (variable or "mlflow.db")).write_bytes(store.read_bytes())
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if variable:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{variable}")
    (tracker,) = build_trackers(experiment(track={"mlflow": True}), {}, run)
    tracker.on_start(run, (), 1, 5)
    assert found(tmp_path / (variable or "mlflow.db"), run).info.status == "RUNNING"


def test_an_interrupted_run_is_killed_and_a_failed_one_failed(store, tmp_path):
    for number, (error, status) in enumerate([(KeyboardInterrupt(), "KILLED"), (ValueError(), "FAILED")]):
        run = run_folder(tmp_path / "machine" / str(number))
        tracker = tracked(store, run)
        tracker.on_start(run, (), 1, 5)
        tracker.on_end(error)
        assert found(store, run).info.status == status


def test_the_names_of_the_calorimeter(store, run):
    """Its kinds of task are not there yet; what they will be called by is."""
    names = STUDIES["calorimeter"].tracked
    angle = {"cosine_loss": 0.5, "angle_68": 1.5, "bias_theta": 2.5, "rms_theta": 3.5}
    place = {"cosine_loss": 4.5, "distance_68": 5.5, "res_68_u": 6.5, "res_68_v": 7.5, "res_68_w": 8.5}
    scores = {task: {key: score(v) for key, v in each.items()} for task, each in (("angle", angle), ("uvwFI", place))}
    tracker = tracked(store, run, dict(names))
    tracker.on_start(run, (), 1, 5)
    tracker.on_epoch(report(1, scores=scores))
    stored = found(store, run).data.metrics
    assert {name: stored[name] for name in names.values()} == {
        "val_cos": 0.5,
        "angle_resolution_68pct": 1.5,
        "theta_bias": 2.5,
        "theta_rms": 3.5,
        "val_cos_pos": 4.5,
        "uvw_dist_68pct": 5.5,
        "uvw_u_res_68pct": 6.5,
        "uvw_v_res_68pct": 7.5,
        "uvw_w_res_68pct": 8.5,
    }


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("val/fault (2)/mae", "val/fault _2_/mae"),
        ("a//b/../c", "a/c"),
        ("/a", "a"),
        ("ü" * 300, "ü" * 250),
        ("..", "_"),
    ],
)
def test_names_as_the_store_takes_them(store, run, name, stored):
    assert allowed(name) == stored
    tracker = tracked(store, run)
    tracker.on_start(run, (), 1, 5)
    tracker.on_epoch(report(1, weights={name: 1.0}))
    assert allowed(f"weight/{name}") in found(store, run).data.metrics


def test_a_long_value_is_cut(store, run):
    tracker = tracked(store, run, notes="n" * 9000)
    tracker.on_start(run, (), 1, 5)
    assert found(store, run).data.params["notes"] == "n" * 6000


@pytest.mark.parametrize("damage", ["no folder", "no database", "deleted experiment", "file store", "no server"])
def test_a_store_that_cannot_be_opened_ends_in_one_line(store, run, tmp_path, monkeypatch, damage):
    uri = f"sqlite:///{tmp_path}/absent/x.db"
    if damage == "no database":
        (tmp_path / "x.db").write_text("something else entirely " * 100)
        uri = f"sqlite:///{tmp_path}/x.db"
    elif damage == "deleted experiment":
        uri = f"sqlite:///{store}"
        tracked(store, run, experiment="gone")
        one = client(store)
        one.delete_experiment(one.get_experiment_by_name("gone").experiment_id)
    elif damage == "file store":
        uri = str(tmp_path / "mlruns")
    elif damage == "no server":
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            uri = f"http://127.0.0.1:{closed.getsockname()[1]}"
    before = sorted(tmp_path.rglob("*"))
    options = {"uri": uri, "experiment": "gone"}
    with pytest.raises(InputError, match=r"^track\.mlflow: ") as refused:
        build_trackers(experiment(track={"mlflow": options}), {}, run)
    assert SAYS[damage] in refused.value.line
    assert sorted(tmp_path.rglob("*")) == before


SAYS = {
    "no folder": "no such folder",
    "no database": "x.db cannot be opened as a store (DatabaseError: file is not a database); name another file",
    "deleted experiment": "experiment gone is deleted in",
    "file store": "write uri: sqlite:///mlflow.db",
    "no server": "check track.mlflow.uri",
}
