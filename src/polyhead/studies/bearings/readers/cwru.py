"""CWRU: records of seeded faults, a .mat file each, resampled to one rate: healthy ones are at 48 kHz, others at 12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.cache import converted
from polyhead.signals.source import InputArray, Source
from polyhead.studies.bearings.readers.cwru_mat import Mat, read_mat
from polyhead.studies.bearings.readers.cwru_metadata import read_metadata
from polyhead.studies.bearings.readers.cwru_options import CwruOptions
from polyhead.studies.bearings.readers.cwru_orders import channel_names, order_rows, refuse_cut_again
from polyhead.studies.bearings.readers.cwru_records import NOMINAL_RPM, RECORDS, Record
from polyhead.studies.bearings.readers.folder import folder, listed, nothing
from polyhead.studies.bearings.representation import order_axis

if TYPE_CHECKING:
    from polyhead.signals.cache import Draft

EXPECTED = "CWRU's .mat files, such as 97.mat and 105.mat"
_CONVERSION = 1  # raised where the arrays in the cache would differ for the same files
_COLUMNS = (
    "recording", "bearing", "fault", "is_faulty", "diameter_mil", "load_hp", "rpm", "position", "sampling_hz"
)  # fmt: skip


@dataclass(frozen=True)
class _Kept:
    """What is known of a file whose signal was kept."""

    file: Path
    record: Record
    number: int | None
    rpm: float
    sampling_hz: float


def read(data: DataOptions) -> Source:
    """A row per .mat file under `path`: a stretch of `signal` in g, and `known`, speed in rpm and load in hp; or, with
    envelope_orders, a row per window, whose `orders` (band, order) need no speed beside them.

    Raises InputError naming the file.
    """
    options = CwruOptions.model_validate(data.options)
    if len(set(options.channels)) < len(options.channels):
        raise InputError(f"names a sensor twice: {', '.join(options.channels)}", where="data.channels")
    root = folder(data.path, EXPECTED)
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() == ".mat" and file.is_file())
    if not files:
        raise nothing(root, EXPECTED)
    table = root / options.metadata if options.metadata else None
    told = read_metadata(table, files) if table else {}
    settings = options.model_dump() | {"root": str(root), "conversion": _CONVERSION}
    entry = converted(
        "cwru",
        [*files, *([table] if table else [])],
        settings,
        lambda draft: _convert(draft, root, files, told, options),
    )
    columns = {key: entry[key] for key in _COLUMNS}
    if options.view == "envelope_orders":
        refuse_cut_again(data, options.window_s, options.stride_s)
        columns = {key: np.repeat(column, entry["extent"]) for key, column in columns.items()}
        orders = InputArray(entry["orders"], channel_names(options.channels))
        return Source({"orders": orders}, columns | {"began_s": entry["began_s"]}, files=(root,))
    known = np.stack([columns["rpm"], columns["load_hp"]], axis=1).astype(np.float32)
    rates = np.unique(columns["sampling_hz"])
    return Source(
        {
            "signal": InputArray(entry["signal"], tuple(options.channels), "g", flat=True),
            "known": InputArray(known, ("rpm", "load_hp")),
        },
        columns,
        float(rates[0]) if len(rates) == 1 else None,
        files=(root,),
        extent=entry["extent"],
    )


def resampled(signal: NDArray[np.float64], from_hz: float, to_hz: float) -> NDArray[np.float64]:
    """(channel, sample) at another rate, what lies above half of it filtered out; its ends are carried on by the mean,
    so that a constant offset does not ring there."""
    from scipy.signal import resample_poly

    ratio = Fraction(to_hz / from_hz).limit_denominator(10_000)
    if ratio == 1:
        return signal
    return np.asarray(resample_poly(signal, ratio.numerator, ratio.denominator, axis=1, padtype="mean"))


def _convert(draft: Draft, root: Path, files: Sequence[Path], told: dict[Path, Record], options: CwruOptions) -> None:
    orders = options.view == "envelope_orders"
    tail = (len(channel_names(options.channels)), len(order_axis())) if orders else (len(options.channels),)
    rows = draft.grow("orders" if orders else "signal", tail, np.float32)
    began: list[NDArray[np.float64]] = []
    kept: list[_Kept] = []
    extent: list[int] = []
    lacking: list[Path] = []
    unknown: list[Path] = []
    for file in files:
        mat = read_mat(file)
        number = None if file in told else mat.number()
        record = told.get(file) or (RECORDS[number] if number is not None else None)
        if record is None:
            unknown.append(file)
        elif (values := mat.signal(number, options.channels)) is None:
            lacking.append(file)
        else:
            rate_hz, rpm = _rate_hz(file, record, options), _rpm(mat, record, number)
            signal = resampled(values, record.rate_hz, rate_hz)
            if orders:
                block, starts = order_rows(signal, rpm, rate_hz, options.window_s, options.stride_s, str(file))
                began.append(starts)
            else:
                block = signal.T.astype(np.float32)
            rows.append(block)
            extent.append(len(block))
            kept.append(_Kept(file, record, number, rpm, rate_hz))
    _refuse(root, unknown, lacking if options.incomplete == "refuse" or not kept else [], options)
    _refuse_repeated(kept)
    draft.save("extent", np.array(extent, dtype=np.int64))
    if orders:
        draft.save("began_s", np.concatenate(began))
    for key, column in _columns(root, kept).items():
        draft.save(key, column)


def _rate_hz(file: Path, record: Record, options: CwruOptions) -> float:
    rate_hz = options.rate_hz or record.rate_hz
    if rate_hz > record.rate_hz:
        raise InputError(
            f"was sampled at {record.rate_hz:g} Hz, less than rate_hz {rate_hz:g}: the band above would be empty and"
            " tell it from the others",
            where=str(file),
            do=f"write rate_hz: {record.rate_hz:g} or less",
        )
    return rate_hz


def _rpm(mat: Mat, record: Record, number: int | None) -> float:
    """As measured, else the nominal speed under the record's load."""
    rpm = mat.rpm(number) or record.rpm or NOMINAL_RPM.get(record.load_hp)
    if rpm is None:
        raise InputError("tells no speed", where=str(mat.path), do="give data.metadata a column rpm")
    return rpm


