"""A csv that tells what each .mat file is, for recordings that CWRU's tables do not number."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from polyhead.errors import InputError
from polyhead.signals.readers.path import nearest, readable
from polyhead.studies.bearings.readers.cwru_records import Record, bearing_name
from polyhead.studies.bearings.readers.folder import listed

REQUIRED = ("file", "fault", "diameter_mil", "load_hp", "rate_hz")
OPTIONAL = ("position", "bearing", "rpm")


def read_metadata(path: Path, files: list[Path]) -> dict[Path, Record]:
    """The record of each file that a line names by its name, with or without .mat or folder. Raises InputError."""
    records: dict[Path, Record] = {}
    with readable(str(path)).open(encoding="utf-8-sig", errors="replace", newline="") as table:
        lines = csv.DictReader(table, skipinitialspace=True)
        missing = [name for name in REQUIRED if name not in (lines.fieldnames or ())]
        if missing:
            hint = nearest(missing[0], lines.fieldnames or ())
            raise InputError(
                f"no column {missing[0]!r}{hint}; expected {', '.join(REQUIRED)} and, as wanted, {', '.join(OPTIONAL)}",
                where=str(path),
            )
        for cells in lines:
            where = f"{path}, line {lines.line_num}"
            file = _file(where, cells["file"] or "", files)
            if file in records:
                raise InputError(f"{cells['file']} has a line already", where=where)
            records[file] = _record(where, {key: value or "" for key, value in cells.items() if key})
    return records


def _file(where: str, name: str, files: list[Path]) -> Path:
    wanted = Path(name.strip())
    parts = wanted.with_suffix("").parts if wanted.suffix.lower() == ".mat" else wanted.parts
    found = [file for file in files if parts and file.with_suffix("").parts[-len(parts) :] == parts]
    if not found:
        raise InputError(f"no file {name!r} in the folder{nearest(name, [f.name for f in files])}", where=where)
    if len(found) > 1:
        raise InputError(
            f"{name!r} is {listed(map(str, found))}", where=where, do="write its folder too, e.g. 12k/IR007_0.mat"
        )
    return found[0]


def _record(where: str, cells: dict[str, str]) -> Record:
    fault = cells["fault"].strip()
    if not fault:
        raise InputError("column fault is empty", where=where, do="write normal, inner, ball or outer")
    diameter = _number(where, cells, "diameter_mil")
    rate_hz = _number(where, cells, "rate_hz")
    if rate_hz <= 0:
        raise InputError(f"column rate_hz: {rate_hz:g} is no sampling rate", where=where)
    return Record(
        fault=fault,
        diameter_mil=diameter,
        position=cells.get("position", "").strip(),
        load_hp=_number(where, cells, "load_hp"),
        rate_hz=rate_hz,
        bearing=cells.get("bearing", "").strip() or bearing_name(fault, diameter),
        rpm=_number(where, cells, "rpm") if cells.get("rpm", "").strip() else None,
    )


def _number(where: str, cells: dict[str, str], name: str) -> float:
    try:
        value = float(cells[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"column {name}: {cells[name]!r} is not a number", where=where)
    return value
