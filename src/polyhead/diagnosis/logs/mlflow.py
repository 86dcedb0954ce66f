"""A store of MLflow: a SQLite file, a folder mlruns, or an address of either, with #RUN_ID for one of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.names import Names
from polyhead.diagnosis.logs.scalars import Series, case_of_series
from polyhead.errors import InputError

_SQLITE = b"SQLite format 3\0"


def is_store(path: Path) -> bool:
    """Whether a file is a SQLite database, or a folder one of MLflow's."""
    if path.is_file():
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    return path.is_dir() and (path.name == "mlruns" or any(path.glob("*/meta.yaml")))


def read_store(address: str, names: Names) -> Case:
    """The case of a run, the latest unless `address` ends in #RUN_ID. Raises InputError where there is none."""
    try:
        import mlflow
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise InputError("reading it needs mlflow", where=address, do="pip install polyhead[mlflow]") from error
    store, _, identity = address.partition("#")
    path = Path(store)
    where = store if "://" in store else f"sqlite:///{path.resolve()}" if path.is_file() else path.resolve().as_uri()
    try:
        client = mlflow.MlflowClient(tracking_uri=where)
        run = _run(client, identity)
        if run is None:
            raise InputError("holds no run", where=address, do="name a store that a training has written to")
        series = [_series(client, run, key) for key in run.data.metrics]
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise InputError(f"cannot be read by MLflow ({str(error).splitlines()[0][:160]})", where=address) from error
    return case_of_series(f"{store}#{run.info.run_id}", series, names, by_epoch=False)


def _run(client: Any, identity: str) -> Any:
    if identity:
        return client.get_run(identity)
    experiments = [one.experiment_id for one in client.search_experiments()]
    found = (
        client.search_runs(experiments, order_by=["attributes.start_time DESC"], max_results=1) if experiments else []
    )
    return found[0] if found else None


def _series(client: Any, run: Any, key: str) -> Series:
    points = sorted(client.get_metric_history(run.info.run_id, key), key=lambda one: (one.step, one.timestamp))
    return Series(key, np.array([float(one.step) for one in points]), np.array([one.value for one in points]))
