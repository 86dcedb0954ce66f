"""Tables of another program, whose columns pair truth and prediction by name, in polyhead's own columns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.errors import InputError

if TYPE_CHECKING:
    import polars

TRUTH, PRED = ("true", "truth"), ("pred", "prediction")
FILE = re.compile(r"predictions_([^_]+)_")  # predictions_TASK_RUN.csv


def paired(table: polars.DataFrame, path: Path) -> tuple[polars.DataFrame, dict[str, list[str]]]:
    """`table` as TASK.truth[.i] and TASK.pred[.i], and the names of the outputs of tasks that have several.

    A pair is `true_X` and `pred_X` or `X_true` and `X_pred`, also with `truth` and `prediction`. Each pair is a task,
    but several pairs in a file called predictions_TASK_RUN are the outputs of one. Raises InputError without a pair.
    """
    pairs = _pairs(table.columns)
    if not pairs:
        raise InputError(
            f"no column of truth with one of predictions; there are {', '.join(table.columns[:8]) or 'none'}",
            where=str(path),
            do="name them true_X and pred_X, or TASK.truth and TASK.pred",
        )
    named = FILE.match(path.name)
    if named and len(pairs) > 1:
        columns = [
            table[column].alias(f"{named[1]}.{part}.{i}")
            for i, pair in enumerate(pairs.values())
            for part, column in zip(("truth", "pred"), pair, strict=True)
        ]
        return _with_recording(table, columns), {named[1]: list(pairs)}
    columns = [
        table[column].alias(f"{name}.{part}")
        for name, pair in pairs.items()
        for part, column in zip(("truth", "pred"), pair, strict=True)
    ]
    return _with_recording(table, columns), {}


def _pairs(columns: list[str]) -> dict[str, tuple[str, str]]:
    """{X: (column of truth, column of predictions)} in the order of the file."""
    found: dict[str, tuple[str, str]] = {}
    for column in columns:
        for word, other in zip(TRUTH, PRED, strict=True):
            name, match = None, None
            if column.startswith(f"{word}_"):
                name = column.removeprefix(f"{word}_")
                match = f"{other}_{name}"
            elif column.endswith(f"_{word}"):
                name = column.removesuffix(f"_{word}")
                match = f"{name}_{other}"
            elif column == word:
                name, match = "prediction", next((each for each in PRED if each in columns), None)
            if name and match in columns:
                found.setdefault(name, (column, match))
    return found


def _with_recording(table: polars.DataFrame, columns: list[polars.Series]) -> polars.DataFrame:
    import polars

    kept = [table[name] for name in ("recording", "index") if name in table.columns]
    return polars.DataFrame([*kept, *columns])
