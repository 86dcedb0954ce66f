"""A run folder as a case: every part that is there, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.document import Document
from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import load_experiment
from polyhead.diagnosis.case import Case, Columns, Predicted, TaskFacts
from polyhead.diagnosis.table import by_key, read_csv
from polyhead.errors import InputError
from polyhead.scoring.metric import Score
from polyhead.signals.readers import READERS
from polyhead.trace.folder import SPLITS, RunFolder
from polyhead.trace.profile import Profile, read_profile
from polyhead.trace.steps import read_steps

if TYPE_CHECKING:
    import polars

_JSON = ("metadata", "data", "state", "metrics")
EPOCH_KEYS = ("epoch", "train_loss", "val_loss", "val_skill", "lr", "epoch_time")
"""Columns of epoch_metrics.csv that are about no single task."""


def read_folder(path: Path, stretches: int | None = None) -> Case:
    """The case of a run folder, finished or not; of its steps only the latest so many `stretches`, or all. Raises
    InputError naming the file that is damaged."""
    run = RunFolder(path)
    said = {name: run.read(f"{name}.json") if (path / f"{name}.json").is_file() else None for name in _JSON}
    metadata, metrics = said["metadata"], said["metrics"]
    config = _config(path, metadata)
    tasks = task_facts(metadata or {}, said["data"] or {}, metrics or {})
    tables = {name: read_csv(run.trace / f"{name}.csv") for name in _TABLES if (run.trace / f"{name}.csv").is_file()}
    absent = {name: f"no {run.trace.name}/{file}.csv" for file, name in _TABLES.items() if file not in tables}
    if said["state"] and said["state"].get("status") not in ("finished", None):
        absent |= dict.fromkeys(("metrics", "predictions", "slices"), "the run is not finished")
    scored = {split: _scores(metrics[split]) for split in (*SPLITS, "data") if split in metrics} if metrics else None
    return Case(
        origin=str(path),
        tasks=tasks,
        config=config,
        document=Document.read(path / "config.yaml") if (path / "config.yaml").is_file() else None,
        profile=_profile(path / "profile.json"),
        **epoch_parts(tables, tuple(tasks)),
        steps=_steps(run.trace, stretches),
        predictions=_predictions(run, tasks),
        metrics=scored or None,
        slices=_slices(metrics or {}),
        state=said["state"],
        metadata=metadata,
        known=(metadata or {}).get("known"),
        absent=absent,
        folder=path,
    )


_TABLES = {
    "epoch_metrics": "scores",
    "loss_components": "losses",
    "uncertainty_params": "weights",
    "probability_stats": "probabilities",
    "feature_stats": "features",
    "gradient_stats": "gradients",
    "parameter_sums": "parameters",
}


def epoch_parts(tables: Mapping[str, polars.DataFrame], tasks: Sequence[str]) -> dict[str, Any]:
    """Parts of a case from tables in the six layouts, and parameter_sums, by file name; tables may lack."""
    parts: dict[str, Any] = {}
    if (one := tables.get("epoch_metrics")) is not None and one.height:
        columns = numbers(one)
        parts["epochs"] = {name: columns[name] for name in EPOCH_KEYS if name in columns}
        parts["scores"] = _scores_by_task(columns, tasks) or None
    if (one := tables.get("loss_components")) is not None and one.height:
        parts["losses"] = {
            phase: {_loss_name(name): values for name, values in numbers(rows).items()}
            for phase, rows in by_key(one, "phase", "train").items()
        }
    if (one := tables.get("uncertainty_params")) is not None and one.height:
        parts["weights"] = numbers(one)
    if (one := tables.get("probability_stats")) is not None and one.height:
        parts["probabilities"] = {phase: numbers(rows) for phase, rows in by_key(one, "phase", "val").items()}
    if (one := tables.get("feature_stats")) is not None and one.height and "feature_name" in one.columns:
        parts["features"] = {
            (phase, name): numbers(own)
            for phase, rows in by_key(one, "phase", "train").items()
            for name, own in by_key(rows, "feature_name", "").items()
        }
    for file, part in (("gradient_stats", "gradients"), ("parameter_sums", "parameters")):
        if (one := tables.get(file)) is not None and one.height:
            parts[part] = numbers(one)
    return parts


def _loss_name(column: str) -> str:
    return "total" if column == "total_loss" else column.removeprefix("loss_")


def _scores_by_task(columns: Columns, tasks: Sequence[str]) -> dict[str, Columns]:
    """TASK_METRIC columns by task; where one task's name begins another's, the longer one has it."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name, values in columns.items():
        owner = max((task for task in tasks if name.startswith(f"{task}_")), key=len, default=None)
        if owner is not None and name not in EPOCH_KEYS:
            found.setdefault(owner, {"epoch": columns["epoch"]})[name.removeprefix(f"{owner}_")] = values
    return dict(found)


