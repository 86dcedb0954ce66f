"""The study's simulator: run-to-failure records of bearings under a few loads and speeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.source import InputArray, Source
from polyhead.studies.bearings.geometry import SKF_6205
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.studies.bearings.vibration import (
    Structure,
    by_angle,
    ring,
    rolling_noise,
    strike_times,
    strike_weights,
    tones,
)
from polyhead.studies.bearings.wear import lifetime_hours, snapshot_times, strength_db, wobble

GEOMETRY = SKF_6205
RATING_KN = 14.8
"""Dynamic load rating C of the 6205, from SKF's catalogue."""
FAULTS = ("outer", "inner", "ball")
# Nominal load in kN and speed in Hz: as in XJTU-SY, the faster the lighter.
CONDITIONS = ((3.0, 30.0), (2.5, 35.0), (2.0, 40.0))
# Shaft tones: unbalance, misalignment, looseness, and the mesh of a gear or the blades of a fan beside the bearing.
TONE_ORDERS = (1.0, 2.0, 3.0, 4.0, 13.0)
TONE_SHARES = (1.0, 0.6, 0.35, 0.25, 0.5)


@dataclass(frozen=True)
class Record:
    """One bearing: `signal_g` (snapshot, time), `shaft_hz` (snapshot,) and what is true of it."""

    signal_g: NDArray[np.float32]
    shaft_hz: NDArray[np.float64]
    elapsed: NDArray[np.float64]
    condition: str
    load_kn: float
    fault: str
    onset: float
    hours: float
    failed: bool


def _amplitude(level_db: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(10.0 ** (np.asarray(level_db) / 20))


def _structure(o: SimulatorOptions, shaft_hz: float, rng: np.random.Generator) -> Structure:
    spread = _amplitude(rng.normal(0, o.tone_spread_db, len(TONE_ORDERS)))
    # Forces of unbalance grow with the square of the speed.
    level = o.tone_g * (shaft_hz / 35.0) ** 2 * np.array(TONE_SHARES) * spread
    return Structure(rng.uniform(*o.resonance_hz), rng.uniform(*o.damping), np.array(TONE_ORDERS), level)


def _recorded(o: SimulatorOptions, shaft_hz: NDArray[np.float64]) -> int:
    """Samples in time that rows of `samples` steps need at the slowest speed."""
    if o.per_revolution is None:
        return o.samples
    return int(np.ceil(o.samples / o.per_revolution / shaft_hz.min() * o.sampling_hz)) + 1


def run_to_failure(o: SimulatorOptions, bearing: int) -> Record:
    """The record of one bearing; all its draws come from (seed, bearing)."""
    rng = np.random.default_rng([o.seed, bearing])
    nominal_kn, nominal_hz = CONDITIONS[rng.integers(len(CONDITIONS))]
    load_kn = nominal_kn * (1 + o.load_jitter * rng.standard_normal())
    mean_hz = nominal_hz * (1 + o.speed_jitter * rng.standard_normal())
    fault = FAULTS[rng.integers(len(FAULTS))]
    hours = lifetime_hours(load_kn, mean_hz, RATING_KN, rng)
    failed = bool(rng.random() >= o.suspended)
    end = 1.0 if failed else rng.uniform(*o.suspended_at)
    onset = rng.uniform(*o.onset)
    structure = _structure(o, mean_hz, rng)
    elapsed = snapshot_times(o.snapshots, end)
    shaft_hz = mean_hz * (1 + 0.1 * o.speed_jitter * rng.standard_normal(o.snapshots))
    count = _recorded(o, shaft_hz)
    times = np.arange(count) / o.sampling_hz

    new_g = o.noise_g * _amplitude(rng.normal(0, o.noise_spread_db))
    noise_g = (new_g * _amplitude(rng.uniform(*o.drift_db) * elapsed))[:, None]
    shape = (o.snapshots, count)
    flat = np.sqrt(1 - o.rolling) * rng.standard_normal(shape)
    noise = noise_g * (flat + np.sqrt(o.rolling) * rolling_noise(structure, shape, o.sampling_hz, rng))

    strength = strength_db(elapsed, onset, rng.uniform(*o.start_db), rng.uniform(*o.final_db), rng.uniform(*o.curve))
    strength_g = new_g * _amplitude(strength + wobble(o.snapshots, o.wobble_db, rng))
    rate = GEOMETRY.strikes(fault) * shaft_hz * (1 + o.slip * rng.standard_normal())
    at = strike_times(rate, count / o.sampling_hz, o.slip, rng)
    place = rng.uniform(-np.pi / 4, np.pi / 4)
    # A heavier load presses the strikes harder.
    weights = strike_weights(fault, GEOMETRY, shaft_hz, at, place, rng) * (load_kn / 2.5) ** 0.5
    strikes = ring(structure, at, strength_g[:, None] * weights, count, o.sampling_hz)

    gain = _amplitude(rng.normal(0, o.gain_spread_db))
    signal = gain * (tones(structure, shaft_hz, times, rng) + noise + strikes)
    if o.per_revolution is not None:
        signal = by_angle(signal, o.sampling_hz, shaft_hz, o.per_revolution, o.samples)
    condition = f"{nominal_hz:g}Hz-{nominal_kn:g}kN"
    return Record(signal.astype(np.float32), shaft_hz, elapsed, condition, load_kn, fault, onset, hours, failed)


def _known(record: Record) -> NDArray[np.float32]:
    return np.stack([np.full_like(record.shaft_hz, record.load_kn), record.shaft_hz], axis=1).astype(np.float32)


def simulate(options: SimulatorOptions) -> Source:
    """Records of all bearings as a source: a row is a snapshot, a recording is a bearing.

    Inputs: `signal` (row, 1, time) in g; `known` (row, 2), load in kN and shaft speed in Hz. Columns (row,): `bearing`;
    `fault` (normal before the onset); `is_faulty` (0 or 1, from the true onset); `life` (remaining fraction in [0, 1],
    NaN, or `unknown_life`, where the bearing was suspended); `hours` and `onset` (hours since new); `condition`.
    """
    records = [run_to_failure(options, bearing) for bearing in range(options.bearings)]
    count = options.snapshots
    elapsed = np.stack([record.elapsed for record in records])
    faulty = elapsed >= np.array([[record.onset] for record in records])
    hours = np.array([[record.hours] for record in records])
    unknown = np.nan if options.unknown_life is None else options.unknown_life
    life = np.where([[record.failed] for record in records], 1 - elapsed, unknown)
    columns: dict[str, NDArray[np.generic]] = {
        "bearing": np.repeat([f"b{bearing:04d}" for bearing in range(options.bearings)], count),
        "fault": np.where(faulty, [[record.fault] for record in records], "normal").ravel(),
        "is_faulty": faulty.ravel().astype(np.int64),
        "life": life.ravel(),
        "hours": (hours * elapsed).ravel(),
        "onset": np.repeat([record.hours * record.onset for record in records], count),
        "condition": np.repeat([record.condition for record in records], count),
    }
    signal = np.concatenate([record.signal_g for record in records])[:, None, :]
    inputs = {
        "signal": InputArray(signal, ("housing",), "g"),
        "known": InputArray(np.concatenate([_known(record) for record in records]), ("load_kn", "shaft_hz")),
    }
    return Source(inputs, columns, sampling_hz=options.sampling_hz if options.per_revolution is None else None)
