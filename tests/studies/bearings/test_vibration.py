"""Strikes, their ringing and the noise against direct formulas."""

import numpy as np
import pytest

from polyhead.studies.bearings.geometry import SKF_6205
from polyhead.studies.bearings.vibration import (
    Structure,
    by_angle,
    ring,
    rolling_noise,
    strike_times,
    strike_weights,
    tones,
)

RATE_HZ = 10000.0
STRUCTURE = Structure(2500.0, 0.05, np.array([1.0, 2.0]), np.array([0.3, 0.1]))


def test_ring_is_the_sum_of_decaying_sines_wherever_strikes_fall() -> None:
    times, levels = np.array([[-0.0103, 0.00012345, 0.0099999, 0.5]]), np.array([[2.0, 1.0, 0.5, 9.0]])
    t = np.arange(300) / RATE_HZ
    omega = 2 * np.pi * 2500
    direct = np.zeros(300)
    for at, level in zip(times[0], levels[0], strict=True):
        since = np.clip(t - at, 0, None)
        direct += level * np.exp(-0.05 * omega * since) * np.sin(omega * np.sqrt(1 - 0.05**2) * since)
    assert ring(STRUCTURE, times, levels, 300, RATE_HZ)[0] == pytest.approx(direct, abs=1e-9)


def test_strikes_keep_their_rate_and_scatter_by_the_slip() -> None:
    times = strike_times(np.full(50, 100.0), 2.0, 0.015, np.random.default_rng(0))
    spacing = np.diff(times, axis=1)
    assert spacing.mean() == pytest.approx(0.01, rel=1e-3)
    assert spacing.std() == pytest.approx(0.015 * 0.01, rel=0.05)
    assert times[:, 0].max() < 0
    assert times[:, -1].min() > 2.0


def test_the_inner_race_is_struck_hardest_once_per_turn() -> None:
    at = np.arange(4000)[None, :] / 4000
    weights = strike_weights("inner", SKF_6205, np.array([25.0]), at, 0.0, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(weights[0] - weights.mean()))
    assert spectrum.argmax() == 25  # 1 s of strikes, so a bin is 1 Hz


def test_the_outer_race_stays_where_it_is() -> None:
    weights = strike_weights(
        "outer", SKF_6205, np.array([25.0]), np.zeros((1, 20000)), np.pi / 3, np.random.default_rng(0)
    )
    assert np.median(weights) == pytest.approx(0.5**1.5, rel=0.02)


def test_a_ball_strikes_the_inner_race_with_less_effect() -> None:
    at = np.zeros((200, 1000))  # one moment, so that the load is the same all along a row
    weights = strike_weights("ball", SKF_6205, np.full(200, 25.0), at, 0.0, np.random.default_rng(1))
    loaded = weights[weights[:, 0] > 0]
    assert 80 < len(loaded) < 120  # the load zone is half of the turn
    assert np.median(loaded[:, 1::2].mean(axis=1) / loaded[:, ::2].mean(axis=1)) == pytest.approx(0.6, rel=0.02)


def test_rolling_noise_has_unit_power_around_the_resonance() -> None:
    noise = rolling_noise(STRUCTURE, (200, 2000), RATE_HZ, np.random.default_rng(0))
    assert noise.std() == pytest.approx(1.0, rel=0.02)
    power = np.mean(np.abs(np.fft.rfft(noise, axis=1)) ** 2, axis=0)
    assert np.fft.rfftfreq(2000, 1 / RATE_HZ)[power.argmax()] == pytest.approx(2500, rel=0.05)


def test_tones_stand_at_multiples_of_the_shaft() -> None:
    signal = tones(STRUCTURE, np.array([40.0]), np.arange(10000) / RATE_HZ, np.random.default_rng(0))[0]
    amplitude = np.abs(np.fft.rfft(signal)) / 5000
    assert amplitude[[40, 80]] == pytest.approx([0.3, 0.1], abs=1e-6)
    assert np.delete(amplitude, [40, 80]).max() < 1e-6


def test_steps_of_angle_turn_every_speed_into_one_period() -> None:
    """A tone of order 3.585 at 28 and at 41 Hz has 3.585 periods in each 200 steps, whatever the speed."""
    rate, shaft = 12800.0, np.array([28.0, 41.0])
    times = np.arange(4000) / rate
    signal = np.sin(2 * np.pi * 3.585 * shaft[:, None] * times)
    turned = by_angle(signal, rate, shaft, 200, 1000)
    np.testing.assert_allclose(turned[0], turned[1], atol=1e-3)
    np.testing.assert_allclose(turned[0], np.sin(2 * np.pi * 3.585 * np.arange(1000) / 200), atol=1e-3)
