"""FEMTO (PRONOSTIA, IEEE PHM 2012): 17 bearings run to failure, one csv of 0.1 s every 10 s."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

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

EXPECTED = "folders such as Learning_set/Bearing1_1 with files acc_00001.csv, acc_00002.csv, ..."
CELLS = ("hour", "minute", "second", "microsecond", *CHANNELS)
SECONDS = 10.0
"""From one snapshot to the next."""
CONDITIONS = {"1": (1800.0, 4000.0), "2": (1650.0, 4200.0), "3": (1500.0, 5000.0)}
"""Speed in rpm and load in N."""
SETS = {"Learning_set": "train", "Full_Test_Set": "test", "Test_set": "test"}
LENGTHS = {
    "Bearing1_1": 2803, "Bearing1_2": 871, "Bearing1_3": 2375, "Bearing1_4": 1428, "Bearing1_5": 2463,
    "Bearing1_6": 2448, "Bearing1_7": 2259, "Bearing2_1": 911, "Bearing2_2": 797, "Bearing2_3": 1955,
    "Bearing2_4": 751, "Bearing2_5": 2311, "Bearing2_6": 701, "Bearing2_7": 230, "Bearing3_1": 515,
    "Bearing3_2": 1637, "Bearing3_3": 434,
}  # fmt: skip
"""Snapshots of each whole life; the files of Test_set stop before its end."""
_SNAPSHOT = re.compile(r"acc_0*(\d+)\.csv")


class FemtoOptions(Block):
    """Keys of the femto reader."""

    snapshots_every: PositiveInt = 1
    """Read every n-th snapshot, from the first; life and remaining seconds still count them all."""


def read(data: DataOptions) -> Source:
    """A row per snapshot (snapshot, channel, time) in g; the life that remains as a fraction and in seconds.

    Where Full_Test_Set and Test_set hold the same bearing, the full record is read. Raises InputError naming file and
    line.
    """
    every = FemtoOptions.model_validate(data.options).snapshots_every
    root = folder(data.path, EXPECTED)
    bearings = _without_cut(lives(root, _SNAPSHOT, LENGTHS))
    if not bearings:
        raise nothing(root, EXPECTED)
    refuse_repeated(bearings)
    columns = joined([_columns(life, every) for life in bearings])
    files = [file for life in bearings for file in life.files[::every]]
    signal = InputArray(read_signal("femto", files, CELLS), CHANNELS, "g")
    return Source({"signal": signal}, columns, SAMPLING_HZ, files=(root,))


def _without_cut(bearings: list[Life]) -> list[Life]:
    """The bearings without the records of Test_set that are in Full_Test_Set as well."""
    full = {life.bearing for life in bearings if life.folder.parent.name == "Full_Test_Set"}
    return [life for life in bearings if life.folder.parent.name != "Test_set" or life.bearing not in full]


def _columns(life: Life, every: int) -> dict[str, NDArray[Any]]:
    condition = life.bearing.removeprefix("Bearing").partition("_")[0]
    if condition not in CONDITIONS:
        raise InputError(
            f"is of condition {condition}, but the rig has {', '.join(CONDITIONS)}", where=str(life.folder)
        )
    rpm, newton = CONDITIONS[condition]
    number = life.number[::every]
    rows = len(number)
    return {
        "bearing": np.full(rows, life.bearing),
        "condition": np.full(rows, condition),
        "speed_rpm": np.full(rows, rpm),
        "load_n": np.full(rows, newton),
        "snapshot": number,
        "rul_s": (life.total - number) * SECONDS,
        "life": remaining(number, life.total),
        "set": np.full(rows, SETS.get(life.folder.parent.name, "")),
    }
