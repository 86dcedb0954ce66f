"""XJTU-SY: 15 bearings run to failure, one csv of 1.28 s per minute; and other rigs' folders in its layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source
from polyhead.studies.bearings.readers.folder import folder, nothing
from polyhead.studies.bearings.readers.run_to_failure import (
    CHANNELS,
    SAMPLING_HZ,
    Life,
    joined,
    lives,
    read_signal,
    refuse_repeated,
    remaining,
)

EXPECTED = "folders such as 35Hz12kN/Bearing1_1 with files 1.csv, 2.csv, ..."
_CONDITION = re.compile(r"([\d.]+)Hz([\d.]+)kN")
_MINUTE = re.compile(r"0*(\d+)\.csv")

# Minutes of each bearing, and the fractions of them at which PHM-Vibench (update_002_XJTU_metadata.py) lets the normal
# stage end and the fault begin. Its counts, 7,726 normal and 648 faulty of 9,216, follow from these.
STAGES: dict[str, tuple[int, float, float]] = {
    "Bearing1_1": (123, 0.60, 0.80), "Bearing1_2": (161, 0.35, 0.80), "Bearing1_3": (158, 0.35, 0.94),
    "Bearing1_4": (122, 0.96, 0.98), "Bearing1_5": (52, 0.60, 0.90), "Bearing2_1": (491, 0.90, 0.95),
    "Bearing2_2": (161, 0.50, 0.90), "Bearing2_3": (533, 0.65, 0.88), "Bearing2_4": (42, 0.72, 0.80),
    "Bearing2_5": (339, 0.50, 0.60), "Bearing3_1": (2538, 0.90, 0.96), "Bearing3_2": (2496, 0.90, 0.96),
    "Bearing3_3": (371, 0.90, 0.93), "Bearing3_4": (1515, 0.95, 0.96), "Bearing3_5": (114, 0.10, 0.60),
}  # fmt: skip


class XjtuOptions(Block):
    """The xjtu reader has no keys of its own."""


def read(data: DataOptions) -> Source:
    """A row per minute (minute, channel, time) in g; the life that remains as a fraction (`life`) and in minutes.

    `stage` is that of PHM-Vibench, empty for bearings that it does not list. Raises InputError naming file and line.
    """
    root = folder(data.path, EXPECTED)
    bearings = lives(root, _MINUTE, {name: minutes for name, (minutes, _, _) in STAGES.items()})
    if not bearings:
        raise nothing(root, EXPECTED)
    refuse_repeated(bearings)
    conditions = [_condition(life.folder) for life in bearings]
    files = [file for life in bearings for file in life.files]
    columns = joined([_columns(life, *condition) for life, condition in zip(bearings, conditions, strict=True)])
    signal = InputArray(read_signal("xjtu", files, CHANNELS), CHANNELS, "g")
    return Source({"signal": signal}, columns, SAMPLING_HZ, files=(root,))


def _condition(bearing: Path) -> tuple[str, float, float]:
    """Name, speed in Hz and load in kN of the folder around a bearing's."""
    match = _CONDITION.fullmatch(bearing.parent.name)
    if match is None:
        what = f"stands in a folder called {bearing.parent.name!r}, expected speed and load as in 35Hz12kN"
        raise InputError(what, where=str(bearing))
    return match[0], float(match[1]), float(match[2])


def _columns(life: Life, condition: str, speed_hz: float, load_kn: float) -> dict[str, NDArray[Any]]:
    number, rows = life.number, len(life.files)
    return {
        "bearing": np.full(rows, life.bearing),
        "condition": np.full(rows, condition),
        "speed_hz": np.full(rows, speed_hz),
        "load_kn": np.full(rows, load_kn),
        "minute": number,
        "life": remaining(number, life.total),
        "rul_min": (life.total - number).astype(np.float64),
        "stage": _stage(life),
    }


def _stage(life: Life) -> NDArray[np.str_]:
    if life.bearing not in STAGES:
        return np.full(len(life.files), "")
    _, normal_end, fault_start = STAGES[life.bearing]
    passed = (life.number - 1) / life.total
    return np.where(passed < normal_end, "normal", np.where(passed < fault_start, "degradation", "fault"))
