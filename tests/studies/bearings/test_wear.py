"""The course of a life: strength of the fault, wobble and lifetimes."""

import numpy as np
import pytest

from polyhead.studies.bearings.wear import lifetime_hours, snapshot_times, strength_db, wobble


def test_strength_starts_at_the_onset_and_ends_at_failure() -> None:
    found = strength_db(np.array([0.0, 0.39, 0.4, 0.7, 1.0]), 0.4, start_db=6.0, final_db=26.0, curve=1.0)
    assert np.isneginf(found[:2]).all()
    assert found[2:] == pytest.approx([6.0, 16.0, 26.0])


def test_a_curve_above_one_starts_slowly() -> None:
    half = np.array([0.75])
    slow, fast = (strength_db(half, 0.5, 0.0, 20.0, curve)[0] for curve in (2.0, 0.5))
    assert (slow, fast) == pytest.approx((5.0, 20 * 0.5**0.5))


def test_snapshots_are_equally_spaced_from_new_to_the_end() -> None:
    assert snapshot_times(5, 0.8) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


def test_wobble_is_stationary_and_remembers() -> None:
    values = wobble(20000, 2.0, np.random.default_rng(0))
    assert values.std() == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(0.7, abs=0.03)


def test_one_bearing_in_ten_fails_before_its_rating_life() -> None:
    rng = np.random.default_rng(0)
    lives = [lifetime_hours(2.0, 50.0, 4.0, rng) for _ in range(4000)]
    # (4 / 2)^3 million turns at 50 Hz are 44.4 h, a twentieth of it in the accelerated test 2.22 h.
    assert np.mean(np.array(lives) < 2.222) == pytest.approx(0.1, abs=0.015)
