"""A run in an MLflow store: parameters, tags, one batch of metrics an epoch, and the run's pages as artefacts."""

from __future__ import annotations

import os
import posixpath
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.config.experiment import Experiment
from polyhead.config.tracking import MlflowOptions
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.tracking.card import flat
from polyhead.tracking.names import EPOCH
from polyhead.tracking.quiet import quiet, unless_set
from polyhead.tracking.store import Card, Outcome, Record, require, said

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

_STATUS = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}
_LOGGERS = ("mlflow", "alembic")
_SQLITE = "sqlite:///"
_WHERE = "track.mlflow"
_BATCH, _NAME = 100, 250  # parameters and characters of a name that the store takes; long values it cuts itself


def open_mlflow(experiment: Experiment, run: Path) -> Mlflow:
    """The store where `run` began, else the one that the options name. Raises InputError."""
    options = experiment.track.mlflow
    assert options is not None
    require("mlflow")
    uri = _began(run) or _uri(options)
    file = Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None
    if file is not None:
        _check_file(file)
    unless_set(
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="2",  # of 7, which take minutes while the training waits
    )
    name = options.experiment or experiment.name
    with quiet():
        from mlflow import MlflowClient

    with quiet(*_LOGGERS):
        try:
            client = MlflowClient(tracking_uri=uri)
            home = client.get_experiment_by_name(name)
            if home is None:
                beside = (file.parent / "mlartifacts").as_uri() if file else None
                home = client.get_experiment(client.create_experiment(name, artifact_location=beside))
        except Exception as error:  # of MLflow's own, or of whatever keeps the store
            do = "write uri: sqlite:///mlflow.db" if _is_folder(uri) else "check track.mlflow.uri"
            raise InputError(f"cannot open {uri} ({said(error)})", where=_WHERE, do=do) from error
    if home.lifecycle_stage != "active":
        what = f"experiment {name} is deleted in {uri}"
        raise InputError(what, where=_WHERE, do="restore it, or write another track.mlflow.experiment")
    return Mlflow(client, uri, name, home.experiment_id)


def _began(run: Path) -> str | None:
    """The store in which the run, or a fold of it, began."""
    for path in (run, *sorted(run.glob("folds/*"))):
        if (path / "tracking.json").exists():
            uri = RunFolder(path).read("tracking.json").get("mlflow", {}).get("uri")
            return None if uri is None else str(uri)
    return None


def _uri(options: MlflowOptions) -> str:
    """The store that is asked for; a relative SQLite file is one from the current folder."""
    uri = options.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
    return _SQLITE + str(Path(uri.removeprefix(_SQLITE)).resolve()) if uri.startswith(_SQLITE) else uri


def _is_folder(uri: str) -> bool:
    return uri.startswith("file:") or "://" not in uri


def _check_file(file: Path) -> None:
    """Refuse a file that cannot be a store, or cannot be written: MLflow itself would try again for two minutes."""
    if not file.parent.is_dir():
        raise InputError(f"no such folder {file.parent}", where=_WHERE, do="make it, or correct track.mlflow.uri")
    try:
        with closing(sqlite3.connect(file)) as database:
            database.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        what = f"{file} cannot be opened as a store ({said(error)})"
        raise InputError(what, where=_WHERE, do="name another file in track.mlflow.uri") from error


class Mlflow:
    """One run at a time of an experiment in an MLflow store."""

    name = "mlflow"

    def __init__(self, client: MlflowClient, uri: str, experiment: str, number: str) -> None:
        self._client, self._uri, self._experiment, self._number = client, uri, experiment, number
        self._id = ""

    def begin(self, card: Card, record: Record) -> int:
        with quiet(*_LOGGERS):
            if "run_id" in record:
                self._id = record["run_id"]
                self._client.update_run(self._id, status="RUNNING")
                held = self._client.get_metric_history(self._id, EPOCH)
                return max((one.step for one in held), default=0)
            run = self._client.create_run(self._number, run_name=card.name, tags=_tags(card))
            self._id = run.info.run_id
            record |= {"run_id": self._id, "uri": self._uri, "experiment": self._experiment}
            self._log_parameters(card)
            self._client.log_artifact(self._id, str(card.folder / "config.yaml"))
        return 0

    def _log_parameters(self, card: Card) -> None:
        from mlflow.entities import Param

        each = [Param(allowed(key), text) for key, text in flat(card.config)]
        for first in range(0, len(each), _BATCH):
            self._client.log_batch(self._id, params=each[first : first + _BATCH])

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        with quiet(*_LOGGERS):
            self._client.log_batch(self._id, metrics=_metrics(values, epoch))

    def conclude(self, epoch: int, values: Mapping[str, float], files: Sequence[Path]) -> None:
        with quiet(*_LOGGERS):
            there = self._client.get_run(self._id).data.metrics
            new = {key: value for key, value in values.items() if allowed(key) not in there}
            self._client.log_batch(self._id, metrics=_metrics(new, epoch))
            for path in files:
                within = "figures" if path.parent.name == "figures" else None
                self._client.log_artifact(self._id, str(path), within)

    def end(self, outcome: Outcome) -> None:
        with quiet(*_LOGGERS):
            self._client.set_terminated(self._id, _STATUS[outcome])


def _metrics(values: Mapping[str, float], step: int) -> list[Metric]:
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [Metric(allowed(name), value, now, step) for name, value in values.items()]


def _tags(card: Card) -> dict[str, str]:
    """Facts and words to find the run by; MLflow shows `mlflow.note.content` as its description."""
    tags = {**card.facts, "tags": ", ".join(card.tags), "mlflow.note.content": card.notes}
    return {allowed(key): text for key, text in tags.items() if text}


def allowed(name: str) -> str:
    """A name as the store takes it: letters, digits, spaces and _ - . : / only, and at most 250 of them."""
    plain = posixpath.normpath(re.sub(r"[^/\w.\- :]", "_", name)).lstrip("/.")
    return plain[:_NAME] or "_"
