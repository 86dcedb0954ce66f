"""C-MAPSS: NASA's simulated turbofans run to failure, one line of 26 numbers per flight cycle."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, field_validator

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source
from polyhead.studies.bearings.readers.cmapss_text import read_cycles, read_lives
from polyhead.studies.bearings.readers.folder import folder, nothing

EXPECTED = "train_FD001.txt, test_FD001.txt and RUL_FD001.txt, or those of another set, plain or .gz"
CHANNELS = (*(f"setting{i}" for i in range(1, 4)), *(f"s{i:02d}" for i in range(1, 22)))
_TRAIN = re.compile(r"train_(FD00\d)\.txt(?:\.gz)?")

Table = NDArray[np.float64]


class CmapssOptions(Block):
    """Keys of the cmapss reader."""

    set: Literal["FD001", "FD002", "FD003", "FD004"] | None = None
    """Which of the four sets. Null: the one that the folder holds."""
    cap: PositiveFloat | None = 125.0
    """Largest remaining life in cycles, `min(RUL, cap)`: wear does not show before. Null: as it is."""
    channels: list[str] | None = Field(default=None, min_length=1)
    """Settings and sensors that are used, by name: setting1 to setting3, s01 to s21. Null: all of them."""

    @field_validator("channels")
    @classmethod
    def _known(cls, channels: list[str] | None) -> list[str] | None:
        for name in channels or ():
            if name not in CHANNELS:
                raise ValueError(f"no channel {name!r}; there are setting1 to setting3 and s01 to s21")
        return channels


def read(data: DataOptions) -> Source:
    """A row per cycle: settings and sensors (cycle, channel), train and test engines one after another.

    `rul` is in cycles: until the engine's last one in train, until the end that the RUL file tells in test. `path` is
    the folder, or one train file to read without test engines. Raises InputError naming file and line.
    """
    options = CmapssOptions.model_validate(data.options)
    parts, root = _parts(data.path, options.set)
    columns = [_columns(split, table, ends) for split, table, ends in parts]
    joined = {key: np.concatenate([part[key] for part in columns]) for key in columns[0]}
    if options.cap is not None:
        joined["rul"] = np.minimum(joined["rul"], options.cap)
    channels = tuple(options.channels or CHANNELS)
    wanted = [2 + CHANNELS.index(name) for name in channels]  # behind unit and cycle
    values = np.concatenate([table[:, wanted] for _, table, _ in parts]).astype(np.float32)
    return Source({"signal": InputArray(values, channels, flat=True)}, joined, sampled=True, files=(root,))


def _parts(path: str | None, name: str | None) -> tuple[list[tuple[str, Table, Table]], Path]:
    """(split, cycles, cycles that remain after each engine's last) of what is at `path`, and where it is."""
    if path is not None and (file := Path(path)).is_file():
        match = _TRAIN.fullmatch(file.name)
        if match is None or name not in (None, match[1]):
            raise InputError(f"expected a folder or a file train_{name or 'FD00x'}.txt", where=str(file))
        train = read_cycles(file)
        return [("train", train, np.zeros(len(np.unique(train[:, 0]))))], file
    root = folder(path, EXPECTED)
    name = name or _only_set(root)
    train, test = (read_cycles(_file(root, f"{split}_{name}")) for split in ("train", "test"))
    ends = read_lives(_file(root, f"RUL_{name}"), engines=len(np.unique(test[:, 0])))
    return [("train", train, np.zeros(len(np.unique(train[:, 0])))), ("test", test, ends)], root


def _only_set(root: Path) -> str:
    names = sorted({match[1] for entry in root.iterdir() if (match := _TRAIN.fullmatch(entry.name))})
    if not names:
        raise nothing(root, EXPECTED)
    if len(names) > 1:
        raise InputError(f"holds {', '.join(names)}", where=str(root), do=f"name one: `set: {names[0]}`")
    return names[0]


def _file(root: Path, name: str) -> Path:
    for file in (root / f"{name}.txt", root / f"{name}.txt.gz"):
        if file.is_file():
            return file
    raise InputError(
        f"no file {name}.txt or {name}.txt.gz",
        where=str(root),
        do="put it there; the set is a train, a test and a RUL file",
    )


def _columns(split: str, table: Table, ends: Table) -> dict[str, NDArray[Any]]:
    """`ends[u - 1]` is what remains of unit u after its last cycle. Units are 1, 2, ..., each a block of cycles."""
    unit, cycle = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    last = np.bincount(unit)[1:]  # cycles run from 1 without a gap
    return {
        "engine": np.array([f"{split}-{number}" for number in range(1, len(last) + 1)])[unit - 1],
        "unit": unit,
        "cycle": cycle,
        "split": np.full(len(table), split),
        "rul": last[unit - 1] - cycle + ends[unit - 1],
        "regime": _regime(table[:, 2:5]),
    }


def _regime(settings: Table) -> NDArray[np.str_]:
    """Altitude in 1,000 ft, Mach number and throttle, rounded: they scatter closely about one or six points."""
    rounded = np.stack([np.round(settings[:, i], digits) + 0.0 for i, digits in enumerate((0, 2, 0))], axis=1)
    distinct, inverse = np.unique(rounded, axis=0, return_inverse=True)
    names = np.array([f"{altitude:.0f}/{mach:.2f}/{throttle:.0f}" for altitude, mach, throttle in distinct])
    return names[inverse.ravel()]
