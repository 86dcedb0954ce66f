"""Event files of TensorBoard."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.metric_words import split_name
from polyhead.diagnosis.logs.names import Names
from polyhead.diagnosis.logs.scalars import Series, case_of_series
from polyhead.errors import InputError

PATTERN = "events.out.tfevents.*"


def event_files(path: Path) -> list[Path]:
    """The event files at or below `path`, in the order in which they were begun."""
    if path.is_file():
        return [path] if ".tfevents." in path.name else []
    return sorted(path.rglob(PATTERN), key=lambda file: (file.parent, file.name))


def read_events(path: Path, files: list[Path], names: Names) -> Case:
    """The case of a run's event files; folders below `path`, such as train and validation, are phases.

    Raises InputError where the package tensorboard is missing, several runs are there, or no scalar can be read.
    """
    held: dict[tuple[str, str], dict[float, float]] = {}
    runs: set[Path] = set()
    for file in files:
        folder = file.parent.relative_to(path) if path.is_dir() else Path()
        for tag, step, value in _scalars(file):
            run, name, phase = _whose(folder, tag)
            if not tag.startswith("hparam/"):  # a folder beside the run holds its last scores again
                runs.add(run)
                held.setdefault((name, phase), {})[step] = value
    if len(runs) > 1:
        raise InputError(f"holds {len(runs)} runs", where=str(path), do=f"name one, such as {path / max(runs)}")
    series = [
        Series(tag, np.array(list(points)), np.array(list(points.values())), phase)
        for (tag, phase), points in held.items()
    ]
    if not series:
        raise InputError(
            "no scalar can be read from its event files", where=str(path), do="see that training logged some"
        )
    return case_of_series(str(path), series, names, by_epoch=False)


def _whose(folder: Path, tag: str) -> tuple[Path, str, str]:
    """(run, name, phase) of a scalar: Keras writes each phase to a folder of its own, `add_scalars` of PyTorch each of
    several curves under one tag."""
    within = f"{tag.replace('/', '_')}_"
    if folder.name.startswith(within) and folder.name != within:
        return folder.parent, f"{tag}/{folder.name.removeprefix(within)}", ""
    if split_name(folder.name) in ("train", "val", "test"):
        return folder.parent, tag, folder.name
    return folder, tag, ""


def _scalars(file: Path) -> Iterator[tuple[str, float, float]]:
    """(tag, step, value) of every scalar; where the file is cut off or damaged, of those before."""
    try:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
        from tensorboard.compat.tensorflow_stub.errors import DataLossError
        from tensorboard.util import tensor_util
    except ImportError as error:
        raise InputError(
            "reading event files needs tensorboard", where=str(file), do="pip install polyhead[tensorboard]"
        ) from error
    from google.protobuf.message import DecodeError

    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    try:
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    yield value.tag, float(event.step), float(value.simple_value)
                elif value.HasField("tensor") and not value.tensor.tensor_shape.dim and value.tensor.dtype in _REAL:
                    yield value.tag, float(event.step), float(tensor_util.make_ndarray(value.tensor))
    except (DataLossError, DecodeError, OSError):
        return  # a record that was not written whole ends the file


_REAL = (1, 2)
"""float32 and float64 in TensorBoard's own numbering (DT_FLOAT, DT_DOUBLE)."""
