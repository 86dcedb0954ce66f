"""A log of one JSON object a line: {"epoch": 3, "phase": "val", "loss": 0.4, "task": {"f1": 0.7}}."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.names import AXES, Names, place_of
from polyhead.diagnosis.logs.scalars import Numbers, Series, case_of_series, in_order
from polyhead.errors import InputError

_PHASES = ("phase", "split", "stage", "mode")


def read_json_lines(path: Path, names: Names) -> Case:
    """The case of the log at `path`; a last line that was cut off is left out. Raises InputError naming the line."""
    held: dict[tuple[str, str], list[tuple[int, float]]] = {}
    steps: list[float] = []
    epochs: list[float] = []
    lines: list[float] = []
    for number, row in _rows(path):
        flat = {name: value for name, value in _flat(row) if isinstance(value, float)}
        places = {name: place_of(name, names) for name in flat}
        axes = {place.what: flat[name] for name, place in places.items() if place is not None and place.what in AXES}
        steps.append(axes.get("step", np.nan))
        epochs.append(axes.get("epoch", np.nan))
        lines.append(float(number))
        phase = next((str(row[key]) for key in _PHASES if isinstance(row.get(key), str)), "")
        for name, value in flat.items():
            if (place := places[name]) is None or place.what not in AXES:
                held.setdefault((name, phase), []).append((len(lines) - 1, value))
    at, clock = _axis(np.array(steps), np.array(epochs), np.array(lines))
    series = [
        Series(name, at[[row for row, _ in points]], np.array([value for _, value in points]), phase)
        for (name, phase), points in held.items()
    ]
    by_epoch = clock is None and not np.isnan(epochs).any()
    return case_of_series(str(path), [*series, *([] if clock is None else [clock])], names, by_epoch=by_epoch)


def _axis(steps: Numbers, epochs: Numbers, lines: Numbers) -> tuple[Numbers, Series | None]:
    """Where each row stands, and the epochs by step where steps are what rows are told apart by: a row without a step
    stands at the step of the row above it."""
    if np.isnan(steps).all():
        return (lines if np.isnan(epochs).any() else epochs), None
    row = np.maximum.accumulate(np.where(np.isnan(steps), -1, np.arange(len(steps))))
    carried = np.where(row < 0, 0.0, steps[np.maximum(row, 0)])
    told = np.isfinite(epochs)
    if not in_order(carried, np.zeros(len(carried))) or not in_order(carried[told], epochs[told]):
        return (lines if np.isnan(epochs).any() else epochs), None
    return carried, Series("epoch", carried[told], epochs[told]) if told.any() else None


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding=_encoding(path)) as file:
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
        raise InputError("is no text in UTF-8 or UTF-16", where=str(path)) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=str(path)) from error


def _encoding(path: Path) -> str:
    """UTF-16 where its mark says so, as a Windows shell writes what is sent to a file; else UTF-8."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


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