def numbers(frame: polars.DataFrame) -> dict[str, NDArray[np.float64]]:
    """The columns that hold numbers, as float64 with NaN in empty cells."""
    import polars as pl

    numeric = frame.select(
        pl.col(name) for name, kind in frame.schema.items() if kind.is_numeric() or kind == pl.Boolean
    )
    return {name: numeric[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in numeric.columns}


def _config(path: Path, metadata: Mapping[str, Any] | None) -> Experiment | None:
    """The experiment of config.yaml; kinds that a study declared stand in metadata.json. None where it is of a reader,
    or a version, that is not known here."""
    file = path / "config.yaml"
    if not file.is_file():
        return None
    described = (metadata or {}).get("configuration") or {}
    declared = {name: {"kind": one["kind"]} for name, one in (described.get("tasks") or {}).items()}
    data = Document.read(file).values.get("data")
    reader = str(data.get("reader")) if isinstance(data, dict) else ""
    options = READERS[reader].options if reader in READERS else None
    return load_experiment(file, options=lambda name: options, readers=[reader], declared=declared).experiment


def task_facts(
    metadata: Mapping[str, Any], data: Mapping[str, Any], metrics: Mapping[str, Any] | None = None
) -> dict[str, TaskFacts]:
    """What metadata.json and data.json say of the tasks, and who else is scored in metrics.json."""
    described, targets = metadata.get("tasks", {}), data.get("targets", {})
    judged = [task for split in SPLITS for task in (metrics or {}).get(split, {})]
    named = dict.fromkeys([*described, *judged])
    return {name: _facts(name, described.get(name) or {}, targets.get(name) or {}) for name in named}


def _facts(name: str, described: Mapping[str, Any], target: Mapping[str, Any]) -> TaskFacts:
    return TaskFacts(
        name=name,
        kind=described.get("kind") or target.get("kind"),
        loss=described.get("loss_fn"),
        primary=described.get("primary"),
        unit=described.get("unit") or "",
        classes=tuple(target.get("classes") or described.get("classes") or ()),
        weight=float(described.get("weight", 1.0)),
        floor_loss=described.get("floor_loss"),
        target=target.get("key"),
    )


def _profile(path: Path) -> Profile | None:
    return read_profile(path) if path.is_file() else None


def _scores(tasks: Mapping[str, Any]) -> dict[str, dict[str, Score]]:
    return {task: {name: score_of(one) for name, one in scores.items()} for task, scores in tasks.items()}


def score_of(value: Mapping[str, Any]) -> Score:
    """A score as JSON holds it; what it does not say is None."""
    known: dict[str, Any] = {each.name: value.get(each.name) for each in fields(Score)}
    interval = known["interval"]
    known["interval"] = (float(interval[0]), float(interval[1])) if interval else None
    return Score(**known | {"n": known["n"] or 0, "unit": known["unit"] or "", "primary": bool(known["primary"])})


def _slices(metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """{split: {task: {column: {value: {metric: Score}}}}} of slices that have scores."""
    found = {
        split: {
            task: {column: _scores(one["values"]) for column, one in columns.items() if one.get("values")}
            for task, columns in tasks.items()
        }
        for split, tasks in (metrics.get("slices") or {}).items()
    }
    return found or None


def _steps(trace: Path, stretches: int | None) -> Columns | None:
    frame = read_steps(trace, stretches)
    return numbers(frame.sort("step")) if frame.height and "step" in frame.columns else None


def _predictions(run: RunFolder, tasks: Mapping[str, TaskFacts]) -> dict[str, dict[str, Predicted]] | None:
    import polars as pl

    found: dict[str, dict[str, Predicted]] = {}
    for split in SPLITS:
        path = run.predictions(split)
        if not path.is_file():
            continue
        try:
            frame = pl.read_parquet(path, glob=False)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                "cannot be read as parquet", where=str(path), do="leave the file out to go without"
            ) from error
        found[split] = {name: one for name in tasks if (one := _predicted(frame, name)) is not None}
    return found or None


def _predicted(frame: polars.DataFrame, task: str) -> Predicted | None:
    parts = {part: _stacked(frame, f"{task}.{part}") for part in ("truth", "pred", "mask", "score", "sd")}
    truth, pred, mask = parts["truth"], parts["pred"], parts["mask"]
    if truth is None or pred is None or "recording" not in frame.columns:
        return None
    known = np.ones(len(truth), bool) if mask is None else mask.astype(bool)
    return Predicted(frame["recording"].to_numpy(), truth, pred, known, parts["score"], parts["sd"])


def _stacked(frame: polars.DataFrame, name: str) -> NDArray[Any] | None:
    """The column `name` (window,), or name.0, name.1, .. side by side (window, k); None where there is neither."""
    if name in frame.columns:
        return frame[name].to_numpy()
    several = [column for column in frame.columns if column.startswith(f"{name}.")]
    several = [column for column in several if column.removeprefix(f"{name}.").isdecimal()]
    return np.stack([frame[column].to_numpy() for column in several], axis=1) if several else None
