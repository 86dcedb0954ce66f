"""A csv with one row per epoch or step, such as Lightning's CSVLogger writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import numbers
from polyhead.diagnosis.logs.names import AXES, Names, place_of
from polyhead.diagnosis.logs.scalars import Series, case_of_series, in_order
from polyhead.diagnosis.table import by_key
from polyhead.errors import InputError

if TYPE_CHECKING:
    import polars


def has_axis(frame: polars.DataFrame, names: Names) -> bool:
    """Whether a table is one over epochs or steps, rather than a table of metrics, which has a row per task."""
    return "task" not in (name.lower() for name in frame.columns) and bool(
        _axes(frame, names) or set(names.names) & set(frame.columns)
    )


def case_of_table(path: Path, frame: polars.DataFrame, names: Names) -> Case:
    """The case of the table from `path`: rows of epochs, or of steps with an epoch beside them; cells may be empty.

    What is logged at several steps of an epoch counts as their mean. Raises InputError where no column says epoch or
    step.
    """
    axes = _axes(frame, names)
    axis = axes.get("epoch") or axes.get("step")
    if axis is None:
        raise InputError(
            f"no column says epoch or step (columns: {', '.join(frame.columns[:6])})",
            where=str(path),
            do="say which it is in a file of names, --columns FILE; a table of metrics has columns task, metric, value",
        )
    every = numbers(frame.select(axes.values()))
    if axis not in every:
        raise InputError(f"column {axis} holds no numbers", where=str(path))
    series: list[Series] = []
    beside = axes.get("step", axis)
    if beside != axis and beside in every and in_order(every[beside], every[axis]):
        series.append(Series("epoch", every[beside], every[axis]))
        axis = beside
    for phase, rows in by_key(frame, "phase", "").items():
        columns = numbers(rows)
        for name, values in columns.items():
            known = ~np.isnan(values)  # infinite values are kept: they are what a run may have died of
            if name not in axes.values() and known.any():
                series.append(Series(name, columns[axis][known], values[known], phase))
    return case_of_series(str(path), series, names, by_epoch=axis == axes.get("epoch"))


def _axes(frame: polars.DataFrame, names: Names) -> dict[str, str]:
    return {place.what: name for name in frame.columns if (place := place_of(name, names)) and place.what in AXES}
