"""What kind of task a table of predictions holds, read off its columns where the run does not say it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.errors import InputError
from polyhead.report.figures.values import columns_of
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars

LABELS = 30  # whole numbers of more values than this are counted, not told apart


def kind_of(table: polars.DataFrame, run: Run, task: str) -> str:
    """The kind as the run has it, else as the columns look: scores of classes, yes or no with a score, labels,
    numbers; many numbers are a forecast only where the run has a horizon that divides them."""
    known = run.task(task).get("kind") or run.target(task).get("kind")
    if known:
        return str(known)
    if columns_of(table, f"{task}.rmse"):
        return "reconstruction"
    truth, score = columns_of(table, f"{task}.truth"), columns_of(table, f"{task}.score")
    if score:
        single = [f"{task}.score"] == score
        return "multilabel" if len(truth) > 1 else "binary" if single else "classification"
    if len(truth) > 1:
        horizon = int((run.data.get("windows") or {}).get("horizon") or 0)
        return "forecast" if horizon > 1 and len(truth) % horizon == 0 else "regression"
    values, pred = table[truth[0]], table[f"{task}.pred"]
    if not values.dtype.is_numeric():
        return "regression" if _spoilt_numbers(values) else "classification"
    whole = values.dtype.is_integer() and pred.dtype.is_integer()
    return "classification" if whole and values.n_unique() <= LABELS else "regression"


def refuse_unpaired(table: polars.DataFrame, task: str, path: Path) -> None:
    """Raise InputError where columns of truth and of predictions are not as many; of yes-or-no tasks scores will do."""
    truth, pred, score = (columns_of(table, f"{task}.{part}") for part in ("truth", "pred", "score"))
    scored = score == [f"{task}.score"] or (len(truth) > 1 and len(truth) == len(score))
    if len(pred) != len(truth) and (pred or not scored):
        found = f"{len(truth)} of truth and {len(pred)} of predictions"
        raise InputError(f"columns of {task}: {found}", where=str(path), do=f"write {task}.pred as {task}.truth is")


def refuse_text(table: polars.DataFrame, task: str, path: Path) -> None:
    """Raise InputError for a column of text, naming the first cell that holds no number; for kinds that are numbers or
    scores."""
    import polars as pl

    for column in (name for part in ("truth", "pred", "score") for name in columns_of(table, f"{task}.{part}")):
        text = table[column]
        if text.dtype != pl.String:
            continue
        if text.null_count() == text.len():
            raise InputError("is empty in every row", where=f"{path}, {column}")
        found = _no_number(text).arg_true()
        if not found.len():
            raise InputError("holds numbers as text", where=f"{path}, {column}", do="write the column as numbers")
        row = int(found[0])
        raise InputError(f"{text[row]!r} is no number", where=f"{path}, {column} of row {row + 1}")


def _spoilt_numbers(values: polars.Series) -> bool:
    """Whether a column of text is one of numbers but for some cells: mostly numbers, and too many for labels."""
    import polars as pl

    if values.dtype != pl.String or values.n_unique() <= LABELS:
        return False
    return 2 * int(_no_number(values).sum()) < values.len() - values.null_count()


def _no_number(text: polars.Series) -> polars.Series:
    import polars as pl

    return text.is_not_null() & text.cast(pl.Float64, strict=False).is_null()
