"""A csv with one row per epoch or step, such as Lightning's CSVLogger writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import numbers
from polyhead.diagnosis.logs.names import Names, place_of
from polyhead.diagnosis.logs.scalars import Series, case_of_series
from polyhead.diagnosis.table import by_key, read_csv
from polyhead.errors import InputError


def read_epoch_table(path: Path, names: Names) -> Case:
    """The case of the table at `path`: rows of epochs, or of steps with an epoch beside them; cells may be empty.

    Raises InputError where no column says epoch or step.
    """
    frame = read_csv(path)
    axes = {place.what: name for name in frame.columns if (place := place_of(name, names)) and place.what in _AXES}
    axis = axes.get("epoch") or axes.get("step")
    if axis is None:
        raise InputError(
            f"no column says epoch or step (columns: {', '.join(frame.columns[:6])})",
            where=str(path),
            do="say which it is in a file of names, --columns FILE; a table of metrics has columns task, metric, value",
        )
    series: list[Series] = []
    for phase, rows in by_key(frame, "phase", "").items():
        columns = numbers(rows)
        if axis not in columns:
            raise InputError(f"column {axis} holds no numbers", where=str(path))
        for name, values in columns.items():
            known = ~np.isnan(values)  # infinite values are kept: they are what a run may have died of
            if name not in axes.values() and known.any():
                series.append(Series(name, columns[axis][known], values[known], phase))
    return case_of_series(str(path), series, names, by_epoch="epoch" in axes)


_AXES = ("epoch", "step")
