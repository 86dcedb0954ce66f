"""A log of one JSON object a line: {"epoch": 3, "phase": "val", "loss": 0.4, "task": {"f1": 0.7}}."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.names import Names, place_of
from polyhead.diagnosis.logs.scalars import Series, case_of_series
from polyhead.errors import InputError

_PHASES = ("phase", "split", "stage", "mode")


def read_json_lines(path: Path, names: Names) -> Case:
    """The case of the log at `path`; a last line that was cut off is left out. Raises InputError naming the line."""
    held: dict[tuple[str, str], list[tuple[float, float]]] = {}
    axes: set[str] = set()
    for number, row in _rows(path):
        flat = dict(_flat(row))
        found = {
            place.what: value
            for name, value in flat.items()
            if (place := place_of(name, names)) is not None
            and place.what in ("epoch", "step")
            and isinstance(value, float)
        }
        axis = "epoch" if "epoch" in found else "step"
        axes.add(axis)
        at = float(found.get(axis, number))
        phase = next((str(row[key]) for key in _PHASES if isinstance(row.get(key), str)), "")
        for name, value in flat.items():
            place = place_of(name, names)
            if isinstance(value, float) and (place is None or place.what not in ("epoch", "step")):
                held.setdefault((name, phase), []).append((at, value))
    series = [
        Series(name, np.array([at for at, _ in points]), np.array([value for _, value in points]), phase)
        for (name, phase), points in held.items()
    ]
    return case_of_series(str(path), series, names, by_epoch=axes == {"epoch"})


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = enumerate(file, 1)
            broken: int | None = None
            for number, line in lines:
                if not line.strip():
                    continue
                if broken is not None:
                    raise InputError("is no JSON", where=f"{path}:{broken}", do="leave the line out")
                try:
                    row = json.loads(line)
                except ValueError:
                    broken = number
                    continue
                if not isinstance(row, dict):
                    raise InputError("expected an object", where=f"{path}:{number}", do='write {"epoch": 1, ...}')
                yield number, row
    except UnicodeDecodeError as error:
        raise InputError("is no text in UTF-8", where=str(path)) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=str(path)) from error


def _flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float | str]]:
    """Numbers and words by their path, joined by slashes; true and false are no numbers."""
    for key, value in row.items():
        name = f"{above}/{key}" if above else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value) if abs(value) < 1e308 or value != value else float("inf")
        elif isinstance(value, str) and value.lower() in ("nan", "inf", "-inf", "infinity", "-infinity"):
            yield name, float(value)
