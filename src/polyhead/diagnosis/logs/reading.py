"""Finds out which program wrote a log, and reads it."""

from __future__ import annotations

import re
from pathlib import Path

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs import epoch_table, json_lines, mlflow, six_tables, tensorboard, wandb
from polyhead.diagnosis.logs.metric_table import read_metric_table
from polyhead.diagnosis.logs.names import Names, read_names, refuse_unmatched
from polyhead.diagnosis.table import read_csv
from polyhead.errors import InputError

_KNOWN = (
    "one of the six tables, metrics.csv of Lightning, event files of TensorBoard, a store of MLflow, an offline run of"
    " W&B, a .jsonl log, or a .csv or .json table of metrics"
)


def read_log(target: str, columns: Path | None = None) -> Case:
    """The case of whatever `target` names: a file, a folder, an address. `columns` is a file of names.

    Raises InputError where nothing there can be read.
    """
    names = Names() if columns is None else read_names(columns)
    if "://" in target or re.search(r"#[0-9a-f]{32}$", target):
        return mlflow.read_store(target, names)
    path = Path(target)
    if not path.exists():
        if re.fullmatch(r"[\w.-]+/[\w.-]+/[\w.-]+", target):
            return wandb.read_online(target, names)
        raise InputError("no such file or folder", where=target, do="name a run, a log or a table of metrics")
    if tables := six_tables.find_tables(path, names):
        return six_tables.read_six_tables(path, tables, names)
    if files := tensorboard.event_files(path):
        return tensorboard.read_events(path, files, names)
    if files := wandb.offline_files(path):
        return wandb.read_offline(path, files, names)
    if mlflow.is_store(path):
        return mlflow.read_store(target, names)
    if path.is_dir():
        return _folder(path, names)
    return _file(path, names)


def _folder(path: Path, names: Names) -> Case:
    """Lightning's CSVLogger leaves metrics.csv, its versions beside each other; MLflow a database of all runs."""
    versions = ("version_*/metrics.csv", "lightning_logs/version_*/metrics.csv")
    stores = [file for file in path.glob("*.db") if mlflow.is_store(file)]
    for pattern in ("metrics.csv", *versions, "*.jsonl", "trace"):
        found = sorted(path.glob(pattern), key=lambda file: (len(str(file)), str(file)))
        if found and found[-1].is_dir():
            return six_tables.read_six_tables(found[-1], six_tables.find_tables(found[-1], names), names)
        if found:
            return _file(found[-1], names)
    if len(stores) == 1:
        return mlflow.read_store(str(stores[0]), names)
    raise InputError("no log that is known", where=str(path), do=f"name {_KNOWN}")


def _file(path: Path, names: Names) -> Case:
    ending = path.suffix.lower()
    if ending in (".jsonl", ".ndjson"):
        return json_lines.read_json_lines(path, names)
    if ending == ".json":
        return read_metric_table(path)
    if ending in (".csv", ".tsv", ".txt", ".log"):
        frame = read_csv(path)
        refuse_unmatched(names, frame.columns, str(path))
        return (
            epoch_table.case_of_table(path, frame, names)
            if epoch_table.has_axis(frame, names)
            else read_metric_table(path)
        )
    raise InputError(f"ends in {path.suffix!r}", where=str(path), do=f"name {_KNOWN}")
