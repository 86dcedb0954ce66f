"""A folder with some of the six tables over epochs, or one of them, that another program wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.folder import EPOCH_KEYS, epoch_parts
from polyhead.diagnosis.logs.metric_words import METRICS, PRIMARY, SPLITS, kind_of
from polyhead.diagnosis.logs.names import ALONE, Names
from polyhead.diagnosis.table import read_csv
from polyhead.errors import InputError
from polyhead.trace.tables import TABLES

if TYPE_CHECKING:
    import polars

_SIDES = {"in": "pos", "out": "neg"}
"""What a span's inside and outside are for a yes-or-no task."""


def find_tables(path: Path, names: Names) -> dict[str, Path]:
    """The files of the six tables in a folder, or `path` itself where it is one of them."""
    if path.is_file():
        named = {file: table for table, file in names.files.items()}
        table = named.get(path.name) or path.stem
        return {table: path} if table in TABLES else {}
    found = {table: path / names.files.get(table, f"{table}.csv") for table in TABLES}
    return {table: file for table, file in found.items() if file.is_file()}


def read_six_tables(path: Path, files: Mapping[str, Path], names: Names) -> Case:
    """The case of the tables in `files`. Raises InputError naming the file that is none."""
    frames = {table: _renamed(read_csv(file), names) for table, file in files.items()}
    for table, frame in frames.items():
        if "epoch" not in frame.columns:
            raise InputError(
                f"has no column epoch (columns: {', '.join(frame.columns[:6])})",
                where=str(files[table]),
                do="say which it is in a file of names, --columns FILE",
            )
    frames = {table: frame for table, frame in frames.items() if frame.height}
    if not frames:
        raise InputError("the tables hold no epoch", where=str(path), do="name the folder of a run that was begun")
    frames = {table: _ordered(frame) for table, frame in frames.items()}
    tasks = _tasks(frames, names)
    if (stats := frames.get("probability_stats")) is not None:
        frames["probability_stats"] = _sides(stats, tasks)
    parts = epoch_parts(frames, tasks)
    facts = {task: _facts(task, names, parts) for task in tasks}
    absent = dict.fromkeys(("predictions", "profile", "config", "steps", "metrics"), "not in the six tables")
    return Case(origin=str(path), tasks=facts, absent=absent, **parts)


def _renamed(frame: polars.DataFrame, names: Names) -> polars.DataFrame:
    """Columns under the names of the six tables: those that the file of names gives, phases as train and val."""
    import polars as pl

    given = {old: _column(place) for old, place in names.names.items() if old in frame.columns}
    frame = frame.rename(given)
    lower = {name: name.lower() for name in frame.columns if name.lower() in (*EPOCH_KEYS, "phase", "feature_name")}
    frame = frame.rename(lower)
    if "phase" in frame.columns and frame["phase"].dtype == pl.String:
        said = frame["phase"].str.to_lowercase().str.strip_chars()
        frame = frame.with_columns(said.replace(dict(SPLITS)).alias("phase"))
    return frame


def _column(place: str) -> str:
    """A place of a file of names as the six tables call it."""
    parts = place.split("/")
    if len(parts) == 3:
        return f"loss_{parts[1]}" if parts[2] == "loss" else f"{parts[1]}_{parts[2]}"
    if len(parts) == 2 and parts[1] in ("weight", "sigma"):
        return f"{parts[1]}_{parts[0]}"
    if len(parts) == 2:
        return f"{parts[0]}_{parts[1]}"
    return {"grad_norm": "total_grad_norm"}.get(place, place)


def _ordered(frame: polars.DataFrame) -> polars.DataFrame:
    """In order of epoch; an epoch that stands there twice counts as it was written last."""
    keys = [key for key in ("epoch", "phase", "feature_name") if key in frame.columns]
    return frame.drop_nulls("epoch").unique(keys, keep="last", maintain_order=True).sort("epoch", maintain_order=True)


def _tasks(frames: Mapping[str, polars.DataFrame], names: Names) -> tuple[str, ...]:
    """Tasks that the file of names, losses, sigmas, probabilities and metrics tell of, in that order."""
    found = dict.fromkeys(names.tasks)
    for table, mark in (
        ("loss_components", "loss_"),
        ("uncertainty_params", "sigma_"),
        ("uncertainty_params", "weight_"),
    ):
        columns = frames[table].columns if table in frames else []
        found |= dict.fromkeys(one.removeprefix(mark) for one in columns if one.startswith(mark))
    for column in frames["probability_stats"].columns if "probability_stats" in frames else []:
        if (inner := re.fullmatch(r"in_(\w+)_mean|(\w+)_pos_mean", column)) is not None:
            found |= dict.fromkeys([inner[1] or inner[2]])
    for column in frames["epoch_metrics"].columns if "epoch_metrics" in frames else []:
        if not any(column.startswith(f"{task}_") for task in found):
            found |= dict.fromkeys(_owner(column))
    return tuple(found)


def _owner(column: str) -> list[str]:
    """The task of TASK_METRIC, by the longest end that is a metric."""
    tokens = column.split("_")
    for cut in range(1, len(tokens)):
        head, tail = "_".join(tokens[:cut]), "".join(tokens[cut:]).lower()
        if tail in METRICS:
            return [ALONE] if head.lower() in SPLITS else [head]
    return []


def _sides(frame: polars.DataFrame, tasks: Sequence[str]) -> polars.DataFrame:
    """`in_TASK_mean` as `TASK_pos_mean`, and `separation` as that of the task they are about."""
    changed: dict[str, str] = {}
    for column in frame.columns:
        if (inner := re.fullmatch(r"(in|out)_(\w+)_(mean|std|min|max|median)", column)) is not None:
            changed[column] = f"{inner[2]}_{_SIDES[inner[1]]}_{inner[3]}"
    about = {new.split("_pos_")[0] for new in changed.values() if "_pos_" in new}
    about = about or {one.removesuffix("_pos_mean") for one in frame.columns if one.endswith("_pos_mean")}
    if "separation" in frame.columns and len(about) == 1:
        changed["separation"] = f"{about.pop()}_separation"
    return frame.rename(changed)


def _facts(task: str, names: Names, parts: Mapping[str, Any]) -> TaskFacts:
    scores = (parts.get("scores") or {}).get(task, {})
    metrics: dict[str, float | None] = {name: None for name in scores if name != "epoch"}
    asked = f"{task}_pos_mean"
    yes_or_no = any(asked in one for one in (parts.get("probabilities") or {}).values())
    kind = names.tasks.get(task) or ("binary" if yes_or_no else kind_of(metrics, None))
    return TaskFacts(task, kind=kind, primary=next((name for name in PRIMARY if name in metrics), None))
