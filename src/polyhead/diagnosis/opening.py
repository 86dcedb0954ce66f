"""From a path to a case: a run's folder, another program's log, or a table of metrics."""

from __future__ import annotations

from pathlib import Path

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder

_RUN = ("state.json", "metadata.json", "metrics.json", "data.json")


def read_case(target: str, columns: Path | None = None) -> Case:
    """What is at `target`, a path or an address. `columns` is a file that says what the scalars of a log are called
    (polyhead.diagnosis.logs.names).

    Raises InputError where nothing there can be read.
    """
    path = Path(target)
    if path.is_dir() and any((path / name).is_file() for name in _RUN):
        return read_folder(path)
    from polyhead.diagnosis.logs.reading import read_log

    return read_log(target, columns)