def _refuse(root: Path, unknown: list[Path], lacking: list[Path], options: CwruOptions) -> None:
    if unknown:
        raise InputError(
            f"{len(unknown)} of the files have no number of CWRU's tables: {_names(root, unknown)}",
            where=str(root),
            do="take them out, or tell by `metadata: FILE.csv` what they are",
        )
    if lacking:
        raise InputError(
            f"{len(lacking)} of the files lack one of {', '.join(options.channels)}: {_names(root, lacking)}",
            where=str(root),
            do="write incomplete: drop, or channels: [DE]",
        )


def _refuse_repeated(kept: list[_Kept]) -> None:
    seen: dict[int, Path] = {}
    for one in kept:
        number = one.number
        if number is not None and number in seen:
            where = f"{seen[number]} and {one.file}"
            raise InputError(f"record {number} is there twice", where=where, do="keep one of them")
        if number is not None:
            seen[number] = one.file


def _names(root: Path, files: list[Path]) -> str:
    return listed(str(file.relative_to(root)) for file in files)


def _columns(root: Path, kept: list[_Kept]) -> dict[str, NDArray[Any]]:
    stems = [one.file.stem for one in kept]
    names = stems if len(set(stems)) == len(stems) else [str(r.file.relative_to(root).with_suffix("")) for r in kept]
    return {
        "recording": np.array(names),
        "bearing": np.array([r.record.bearing for r in kept]),
        "fault": np.array([r.record.fault for r in kept]),
        "is_faulty": np.array([int(r.record.fault != "normal") for r in kept]),
        "diameter_mil": np.array([r.record.diameter_mil for r in kept], dtype=np.float64),
        "load_hp": np.array([r.record.load_hp for r in kept], dtype=np.float64),
        "rpm": np.array([r.rpm for r in kept], dtype=np.float64),
        "position": np.array([r.record.position for r in kept]),
        "sampling_hz": np.array([r.sampling_hz for r in kept], dtype=np.float64),
    }
