"""One .mat file of CWRU: its number, the signals of its sensors and its speed, in any spelling of the variables."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.studies.bearings.readers.cwru_records import ALIASES, RECORDS
from polyhead.studies.bearings.readers.folder import listed

_VARIABLE = re.compile(r"X0*(\d+)_?(DE_time|FE_time|BA_time|RPM)", re.IGNORECASE)
_NAME = re.compile(r"(\d+)(?:@\d+)?(?:_.*)?", re.DOTALL)  # 105, 105_0, 130@6_0, 97_Normal_0


@dataclass(frozen=True)
class Mat:
    """A file's variables, by the number in their names and by what they hold: DE, FE, BA or RPM."""

    path: Path
    variables: dict[int, dict[str, NDArray[np.float64]]]

    def number(self) -> int | None:
        """The published number: that of the file's name, else that of its variables; None where neither is known.

        Raises InputError where both are known and tell different records.
        """
        named = _NAME.fullmatch(self.path.stem)
        by_name = int(named[1]) if named and int(named[1]) in RECORDS else None
        by_variable = {ALIASES.get(number, number) for number in self.variables} & RECORDS.keys()
        if by_name is not None and by_variable and by_name not in by_variable:
            raise InputError(
                f"is called {by_name} but holds the variables of {listed(map(str, sorted(by_variable)))}",
                where=str(self.path),
                do="give the file the number that its variables have, or tell by `metadata: FILE.csv` what it is",
            )
        if by_name is None and len(by_variable) > 1:
            raise InputError(
                f"holds the records {listed(map(str, sorted(by_variable)))}",
                where=str(self.path),
                do="name the file after the one that is meant, e.g. 99.mat",
            )
        return by_name if by_name is not None else next(iter(by_variable), None)

    def of(self, number: int | None) -> dict[str, NDArray[np.float64]]:
        """The variables of record `number`, or the only ones that there are."""
        for own, variables in self.variables.items():
            if number is not None and ALIASES.get(own, own) == number:
                return variables
        if len(self.variables) == 1:
            return next(iter(self.variables.values()))
        found = listed(f"X{own:03d}" for own in self.variables)
        raise InputError(f"holds several records: {found}", where=str(self.path), do="keep one of them in the file")

    def signal(self, number: int | None, channels: Collection[str]) -> NDArray[np.float64] | None:
        """(channel, sample) in g, or None where the file lacks one of `channels`. Raises InputError."""
        variables = self.of(number)
        if not set(channels) <= variables.keys():
            return None
        parts = [variables[channel] for channel in channels]
        lengths = {channel: len(part) for channel, part in zip(channels, parts, strict=True)}
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            told = ", ".join(f"{channel} {length}" for channel, length in lengths.items())
            raise InputError(f"expected sensors of one length, found samples {told}", where=str(self.path))
        return np.stack(parts)

    def rpm(self, number: int | None) -> float | None:
        """The speed that the file tells."""
        speed = self.of(number).get("RPM")
        return float(speed[0]) if speed is not None and len(speed) and np.isfinite(speed[0]) else None


def read_mat(path: Path) -> Mat:
    """The variables of a version-5 .mat file. Raises InputError."""
    content = _load(path)
    variables: dict[int, dict[str, NDArray[np.float64]]] = {}
    for name, value in content.items():
        if match := _VARIABLE.fullmatch(name):
            kind = match[2].upper().removesuffix("_TIME")
            variables.setdefault(int(match[1]), {})[kind] = _column(path, name, value)
    if not any(kinds.keys() - {"RPM"} for kinds in variables.values()):
        held = listed(sorted(name for name in content if not name.startswith("__"))) or "none"
        raise InputError(f"no variable such as X105_DE_time; it holds {held}", where=str(path))
    return Mat(path, {number: kinds for number, kinds in variables.items() if kinds.keys() - {"RPM"}})


def _load(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        content: dict[str, Any] = loadmat(path)
    except NotImplementedError as error:
        raise InputError("is a .mat file of version 7.3", where=str(path), do="save it with -v7 or -v5") from error
    except Exception as error:  # scipy's parser lets many kinds of error through where a file is damaged
        reason = str(error) or type(error).__name__
        raise InputError(f"not a whole .mat file ({reason})", where=str(path), do="copy it again") from error
    return content


def _column(path: Path, name: str, value: Any) -> NDArray[np.float64]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or 1 not in array.shape:
        raise InputError(
            f"variable {name} is {array.dtype} of shape {array.shape}, expected one column of numbers", where=str(path)
        )
    return array.ravel().astype(np.float64)
