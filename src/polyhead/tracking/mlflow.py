"""A run in an MLflow store: parameters, tags, one batch of metrics an epoch, and the run's pages as artefacts."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.config.experiment import Experiment
from polyhead.config.tracking import without_passwords
from polyhead.tracking.card import flat
from polyhead.tracking.mlflow_place import LOGGERS, open_home, uri_of
from polyhead.tracking.names import EPOCH
from polyhead.tracking.quiet import quiet, unless_set
from polyhead.tracking.store import Card, Outcome, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

_STATUS = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}
_BATCH, _NAME = 100, 250  # parameters and characters of a name that the store takes; long values it cuts itself


def open_mlflow(experiment: Experiment, run: Path) -> Mlflow:
    """The store where `run` began, else the one that the options name. Raises InputError."""
    options = experiment.track.mlflow
    assert options is not None
    uri = uri_of(options, run)
    unless_set(
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        # Of 7 tries and 120 s each, which take minutes while the training waits.
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="2",
        MLFLOW_HTTP_REQUEST_TIMEOUT="10",
    )
    name = options.experiment or experiment.name
    client, home = open_home(uri, name)
    return Mlflow(client, uri, name, home.experiment_id)


class Mlflow:
    """One run at a time of an experiment in an MLflow store."""

    name = "mlflow"

    def __init__(self, client: MlflowClient, uri: str, experiment: str, number: str) -> None:
        self._client, self._uri, self._experiment, self._number = client, uri, experiment, number
        self._id = ""

    def begin(self, card: Card, record: Record) -> int:
        with quiet(*LOGGERS):
            if "run_id" in record:
                self._id = record["run_id"]
                self._client.update_run(self._id, status="RUNNING")
                self._log_parameters(card)
                held = self._client.get_metric_history(self._id, EPOCH)
                return max((one.step for one in held), default=0)
            run = self._client.create_run(self._number, run_name=card.name, tags=_tags(card))
            self._id = run.info.run_id
            uri = without_passwords(self._uri)
            record |= {"run_id": self._id, "uri": uri, "experiment": self._experiment}
            self._log_parameters(card)
        return 0

    def _log_parameters(self, card: Card) -> None:
        """Those that the store lacks: all but where the run goes on."""
        from mlflow.entities import Param

        there = self._client.get_run(self._id).data.params
        texts = {allowed(key): text for key, text in flat(card.config)}
        lacking = [Param(key, text) for key, text in texts.items() if key not in there]
        for first in range(0, len(lacking), _BATCH):
            self._client.log_batch(self._id, params=lacking[first : first + _BATCH])
        if lacking:
            self._client.log_artifact(self._id, str(card.folder / "config.yaml"))

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        with quiet(*LOGGERS):
            self._client.log_batch(self._id, metrics=_metrics(values, epoch))

    def conclude(self, epoch: int, values: Mapping[str, float], files: Sequence[Path]) -> None:
        with quiet(*LOGGERS):
            there = self._client.get_run(self._id).data.metrics
            new = {key: value for key, value in values.items() if allowed(key) not in there}
            self._client.log_batch(self._id, metrics=_metrics(new, epoch))
            for path in files:
                within = "figures" if path.parent.name == "figures" else None
                self._client.log_artifact(self._id, str(path), within)

    def end(self, outcome: Outcome) -> None:
        with quiet(*LOGGERS):
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
