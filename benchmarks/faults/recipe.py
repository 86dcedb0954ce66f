"""A data set and an honest configuration of it: faults are planted by editing both."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Config = dict[str, Any]
SIGNAL = {"key": "x", "axes": ["window", "channel", "time"]}


@dataclass
class Recipe:
    """Arrays, a row for each window, and the configuration that reads them.

    `numbers`, `yes` and `classes` name tasks by what they predict, for faults that fit several recipes. `rng` is for
    the fault. `clean` holds the targets as they were drawn, a row for each row that is left.
    """

    arrays: Arrays
    config: Config
    numbers: tuple[str, ...] = ()
    yes: str | None = None
    classes: str | None = None
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    clean: Arrays = field(default_factory=dict)

    def put(self, **values: Any) -> None:
        """Set keys of the configuration; two underscores stand for a dot."""
        for name, value in values.items():
            place = self.config
            *blocks, last = name.split("__")
            for block in blocks:
                place = place.setdefault(block, {})
            place[last] = value

    def keep(self, rows: NDArray[Any]) -> None:
        """Keep these rows, by number or by a mask."""
        self.arrays = {name: values[rows] for name, values in self.arrays.items()}
        self.clean = {name: values[rows] for name, values in self.clean.items()}

    def append(self, rows: NDArray[Any], **changed: NDArray[Any]) -> None:
        """Add copies of these rows, with `changed` columns."""
        added = {name: values[rows] for name, values in self.arrays.items()} | changed
        self.arrays = {name: np.concatenate([values, added[name]]) for name, values in self.arrays.items()}
        self.clean = {name: np.concatenate([values, values[rows]]) for name, values in self.clean.items()}

    @property
    def recording(self) -> NDArray[Any]:
        """The recording of each row, counted from 0."""
        return np.unique(self.arrays[self.config["data"]["group"]], return_inverse=True)[1]

    def parts(self) -> NDArray[Any]:
        """Name the split of each recording in the data, 60 % train, 20 % val and 20 % test, and return it by row."""
        row = self.recording
        share = self.rng.permutation(row.max() + 1) / (row.max() + 1)
        part = np.where(share < 0.6, "train", np.where(share < 0.8, "val", "test"))[row]
        self.arrays["part"] = part
        self.put(data__split={"column": "part"})
        return part

    def digest(self) -> str:
        """Names arrays and configuration by their content."""
        told = hashlib.sha256(json.dumps(self.config, sort_keys=True, default=str).encode())
        for name in sorted(self.arrays):
            told.update(name.encode() + np.ascontiguousarray(self.arrays[name]).tobytes())
        return told.hexdigest()

    def write(self, folder: Path) -> Config:
        """Write the arrays and return the configuration that reads them."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "data.npz"
        np.savez(path, **self.arrays)
        config = copy.deepcopy(self.config)
        config["data"] |= {"reader": "npz", "path": str(path)}
        return config
