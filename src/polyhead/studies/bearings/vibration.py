"""The acceleration that a bearing's housing shows: shaft tones, strikes that ring a resonance, and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import lfilter

from polyhead.studies.bearings.geometry import Geometry, load_at

Array = NDArray[np.float64]
TURN = 2 * np.pi

# Seconds simulated before a snapshot begins, so that earlier strikes still ring in it.
LEAD_S = 0.02
# A ball strikes the inner race, farther from the sensor, with less effect than the outer one.
INNER_RACE_SHARE = 0.6


@dataclass(frozen=True)
class Structure:
    """What rings: the housing's resonance (`pole_hz` with its damping ratio) and the machine's tones."""

    pole_hz: float
    damping: float
    tone_orders: Array
    """(tone,) in multiples of the shaft's frequency."""
    tones_g: Array
    """(tone,) amplitudes."""

    def pole(self, rate_hz: float) -> complex:
        """The resonance's decaying rotation over one sample."""
        omega = TURN * self.pole_hz
        return complex(np.exp(omega * (-self.damping + 1j * np.sqrt(1 - self.damping**2)) / rate_hz))


def tones(structure: Structure, shaft_hz: Array, times: Array, rng: np.random.Generator) -> Array:
    """Harmonics of the shaft in g, (snapshot, time); phases are drawn anew, as snapshots start anywhere."""
    phase = rng.uniform(0, TURN, (len(shaft_hz), len(structure.tone_orders)))
    total = np.zeros((len(shaft_hz), len(times)))
    for order, level, start in zip(structure.tone_orders, structure.tones_g, phase.T, strict=True):
        total += level * np.sin(TURN * order * shaft_hz[:, None] * times + start[:, None])
    return total


def strike_times(strikes_hz: Array, seconds: float, jitter: float, rng: np.random.Generator) -> Array:
    """Times of strikes in s, (snapshot, strike), from -LEAD_S until past `seconds`.

    The spacing varies independently by `jitter` (a share of it), so that the timing drifts like a random walk, as
    slip makes it in real bearings (Randall and Antoni 2011, section 2.2).
    """
    count = int(np.ceil((seconds + LEAD_S) * strikes_hz.max() * 1.1)) + 4
    spacing = 1 + jitter * rng.standard_normal((len(strikes_hz), count))
    spacing[:, 0] *= rng.uniform(0, 1, len(strikes_hz))
    return np.cumsum(np.clip(spacing, 0.2, None), axis=1) / strikes_hz[:, None] - LEAD_S


def strike_weights(
    fault: str, geometry: Geometry, shaft_hz: Array, times: Array, place: float, rng: np.random.Generator
) -> Array:
    """Relative strength of each strike, (snapshot, strike), by the load where it happens.

    `place` is the angle in rad of a fault of the outer race from the load's direction. Faults of the inner race and of
    a ball travel through the load zone at the shaft's and the cage's speed.
    """
    if fault == "outer":
        weights = np.broadcast_to(load_at(np.asarray(place)), times.shape)
    else:
        start = rng.uniform(0, TURN, (len(shaft_hz), 1))
        weights = load_at(start + TURN * geometry.turn(fault) * shaft_hz[:, None] * times)
    if fault == "ball":
        races = np.where(np.arange(times.shape[1]) % 2 == 0, 1.0, INNER_RACE_SHARE)
        weights = weights * races
    return weights * rng.lognormal(0, 0.15, times.shape)


def ring(structure: Structure, times: Array, levels_g: Array, count: int, rate_hz: float) -> Array:
    """Sum of decaying oscillations in g, (snapshot, time), that start at `times` (snapshot, strike), in s.

    Exact between samples: each strike enters its next sample with the phase and decay it has reached by then, and a
    complex recursion carries the sum on; the imaginary part is the acceleration, with peak near `levels_g`.
    """
    lead = round(LEAD_S * rate_hz)
    position = times * rate_hz + lead
    sample = np.ceil(position).astype(int)
    inside = (sample >= 0) & (sample < count + lead)
    pole = structure.pole(rate_hz)
    entering = np.zeros((len(times), count + lead), dtype=complex)
    row = np.broadcast_to(np.arange(len(times))[:, None], times.shape)
    np.add.at(entering, (row[inside], sample[inside]), (levels_g * pole ** (sample - position))[inside])
    return np.asarray(lfilter([1.0], [1.0, -pole], entering, axis=1).imag[:, lead:], dtype=np.float64)


def by_angle(signal: Array, rate_hz: float, shaft_hz: Array, per_revolution: int, count: int) -> Array:
    """Rows (snapshot, time) at `count` equal steps of the shaft's angle, `per_revolution` to a turn (snapshot, angle).

    Cubic splines between samples; what lies above half of the new rate is folded, as without a filter in front.
    """
    times = np.arange(signal.shape[1]) / rate_hz
    steps = np.arange(count) / per_revolution
    rows = [CubicSpline(times, row)(steps / hz) for row, hz in zip(signal, shaft_hz, strict=True)]
    return np.stack(rows)


def rolling_noise(structure: Structure, shape: tuple[int, int], rate_hz: float, rng: np.random.Generator) -> Array:
    """Noise of unit standard deviation, (snapshot, time), of rough surfaces that keep the resonance ringing."""
    lead = round(LEAD_S * rate_hz)
    pole = structure.pole(rate_hz)
    driven = lfilter([1.0], [1.0, -pole], rng.standard_normal((shape[0], shape[1] + lead)).astype(complex), axis=1)
    # Mean square of the imaginary part: sum over k of |pole|^2k sin^2(k angle), in closed form.
    square = 0.5 * (1 / (1 - abs(pole) ** 2) - (1 / (1 - pole**2)).real)
    return np.asarray(driven.imag[:, lead:] / np.sqrt(square), dtype=np.float64)
