"""A folder with some of the six tables over epochs, or one of them, that another program wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.folder import EPOCH_KEYS, epoch_parts
from polyhead.diagnosis.logs.metric_words import METRICS, PRIMARY, SPLITS, kind_of
from polyhead.diagnosis.logs.names import ALONE, Names, Place, place_of, refuse_unmatched
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
    read = {table: read_csv(file) for table, file in files.items()}
    refuse_unmatched(names, [column for frame in read.values() for column in frame.columns], str(path))
    frames = {table: _renamed(table, frame, names) for table, frame in read.items()}
    for table, frame in frames.items():
        if "epoch" not in frame.columns:
            raise InputError(
                f"has no column epoch (columns: {', '.join(frame.columns[:6])})",
                where=str(files[table]),
                do="say which it is in a file of names, --columns FILE",
            )
        if frame.height and not frame["epoch"].dtype.is_numeric():
            raise InputError("column epoch holds more than numbers", where=str(files[table]))
    frames = {table: frame for table, frame in frames.items() if frame.height}
    if not frames:
        raise InputError("the tables hold no epoch", where=str(path), do="name the folder of a run that was begun")
    frames = {table: _ordered(frame) for table, frame in _with_losses(frames).items()}
    tasks = _tasks(frames, names)
    if (stats := frames.get("probability_stats")) is not None:
        frames["probability_stats"] = _sides(stats, tasks)
    parts = epoch_parts(frames, tasks)
    facts = {task: _facts(task, names, parts) for task in tasks}
    absent = dict.fromkeys(("predictions", "profile", "config", "steps", "metrics"), "not in the six tables")
    return Case(origin=str(path), tasks=facts, absent=absent, **parts)


def _renamed(table: str, frame: polars.DataFrame, names: Names) -> polars.DataFrame:
    """Columns under the names of the six tables, phases as train and val.

    A loss of a task that stands in a column of its split, `val_fault_loss`, is called `val/fault/loss` until
    `_with_losses` puts it where losses stand.
    """
    import polars as pl

    lower = {name: name.lower() for name in frame.columns if name.lower() in (*EPOCH_KEYS, "phase", "feature_name")}
    frame = frame.rename({old: new for old, new in lower.items() if old not in names.names})
    phased = "phase" in frame.columns
    changed: dict[str, str] = {}
    left_out: list[str] = []
    taken = set(frame.columns)
    for old in frame.columns:
        new = _spelling(table, old, names, phased)
        if new is None:
            left_out.append(old)
        elif new != old and new not in taken:
            changed[old] = new
            taken.add(new)
    frame = frame.drop(left_out).rename(changed)
    if "phase" in frame.columns and frame["phase"].dtype == pl.String:
        said = frame["phase"].str.to_lowercase().str.strip_chars()
        frame = frame.with_columns(said.replace(dict(SPLITS)).alias("phase"))
    return frame


def _spelling(table: str, column: str, names: Names, phased: bool) -> str | None:
    """A column as the six tables call it; None for a metric of a split that they do not hold."""
    place = place_of(column, names)
    if column not in names.names:
        if _is_canonical(table, column, phased):
            return column
        if table not in ("epoch_metrics", "loss_components", "uncertainty_params"):
            return re.sub(r"\s+", "_", column).lower() if re.search(r"\s", column) else column
    if place is None or place.what == "time":
        return column
    if place.what == "loss":
        return _loss(table, place, phased)
    if place.what in ("weight", "sigma"):
        return f"{place.what}_{place.task}"
    if place.task:
        return f"{place.task}_{place.what}" if place.split != "train" else None
    return {"grad_norm": "total_grad_norm", "skill": f"{place.split}_skill"}.get(place.what, place.what)


def _loss(table: str, place: Place, phased: bool) -> str:
    if table == "epoch_metrics" and not place.task:
        return f"{place.split}_loss"
    if table == "loss_components" and phased:
        return f"loss_{place.task}" if place.task else "total_loss"
    return f"{place.split}/{place.task}/loss"


def _is_canonical(table: str, column: str, phased: bool) -> bool:
    """Whether a column is spelt as the six tables spell it, and so keeps the letters of its task."""
    tokens = column.split("_")
    if column in (*EPOCH_KEYS, "phase", "feature_name"):
        return True
    if table == "loss_components":
        spelt = column == "total_loss" or (tokens[0] == "loss" and len(tokens) > 1)
        return spelt and (phased or not {tokens[1].lower(), tokens[-1].lower()} & set(SPLITS))
    if table == "uncertainty_params":
        return tokens[0] in ("sigma", "weight") and len(tokens) > 1
    beside = {tokens[0].lower(), tokens[-1].lower()} & set(SPLITS)
    return table == "epoch_metrics" and not beside and re.fullmatch(r"\w+", column) is not None and bool(_owner(column))


def _with_losses(frames: Mapping[str, polars.DataFrame]) -> dict[str, polars.DataFrame]:
    """Losses of tasks that stand in columns of their splits, as rows of phases of the table of losses."""
    import polars as pl

    kept = dict(frames)
    for table in ("loss_components", "epoch_metrics"):
        wide = [name for name in kept[table].columns if name.endswith("/loss")] if table in kept else []
        if not wide:
            continue
        phases: dict[str, dict[str, str]] = {}
        for name in wide:
            split, task, _ = name.split("/")
            phases.setdefault(split, {})[name] = f"loss_{task}" if task else "total_loss"
        rows = [
            kept[table].select("epoch", *own).rename(own).with_columns(pl.lit(split).alias("phase"))
            for split, own in phases.items()
        ]
        kept[table] = kept[table].drop(wide)
        if table == "loss_components":
            rest = kept.pop(table)
            if len(rest.columns) > 1:
                rows.append(rest.with_columns(pl.lit("train").alias("phase")))
        kept["loss_components"] = _joined([*([kept["loss_components"]] if "loss_components" in kept else []), *rows])
    return kept


def _joined(rows: Sequence[polars.DataFrame]) -> polars.DataFrame:
    """Tables of losses as one, a row an epoch and phase; of two values of one loss the first counts."""
    import polars as pl

    phased = [one if "phase" in one.columns else one.with_columns(pl.lit("train").alias("phase")) for one in rows]
    first, *others = [one.unique(["epoch", "phase"], keep="last", maintain_order=True) for one in phased]
    for one in others:
        again = {name: f"{name}/again" for name in one.columns if name.startswith(("loss_", "total_loss"))}
        again = {name: new for name, new in again.items() if name in first.columns}
        first = first.join(one.rename(again), on=["epoch", "phase"], how="full", coalesce=True)
        first = first.with_columns(pl.coalesce(name, new) for name, new in again.items()).drop(again.values())
    return first


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
