"""Where an MLflow store is, and how it is opened: by several runs at once, and without a word of passwords."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.config.tracking import HIDDEN, MlflowOptions, without_passwords
from polyhead.errors import InputError
from polyhead.signals.lock import Lock
from polyhead.trace.folder import RunFolder
from polyhead.tracking.quiet import quiet
from polyhead.tracking.store import said

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

LOGGERS = ("mlflow", "alembic")
_WHERE = "track.mlflow"
_SQLITE = "sqlite:///"


def uri_of(options: MlflowOptions, run: Path) -> str:
    """The store where `run` began, else the one that is asked for. Raises InputError where its password is not known:
    the run's folder does not hold it."""
    asked, began = _asked(options), _began(run)
    if began is None or began == without_passwords(asked):
        return asked
    if HIDDEN in began:
        what = f"the run began in {began}, whose password is not known here"
        raise InputError(what, where=_WHERE, do="set the variable MLFLOW_TRACKING_URI")
    return began


def _asked(options: MlflowOptions) -> str:
    """The store that is asked for; a relative SQLite file is one from the current folder."""
    uri = options.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}mlflow.db"
    return _SQLITE + str(Path(uri.removeprefix(_SQLITE)).resolve()) if uri.startswith(_SQLITE) else uri


def _began(run: Path) -> str | None:
    """The store in which the run, or a fold of it, began."""
    for path in (run, *sorted(run.glob("folds/*"))):
        if (path / "tracking.json").exists():
            uri = RunFolder(path).read("tracking.json").get("mlflow", {}).get("uri")
            return None if uri is None else str(uri)
    return None


def open_home(uri: str, name: str) -> tuple[MlflowClient, Experiment]:
    """A client of the store, and the experiment `name` in it, made where there is none. Raises InputError."""
    with quiet():
        from mlflow import MlflowClient

    file = Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None
    if file is not None and not file.parent.is_dir():
        raise InputError(f"no such folder {file.parent}", where=_WHERE, do="make it, or correct track.mlflow.uri")
    try:
        with _alone(file), quiet(*LOGGERS):
            if file is not None:
                _check_file(file)
            client = MlflowClient(tracking_uri=uri)
            home = _home(client, name, (file.parent / "mlartifacts").as_uri() if file else None)
    except InputError:
        raise
    except Exception as error:  # of MLflow's own, or of whatever keeps the store
        do = "write uri: sqlite:///mlflow.db" if _is_folder(uri) else "check track.mlflow.uri"
        raise InputError(f"cannot open {without_passwords(uri)} ({said(error)})", where=_WHERE, do=do) from error
    if home.lifecycle_stage != "active":
        what = f"experiment {name} is deleted in {without_passwords(uri)}"
        raise InputError(what, where=_WHERE, do="restore it, or write another track.mlflow.experiment")
    return client, home


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """Hold off other runs that would lay out the same SQLite file, which MLflow cannot do twice at once."""
    if file is None:
        yield
        return
    path = file.with_name(f".{file.name}.lock")
    lock = Lock.take(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        lock.release(remove=path)


def _check_file(file: Path) -> None:
    """Refuse a file that cannot be a store, or cannot be written: MLflow itself would try again for two minutes."""
    try:
        with closing(sqlite3.connect(file)) as database:
            database.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        what = f"{file} cannot be opened as a store ({said(error)})"
        raise InputError(what, where=_WHERE, do="name another file in track.mlflow.uri") from error


def _home(client: MlflowClient, name: str, artifacts: str | None) -> Experiment:
    from mlflow.exceptions import MlflowException

    home = client.get_experiment_by_name(name)
    if home is not None:
        return home
    try:
        return client.get_experiment(client.create_experiment(name, artifact_location=artifacts))
    except MlflowException:
        home = client.get_experiment_by_name(name)  # another run may have made it in between
        if home is None:
            raise
        return home


def _is_folder(uri: str) -> bool:
    return uri.startswith("file:") or "://" not in uri
