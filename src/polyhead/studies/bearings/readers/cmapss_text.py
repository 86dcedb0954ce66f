"""The text files of C-MAPSS: numbers between blanks, with every line that breaks the format named."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError

COLUMNS = 26
"""Unit, cycle, three settings and 21 sensors."""


def read_cycles(path: Path) -> NDArray[np.float64]:
    """(cycle, 26): units 1, 2, ... one after another, each with its cycles 1, 2, .... Raises InputError."""
    table = _numbers(path, COLUMNS)
    unit, cycle = table[:, 0], table[:, 1]
    expected_unit = np.concatenate([[1.0], unit[:-1] + (cycle[1:] == 1)])
    expected_cycle = np.concatenate([[1.0], np.where(cycle[1:] == 1, 1.0, cycle[:-1] + 1)])
    wrong = np.flatnonzero((unit != expected_unit) | (cycle != expected_cycle))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"line {at + 1} is unit {unit[at]:g} cycle {cycle[at]:g}, expected unit {expected_unit[at]:g} cycle"
            f" {expected_cycle[at]:g}: cycles are missing, repeated or out of order",
            where=str(path),
        )
    return table


def read_lives(path: Path, engines: int) -> NDArray[np.float64]:
    """(engine,): cycles that each test engine has left after its last line. Raises InputError."""
    lives = _numbers(path, 1)[:, 0]
    if len(lives) != engines:
        raise InputError(f"has {len(lives)} lines, but there are {engines} test engines", where=str(path))
    wrong = np.flatnonzero(~(lives >= 0))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(f"line {at + 1}: a remaining life of {lives[at]:g} cycles", where=str(path))
    return lives


def _numbers(path: Path, columns: int) -> NDArray[np.float64]:
    text = _text(path)
    if not text.strip():
        raise InputError("is an empty file", where=str(path), do="copy it again")
    try:
        table = np.loadtxt(io.StringIO(text), ndmin=2, comments=None)
    except ValueError as error:
        raise _fault(path, text, columns) from error
    if table.shape[1] != columns:
        raise _fault(path, text, columns)
    return table


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", errors="replace")
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(f"not a whole file ({error})", where=str(path), do="copy it again") from error


def _fault(path: Path, text: str, columns: int) -> InputError:
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split()
        if cells and len(cells) != columns:
            return InputError(f"line {number} has {len(cells)} columns, expected {columns}", where=str(path))
        for at, cell in enumerate(cells, 1):
            try:
                float(cell)
            except ValueError:
                return InputError(f"line {number}, column {at}: {cell!r} is not a number", where=str(path))
    return InputError("cannot be read as numbers", where=str(path))
