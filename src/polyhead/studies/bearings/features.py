"""Classical features of vibration windows: amplitude, shape, bands, and lines of the envelope at the fault orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import hilbert

from polyhead.studies.bearings.geometry import SKF_6205, Geometry

Array = NDArray[np.float64]

# Shares of half the sampling rate: all above the shaft's tones, and bands that a resonance may lie in.
ENVELOPE_BANDS = ((0.12, 0.95), (0.12, 0.35), (0.30, 0.50), (0.45, 0.65), (0.60, 0.95))
LEVEL_BANDS = 16
HARMONICS = (1, 2, 3)
# Slip moves a line by about 1.5 %: a line is the largest bin within this share of its order.
TOLERANCE = 0.03
# Envelopes are looked at up to here: the third harmonic of the 6205's inner race at shaft speeds of up to 59 Hz.
HIGHEST_HZ = 1000.0
PADDING = 4
CHUNK = 256


def feature_names() -> list[str]:
    """Names of the columns that `features` returns, in order."""
    shapes = ["rms", "peak", "crest", "kurtosis", "skewness", "shape", "load_kn", "shaft_hz"]
    bands = [f"band_{i}" for i in range(LEVEL_BANDS)] + [f"tone_{k}" for k in HARMONICS]
    lines = [
        f"env{b}_{line}" for b in range(len(ENVELOPE_BANDS)) for line in (*line_orders(SKF_6205), "kurtosis", "rms")
    ]
    return shapes + bands + lines


def line_orders(geometry: Geometry) -> dict[str, float]:
    """Orders at which the envelope shows faults: strikes and their harmonics, and sidebands of what turns."""
    orders = {"shaft": 1.0, "shaft_2": 2.0, "cage": geometry.cage}
    for fault in ("outer", "inner", "ball"):
        strikes, turn = geometry.strikes(fault), geometry.turn(fault)
        orders |= {f"{fault}_{k}": k * strikes for k in HARMONICS}
        if turn:
            orders |= {f"{fault}_low": strikes - turn, f"{fault}_high": strikes + turn}
    orders["spin"] = geometry.spin
    return orders


def _moments(signal: Array) -> Array:
    centred = signal - signal.mean(axis=1, keepdims=True)
    rms = np.sqrt(np.mean(centred**2, axis=1))
    unit = centred / rms[:, None]
    peak = np.abs(centred).max(axis=1)
    kurtosis, skewness = np.mean(unit**4, axis=1), np.mean(unit**3, axis=1)
    return np.stack([np.log(rms), np.log(peak), peak / rms, kurtosis, skewness, 1 / np.abs(unit).mean(axis=1)], axis=1)


def _lines(power: Array, hz: NDArray[np.floating], shaft_hz: Array, orders: Array, halfwidth: float) -> Array:
    """Largest power (row, line) within `halfwidth` of each order (relative, at least one resolved bin)."""
    resolved = hz[PADDING]
    found = np.empty((len(power), len(orders)))
    for j, order in enumerate(orders):
        centre = order * shaft_hz[:, None]
        near = np.abs(hz - centre) <= np.maximum(halfwidth * centre, 0.5 * resolved)
        found[:, j] = np.where(near, power, 0).max(axis=1)
    return found


def _envelopes(
    spectrum: NDArray[np.complexfloating],
    signal_hz: NDArray[np.floating],
    sampling_hz: float,
    shaft_hz: Array,
    geometry: Geometry,
) -> Array:
    """Log ratio of each envelope line to the envelope's median bin, kurtosis and log rms of each band.

    A line beyond HIGHEST_HZ is NaN: not seen.
    """
    orders = np.array(list(line_orders(geometry).values()))
    columns = []
    for low, high in ENVELOPE_BANDS:
        inside = (signal_hz >= low * sampling_hz / 2) & (signal_hz < high * sampling_hz / 2)
        band = np.fft.irfft(np.where(inside, spectrum, 0), axis=1)
        envelope = np.abs(hilbert(band, axis=1)) ** 2
        length = envelope.shape[1]
        centred = (envelope / envelope.mean(axis=1, keepdims=True) - 1) * np.hanning(length)
        hz = np.fft.rfftfreq(PADDING * length, 1 / sampling_hz)
        power = np.abs(np.fft.rfft(centred, PADDING * length, axis=1)[:, hz <= HIGHEST_HZ]) ** 2
        level = np.median(power, axis=1, keepdims=True)
        lines = _lines(power, hz[hz <= HIGHEST_HZ], shaft_hz, orders, TOLERANCE)
        columns.append(np.log(np.where(lines > 0, lines, np.nan) / level))
        square = np.mean(band**2, axis=1)
        columns.append(np.stack([np.mean(band**4, axis=1) / square**2, 0.5 * np.log(square)], axis=1))
    return np.concatenate(columns, axis=1)


def _chunk(signal: Array, known: Array, sampling_hz: float, geometry: Geometry) -> Array:
    hz = np.fft.rfftfreq(signal.shape[1], 1 / sampling_hz)
    spectrum = np.fft.rfft(signal, axis=1)
    power = np.abs(np.fft.rfft(signal * np.hanning(signal.shape[1]), axis=1)) ** 2
    edges = np.linspace(0, power.shape[1], LEVEL_BANDS + 1).astype(int)[:-1]
    bands = np.log(np.add.reduceat(power, edges, axis=1))
    padded = np.fft.rfft(signal * np.hanning(signal.shape[1]), PADDING * signal.shape[1], axis=1)
    fine = np.fft.rfftfreq(PADDING * signal.shape[1], 1 / sampling_hz)
    few = fine <= 1.1 * max(HARMONICS) * known[:, 1].max()
    tone = np.log(_lines(np.abs(padded[:, few]) ** 2, fine[few], known[:, 1], np.array(HARMONICS, float), 0.05))
    lines = _envelopes(spectrum, hz, sampling_hz, known[:, 1], geometry)
    return np.concatenate([_moments(signal), known, bands, tone, lines], axis=1)


def features(
    signal: NDArray[np.floating], known: NDArray[np.floating], sampling_hz: float, geometry: Geometry = SKF_6205
) -> Array:
    """Features (row, feature) of windows `signal` (row, time) with `known` (row, 2): load in kN, shaft speed in Hz.

    Envelope lines as in Randall and Antoni, Mechanical Systems and Signal Processing 25 (2011), section 5: squared
    envelope of a band, its spectrum at the strikes' orders of the known speed, over the median of the spectrum.
    """
    parts = []
    for first in range(0, len(signal), CHUNK):
        rows = slice(first, first + CHUNK)
        parts.append(_chunk(signal[rows].astype(float), known[rows].astype(float), sampling_hz, geometry))
    return np.concatenate(parts)
