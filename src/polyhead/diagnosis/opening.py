"""From a path to a case: a run's folder, another program's log, or a table of metrics."""

from __future__ import annotations

from pathlib import Path

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder
from polyhead.errors import InputError

_RUN = ("state.json", "metadata.json", "metrics.json", "data.json")


def read_case(target: str, columns: Path | None = None) -> Case:
    """What is at `target`, a path or an address. `columns` is a file that says what the scalars of a log are called
    (polyhead.diagnosis.logs.names).

    Raises InputError where nothing there can be read.
    """
    if not target:
        raise InputError("nothing is named", do="name a run, a log or a table of metrics")
    if (Path(target) / "config.yaml").is_file() and (Path(target) / ".lock").is_file() and not is_run(Path(target)):
        raise InputError("the run has not begun its first epoch", where=target, do="ask again later")
    run = run_at(Path(target))
    if run is not None:
        return read_folder(run)
    from polyhead.diagnosis.logs.reading import read_log

    return read_log(target, columns)


def run_at(path: Path) -> Path | None:
    """`path` where it is a run, else the newest of the runs below it, as NAME/STAMP or STAMP; None without any."""
    if is_run(path) or folds_of(path):
        return path
    states = [*path.glob("*/state.json"), *path.glob("*/*/state.json")]
    newest = max(states, key=lambda one: (one.stat().st_mtime_ns, str(one)), default=None)
    return None if newest is None else newest.parent


def folds_of(run: Path) -> list[Path]:
    """The folders of a run's folds that have begun, in order; none of a run that is one."""
    return [fold for fold in sorted((run / "folds").glob("[0-9]*")) if is_run(fold)]


def is_run(path: Path) -> bool:
    """Whether a folder is that of a run of ours that has begun."""
    return any((path / name).is_file() for name in _RUN)
