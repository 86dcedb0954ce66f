"""A file of saved predictions, made fit to be drawn: its tasks, what kind each is, and the rows that can be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.errors import InputError
from polyhead.report.figures.values import columns_of
from polyhead.report.run import Record, Run
from polyhead.report.saved.kinds import kind_of, refuse_text, refuse_unpaired
from polyhead.report.saved.pairs import paired

if TYPE_CHECKING:
    import polars

NAMED = ("classification", "ordinal")  # kinds whose truth is a name, in text or not
ENDINGS = (".parquet", ".csv")
COLUMN = re.compile(r"(.+)\.(?:truth|rmse)(?:\.\d+)?")


@dataclass(frozen=True)
class Saved:
    """The predictions of one file.

    `rows` are in polyhead's columns, `TASK.mask` true where truth and prediction can be used. `run` tells units,
    classes and thresholds as far as they are known. `notes` say what was left out.
    """

    path: Path
    rows: polars.DataFrame
    run: Run
    kinds: Mapping[str, str]
    notes: tuple[str, ...]


def unknown_run(path: Path) -> Run:
    """A run of which nothing is known but its folder."""
    return Run(path, "", environment={}, state={}, metadata={}, data={}, metrics={})


def read_saved(path: Path, run: Run) -> Saved:
    """Read a Parquet or CSV file of predictions; `run` is what its folder says, or `unknown_run`.

    Raises InputError where the file is missing or damaged, has no rows, or holds no truth beside its predictions.
    """
    table = _read(path)
    if not table.height:
        raise InputError("holds no rows", where=str(path))
    outputs: dict[str, list[str]] = {}
    if not any(re.fullmatch(r".+\.(truth|pred|rmse)(\.\d+)?", column) for column in table.columns):
        table, outputs = paired(table, path)
    tasks = list(dict.fromkeys(found[1] for column in table.columns if (found := COLUMN.fullmatch(column))))
    if not tasks:
        raise InputError(
            "predictions without the truth", where=str(path), do="write them with `polyhead evaluate RUN --data FILE`"
        )
    kinds, notes, targets = {}, [], dict(run.data.get("targets") or {})
    for task in tasks:
        refuse_unpaired(table, task, path)
        kinds[task] = kind = kind_of(table, run, task)
        if kind not in NAMED:
            refuse_text(table, task, path)
        usable = _usable(table, task, several=kind == "regression")
        asked = int(_mask(table, task).sum())
        table = table.with_columns((_mask(table, task) & usable).alias(f"{task}.mask"))
        if lost := asked - int(table[f"{task}.mask"].sum()):
            notes.append(f"{path}: {lost} of {asked} rows of {task} left out, truth or prediction is not finite")
        targets[task] = _described(run.target(task), table, task, kind, outputs.get(task))
    return Saved(path, table, _told(run, targets, kinds), kinds, tuple(notes))


def _read(path: Path) -> polars.DataFrame:
    import polars as pl

    if not path.exists():
        raise InputError("no such file or folder", where=str(path))
    if path.suffix not in ENDINGS:
        raise InputError(f"ends in {path.suffix!r}", where=str(path), do="name a run's folder, a .parquet or a .csv")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path, glob=False)
        return pl.read_csv(path, infer_schema_length=None, null_values=["", "nan", "NaN", "null"], glob=False)
    except pl.exceptions.NoDataError as error:
        raise InputError("holds no rows", where=str(path)) from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"cannot be read as {path.suffix[1:]}", where=str(path)) from error


def _mask(table: polars.DataFrame, task: str) -> polars.Series:
    import polars as pl

    if f"{task}.mask" not in table.columns:
        return pl.repeat(True, table.height, dtype=pl.Boolean, eager=True)
    return table[f"{task}.mask"].cast(pl.Boolean).fill_null(value=False)


def _usable(table: polars.DataFrame, task: str, several: bool) -> polars.Series:
    """Rows without a gap in what is drawn; of `several` outputs one is enough."""
    import polars as pl

    parts = {part: columns_of(table, f"{task}.{part}") for part in ("truth", "pred", "score", "rmse")}
    if several:
        outputs = list(zip(parts["truth"], parts["pred"], strict=False))
        return table.select(pl.any_horizontal(_finite(table, a) & _finite(table, b) for a, b in outputs)).to_series()
    drawn = [column for columns in parts.values() for column in columns]
    return table.select(pl.all_horizontal(_finite(table, column) for column in drawn)).to_series()


def _finite(table: polars.DataFrame, column: str) -> polars.Expr:
    import polars as pl

    there = pl.col(column).is_not_null()
    return there & pl.col(column).is_finite() if table[column].dtype.is_float() else there


def _described(target: Record, table: polars.DataFrame, task: str, kind: str, outputs: list[str] | None) -> Record:
    """What is known of a target, with the names of its outputs and of its classes where the columns give them."""
    told: dict[str, Any] = dict(target)
    if outputs:
        told["outputs"] = outputs
    if kind == "classification" and not told.get("classes"):
        found = {str(label) for part in ("truth", "pred") for label in table[f"{task}.{part}"].drop_nulls().unique()}
        # Scores are in the order of the classes; where some class never occurs, there is no telling which it is.
        if len(columns_of(table, f"{task}.score")) in (0, len(found)):
            told["classes"] = sorted(
                found, key=lambda label: (not label.isdigit(), len(label) * label.isdigit(), label)
            )
    return told


def _told(run: Run, targets: dict[str, Any], kinds: dict[str, str]) -> Run:
    tasks = {name: {**run.task(name), "kind": kind} for name, kind in kinds.items()}
    known = {**(run.metadata.get("tasks") or {}), **tasks}
    return replace(run, metadata={**run.metadata, "tasks": known}, data={**run.data, "targets": targets})
