"""What repeats in a bearing's vibration: spectra of the squared envelope, per shaft order, over carrier bands.

A fault strikes at an order that only the bearing's geometry sets, and rings wherever the housing rings; so the axis is
the order of the strikes and the channels are the bands that they may ring in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# (low, high) of the carrier bands: half overlapping, since where the housing rings is not known.
BANDS_HZ = tuple((500.0 * i, 500.0 * i + 1000.0) for i in range(1, 11))
# Slip of 1-2 % moves the inner race's line (order 5.4) by up to 0.1, and a Hann window of 1 s at 30 Hz is 0.13 wide: a
# bin holds a line. Bins are centred on multiples of their width, so that the shaft's harmonics, which every machine
# has, fall on centres and not on edges.
WIDTH = 0.2
POINTS = 10
FIRST, LAST = 2, 84
PADDING = 4
# What the bands and the axis need: the highest band below half the rate, the last order within a band's envelope.
LEAST_SAMPLING_HZ = 2 * BANDS_HZ[-1][1]
HIGHEST_SHAFT_HZ = (BANDS_HZ[0][1] - BANDS_HZ[0][0]) / ((LAST + 0.5) * WIDTH)


def order_axis() -> NDArray[np.float64]:
    """Centres of the bins (bin,), in orders: 0.4, 0.6, ... 16.8, three harmonics of the 6205's inner race."""
    return np.asarray(WIDTH * np.arange(FIRST, LAST + 1), dtype=np.float64)


def band_names() -> tuple[str, ...]:
    """Names of the bands, in order."""
    return tuple(f"{low:.0f}-{high:.0f} Hz" for low, high in BANDS_HZ)


def envelope_orders(
    signal: NDArray[np.floating], shaft_hz: NDArray[np.floating], sampling_hz: float
) -> NDArray[np.float32]:
    """Maps windows `signal` (row, time) at shaft speeds `shaft_hz` (row,) to (row, band, bin).

    For each carrier band [low, high): e = |x_a|^2, x_a the band's analytic signal (one side of the window's FFT); the
    power P of (e / mean(e) - 1) * Hann, padded PADDING times and linearly interpolated at order * shaft_hz; ln P less
    its median over the axis (Randall and Antoni, Mechanical Systems and Signal Processing 25 (2011), section 5). A
    bin's value is the largest of its POINTS orders. Nothing changes with the sensor's gain or polarity.

    Windows of 1 s at 30 Hz, 30 turns, are what the bins' width is for; shorter ones smear. Raises ValueError where
    `sampling_hz` is below LEAST_SAMPLING_HZ or a shaft turns faster than HIGHEST_SHAFT_HZ.
    """
    if sampling_hz < LEAST_SAMPLING_HZ or shaft_hz.max(initial=0) > HIGHEST_SHAFT_HZ:
        raise ValueError(f"{sampling_hz:g} Hz of sampling, {shaft_hz.max(initial=0):g} Hz of the shaft")
    rows, length = signal.shape
    spectrum = np.fft.rfft(signal.astype(np.float64), axis=1)
    hz = np.fft.rfftfreq(length, 1 / sampling_hz)
    speed, at = shaft_hz.astype(np.float64), _fine_axis()
    found = np.empty((rows, len(BANDS_HZ), LAST - FIRST + 1), np.float32)
    for band, (low, high) in enumerate(BANDS_HZ):
        inside = spectrum[:, (hz >= low) & (hz < high)]
        logs = _band_spectrum(inside, sampling_hz / length, speed, at)
        found[:, band] = logs.reshape(rows, -1, POINTS).max(axis=2)
    return found


def _fine_axis() -> NDArray[np.float64]:
    """Orders (bin * POINTS,) at which spectra are sampled: POINTS per bin, the first on its lower edge."""
    step = WIDTH / POINTS
    return np.asarray((FIRST - 0.5) * WIDTH + step * np.arange((LAST - FIRST + 1) * POINTS), dtype=np.float64)


def _band_spectrum(
    spectrum: NDArray[np.complexfloating], resolution_hz: float, shaft_hz: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log power (row, order) of a band's squared envelope at the orders `at`, over its median along them.

    `spectrum` (row, frequency) is the band's part of the signal's, `resolution_hz` the spacing of its frequencies.
    """
    # Moved to zero frequency, which leaves the magnitude as it is; twice the band holds its square without aliases.
    samples = 2 * spectrum.shape[1]
    envelope = np.abs(np.fft.ifft(spectrum, samples, axis=1)) ** 2
    level = envelope.mean(axis=1, keepdims=True)
    centred = (envelope - level) / np.maximum(level, np.finfo(float).tiny) * np.hanning(samples)
    power = np.abs(np.fft.rfft(centred, PADDING * samples, axis=1)) ** 2
    place = at * shaft_hz[:, None] * PADDING / resolution_hz
    below = np.minimum(place.astype(int), power.shape[1] - 2)
    low, high = (np.take_along_axis(power, below + side, axis=1) for side in (0, 1))
    sampled = low + (high - low) * (place - below)
    # A silent band has no power anywhere: the floor makes it flat, 0, instead of minus infinity.
    logs: NDArray[np.float64] = np.log(np.maximum(sampled, 1e-12))
    return logs - np.median(logs, axis=1, keepdims=True)
