"""Folders of one bearing each, whose numbered files are snapshots at equal steps of time until it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.signals.cache import converted
from polyhead.studies.bearings.readers.csv_numbers import read_numbers
from polyhead.studies.bearings.readers.folder import listed

if TYPE_CHECKING:
    from polyhead.signals.cache import Draft

SAMPLING_HZ = 25600.0
"""Of both test rigs, XJTU-SY and PRONOSTIA."""
CHANNELS = ("horizontal", "vertical")
_CONVERSION = 1  # raised where the arrays in the cache would differ for the same files
_BEARING = re.compile(r"Bearing(\d+)_(\d+)")


@dataclass(frozen=True)
class Life:
    """The files of one bearing, snapshots 1, 2, ..., of the `total` that it lived for."""

    folder: Path
    files: tuple[Path, ...]
    total: int

    @property
    def bearing(self) -> str:
        """Its name, that of its folder."""
        return self.folder.name

    @property
    def number(self) -> NDArray[np.int64]:
        """Of each snapshot, from 1."""
        return np.arange(1, len(self.files) + 1, dtype=np.int64)


def lives(root: Path, names: re.Pattern[str], published: dict[str, int]) -> list[Life]:
    """Every bearing under `root`, by number. `names` matches its snapshots and captures their numbers.

    A bearing lived for the snapshots that it is `published` with, where its folder holds fewer: a record cut off before
    the failure is not taken for a whole life. Raises InputError for numbers that repeat or leave a gap.
    """
    folders = [entry for entry in (root, *root.rglob("Bearing*")) if _BEARING.fullmatch(entry.name) and entry.is_dir()]
    found = [_life(folder, names, published) for folder in sorted(folders, key=_order)]
    return [life for life in found if life.files]


def refuse_repeated(bearings: list[Life]) -> None:
    """Raise InputError where two folders hold a bearing of one name."""
    seen: dict[str, Path] = {}
    for life in bearings:
        if life.bearing in seen:
            where = f"{seen[life.bearing]} and {life.folder}"
            raise InputError(f"{life.bearing} is there twice", where=where, do="keep one of them under data.path")
        seen[life.bearing] = life.folder


def remaining(number: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Fraction of life that remains at each snapshot: 1 at the first, 0 at the last, 1 - (k - 1)/(N - 1)."""
    return 1 - (number - 1) / max(1, total - 1)


def read_signal(reader: str, files: list[Path], cells: tuple[str, ...]) -> NDArray[np.float32]:
    """(snapshot, channel, time) in g, mapped from the cache: the last two of the `cells` of each line of each file.

    Snapshots are read and written one by one. Raises InputError naming file and line, and where lengths differ.
    """

    def convert(draft: Draft) -> None:
        samples = len(read_numbers(files[0], cells))
        signal = draft.array("signal", (len(files), len(CHANNELS), samples), np.float32)
        for row, file in enumerate(files):
            signal[row] = _snapshot(file, cells, files[0], samples)

    return converted(reader, files, {"conversion": _CONVERSION}, convert)["signal"]


def joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The columns of several bearings one after another."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _snapshot(file: Path, cells: tuple[str, ...], first: Path, samples: int) -> NDArray[np.float32]:
    numbers = read_numbers(file, cells)
    if len(numbers) != samples:
        raise InputError(
            f"has {len(numbers)} samples, but {first.name} of {first.parent.name} has {samples}",
            where=str(file),
            do="one of them is cut short or was sampled at another rate: copy it again or take the bearing out",
        )
    with np.errstate(over="ignore"):  # what is too large for float32 becomes Inf, which is refused by name
        return numbers[:, -len(CHANNELS) :].T.astype(np.float32)


def _order(folder: Path) -> tuple[int, int, str]:
    first, second = _BEARING.fullmatch(folder.name).groups()  # type: ignore[union-attr]  # it matched before
    return int(first), int(second), str(folder)


def _life(folder: Path, names: re.Pattern[str], published: dict[str, int]) -> Life:
    numbered: dict[int, Path] = {}
    for entry in sorted(folder.iterdir()):
        if match := names.fullmatch(entry.name):
            number = int(match[1])
            if number in numbered:
                what = f"snapshot {number} is there twice: {numbered[number].name} and {entry.name}"
                raise InputError(what, where=str(folder), do="keep one of them")
            numbered[number] = entry
    missing = sorted(set(range(1, max(numbered, default=0) + 1)) - numbered.keys())
    if missing:
        names_missing = listed(map(str, missing))
        raise InputError(
            f"the files are numbered to {max(numbered)} but {names_missing} {'is' if len(missing) == 1 else 'are'}"
            " missing, so the time of the others is in doubt",
            where=str(folder),
            do="copy the bearing again, or take its folder out",
        )
    return Life(
        folder,
        tuple(numbered[number] for number in sorted(numbered)),
        max(len(numbered), published.get(folder.name, 0)),
    )
