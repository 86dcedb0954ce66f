"""Envelope spectra over orders: beside scipy's Hilbert transform, and on strikes whose order is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import hilbert

from polyhead.studies.bearings.geometry import SKF_6205
from polyhead.studies.bearings.representation import (
    BANDS_HZ,
    HIGHEST_SHAFT_HZ,
    LEAST_SAMPLING_HZ,
    band_names,
    envelope_orders,
    order_axis,
)

RATE_HZ, SHAFT_HZ = 12000.0, 29.5


def strikes(order: float, ring_hz: float = 3200.0, shaft_hz: float = SHAFT_HZ, seed: int = 0) -> np.ndarray:
    """One second of decaying rings at `order` strikes a turn, in noise of a twentieth of their peak."""
    time = np.arange(int(RATE_HZ)) / RATE_HZ
    since = np.mod(time, 1 / (order * shaft_hz))
    ring = np.exp(-800 * since) * np.sin(2 * np.pi * ring_hz * since)
    return ring + 0.05 * np.random.default_rng(seed).standard_normal(len(time))


def orders_of(signal: np.ndarray, shaft_hz: float = SHAFT_HZ, rate_hz: float = RATE_HZ) -> np.ndarray:
    return envelope_orders(signal[None], np.array([shaft_hz]), rate_hz)[0]


def band(low_hz: float) -> int:
    return [low for low, _ in BANDS_HZ].index(low_hz)


def test_the_axes_are_what_they_say() -> None:
    axis = order_axis()
    assert (len(axis), axis[0], axis[-1]) == (83, pytest.approx(0.4), pytest.approx(16.8))
    assert axis[-1] > 3 * SKF_6205.inner
    assert (band_names()[0], band_names()[-1], len(band_names())) == ("500-1500 Hz", "5000-6000 Hz", 10)
    assert orders_of(strikes(3.585)).shape == (10, 83)
    assert orders_of(strikes(3.585)).dtype == np.float32


@pytest.mark.parametrize("low_hz", [500.0, 2500.0, 5000.0])
def test_a_band_is_the_spectrum_of_the_envelope_that_scipy_finds(low_hz: float) -> None:
    """By the long way: filter, Hilbert transform at the full rate, transform of the square, at each point of a bin."""
    signal = np.random.default_rng(1).standard_normal(12000) + strikes(3.585)
    hz = np.fft.rfftfreq(12000, 1 / RATE_HZ)
    inside = (hz >= low_hz) & (hz < low_hz + 1000)
    envelope = np.abs(hilbert(np.fft.irfft(np.where(inside, np.fft.rfft(signal), 0)))) ** 2
    centred = (envelope / envelope.mean() - 1) * np.hanning(12000)
    power = np.abs(np.fft.rfft(centred, 48000)) ** 2
    points = 0.3 + 0.02 * np.arange(830)
    logs = np.log(np.interp(points * SHAFT_HZ, np.fft.rfftfreq(48000, 1 / RATE_HZ), power))
    expected = logs.reshape(83, 10).max(axis=1) - np.median(logs)
    np.testing.assert_allclose(orders_of(signal)[band(low_hz)], expected, atol=0.05)


@pytest.mark.parametrize("fault", ["outer", "inner", "ball"])
@pytest.mark.parametrize("shaft_hz", [28.8, 29.95])
def test_strikes_peak_at_their_order_at_any_speed(fault: str, shaft_hz: float) -> None:
    order = SKF_6205.strikes(fault)
    found = orders_of(strikes(order, shaft_hz=shaft_hz), shaft_hz)[band(2500.0)]
    away = np.min([np.abs(order_axis() - k * order) for k in (1, 2, 3, 4)], axis=0)
    for k in (1, 2, 3):
        assert found[np.abs(order_axis() - k * order) <= 0.1].max() > found[away > 0.3].max() + 2


def test_the_band_is_where_the_housing_rings() -> None:
    strike = np.abs(order_axis() - 3.585).argmin()
    low, high = (orders_of(strikes(3.585, ring_hz))[:, strike] for ring_hz in (1500, 4500))
    assert low[band(1000.0)] > high[band(1000.0)] + 2
    assert high[band(4000.0)] > low[band(4000.0)] + 2


def test_neither_gain_nor_polarity_nor_a_constant_changes_anything() -> None:
    signal = strikes(3.585)
    np.testing.assert_allclose(orders_of(-7.3 * signal), orders_of(signal), atol=1e-4)
    np.testing.assert_allclose(orders_of(signal + 5), orders_of(signal), atol=1e-4)


def test_another_sampling_rate_shows_the_same() -> None:
    slow = strikes(3.585)
    fast = 4 * np.fft.irfft(np.fft.rfft(slow), 48000)  # the same signal, interpolated by its own Fourier series
    np.testing.assert_allclose(orders_of(fast, rate_hz=48000.0), orders_of(slow), atol=1e-4)


def test_silence_is_flat() -> None:
    assert (orders_of(np.zeros(12000)) == 0).all()


@pytest.mark.parametrize(
    ("rate_hz", "shaft_hz", "fits"),
    [
        (LEAST_SAMPLING_HZ, HIGHEST_SHAFT_HZ, True),
        (LEAST_SAMPLING_HZ - 1, 30.0, False),
        (12000.0, HIGHEST_SHAFT_HZ + 0.01, False),
    ],
)
def test_what_the_axes_cannot_hold_is_refused(rate_hz: float, shaft_hz: float, fits: bool) -> None:
    signal = np.random.default_rng(2).standard_normal(6000)
    if fits:
        assert np.isfinite(orders_of(signal, shaft_hz, rate_hz)).all()
        return
    with pytest.raises(ValueError, match="of sampling"):
        orders_of(signal, shaft_hz, rate_hz)
