"""A run of Weights & Biases: its offline folder, or, with the package and a key, entity/project/id."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.names import Names
from polyhead.diagnosis.logs.scalars import Series, case_of_series
from polyhead.errors import InputError
from polyhead.trace.wandb_file import messages


def offline_files(path: Path) -> list[Path]:
    """The files of a run's offline folder, or of the one run below `path`."""
    if path.is_file():
        return [path] if path.suffix == ".wandb" else []
    return sorted(path.glob("run-*.wandb")) or sorted(path.glob("*/run-*.wandb"))


def read_offline(path: Path, files: list[Path], names: Names) -> Case:
    """The case of a run's offline files, all its sittings. Raises InputError where the package is missing, several runs
    are there, or nothing can be read."""
    runs = {file.name for file in files}
    if len(runs) > 1:
        raise InputError(f"holds {len(runs)} runs", where=str(path), do=f"name one, such as {files[-1].parent}")
    held: dict[str, dict[float, float]] = {}
    for file in files:
        for record in _messages(file):
            if record.HasField("history"):
                row = {"/".join(item.nested_key) or item.key: item.value_json for item in record.history.item}
                _add(held, {name: _parsed(text) for name, text in row.items()}, float(record.history.step.num))
    return _case(str(path), held, names)


def _messages(file: Path) -> list[Any]:
    try:
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise InputError("reading it needs wandb", where=str(file), do="pip install polyhead[wandb]") from error
    try:
        return list(messages(file))
    except ImportError as error:
        raise InputError("reading it needs wandb", where=str(file), do="pip install polyhead[wandb]") from error
    except DecodeError as error:
        raise InputError("is no file of wandb", where=str(file)) from error


def read_online(address: str, names: Names) -> Case:
    """The case of entity/project/id. Raises InputError where it cannot be reached."""
    try:
        import wandb
        from wandb.errors import Error
    except ImportError as error:
        raise InputError("reading it needs wandb", where=address, do="pip install polyhead[wandb]") from error
    if not os.environ.get("WANDB_API_KEY"):
        raise InputError("no such file, and no key of W&B", where=address, do="set WANDB_API_KEY, or name a file")
    held: dict[str, dict[float, float]] = {}
    try:
        for number, row in enumerate(wandb.Api(timeout=30).run(address).scan_history()):
            _add(held, row, float(row.get("_step", number)))
    except (Error, ValueError, OSError) as error:
        raise InputError(f"cannot be read ({str(error).splitlines()[0][:160]})", where=address) from error
    return _case(address, held, names)


def _add(held: dict[str, dict[float, float]], row: Mapping[str, Any], step: float) -> None:
    for name, value in row.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            held.setdefault(name, {})[step] = float(value)
        elif value in ("NaN", "Infinity", "-Infinity"):
            held.setdefault(name, {})[step] = float(value) if value == "NaN" else math.copysign(math.inf, _sign(value))


def _sign(text: str) -> float:
    return -1.0 if text.startswith("-") else 1.0


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _case(origin: str, held: Mapping[str, Mapping[float, float]], names: Names) -> Case:
    own = {name: points for name, points in held.items() if not name.startswith("_")}
    if not own:
        raise InputError("holds no history", where=origin, do="name a run that logged something")
    series = [Series(name, np.array(list(one)), np.array(list(one.values()))) for name, one in own.items()]
    return case_of_series(origin, series, names, by_epoch=False)
