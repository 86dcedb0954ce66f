"""Hidden samples: as many as asked for, in whole patches, a function of (seed, epoch, window)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.signals.hiding import Hiding, interpolated

INDEX = np.array([7, 0, 3, 12])


@pytest.mark.parametrize(
    ("length", "share", "patch", "patches"),
    [(105, 0.15, 1, 16), (105, 0.15, 10, 2), (20, 0.01, 10, 1), (40, 0.5, 2, 10), (8, 0.75, 3, 2)],
)
def test_as_near_to_the_share_as_whole_patches_come(length, share, patch, patches):
    """15.75, 1.575, 0.02, 10 and exactly 2 patches."""
    assert Hiding.of_share(length, share, patch) == Hiding(length, patch, patches)


@given(st.data())
def test_whole_patches_of_which_none_lies_on_another(data):
    patch, patches = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    hiding = Hiding(patch * patches + data.draw(st.integers(1, 20)), patch, patches)
    at = hiding.drawn(INDEX, data.draw(st.integers(0, 99)), data.draw(st.integers(0, 9)))
    assert (np.diff(at, axis=1) > 0).all()
    assert 0 <= at.min() <= at.max() < hiding.length
    assert (np.diff(at.reshape(-1, patch), axis=1) == 1).all()
    assert (hiding.marks(at).sum(axis=1) == patch * patches).all()
    assert all((np.flatnonzero(marks) == row).all() for marks, row in zip(hiding.marks(at), at, strict=True))


def test_a_function_of_seed_epoch_and_window():
    hiding = Hiding(50, 2, 4)
    drawn = hiding.drawn(INDEX, seed=1, epoch=5)
    assert (hiding.drawn(INDEX[::-1], seed=1, epoch=5)[::-1] == drawn).all()
    assert (hiding.drawn(INDEX[2:3], seed=1, epoch=5) == drawn[2]).all()
    for other in (hiding.drawn(INDEX, 1, 6), hiding.drawn(INDEX, 2, 5), hiding.fixed(INDEX)):
        assert (other != drawn).any(axis=1).all()
    assert (hiding.fixed(INDEX) == hiding.fixed(INDEX)).all()
    assert len(np.unique(drawn, axis=0)) == len(INDEX)


def test_every_sample_is_hidden_as_often():
    """Patches of one sample: 3 of 12 each, in 4,000 windows 1,000 times, with a standard deviation of 27."""
    counts = Hiding(12, 1, 3).marks(Hiding(12, 1, 3).drawn(np.arange(4000), 0, 0)).sum(axis=0)
    assert counts == pytest.approx(np.full(12, 1000), abs=5 * np.sqrt(4000 * 0.25 * 0.75))


@given(st.integers(0, 50), st.integers(1, 5), st.integers(1, 4))
def test_a_straight_line_between_the_samples_in_sight_is_numpy_s(seed, patch, patches):
    hiding = Hiding(patch * patches + 3, patch, patches)
    at, values = hiding.drawn(INDEX, seed, 0), np.random.default_rng(seed).normal(size=(4, 2, hiding.length))
    for window, row in enumerate(at):
        seen = np.setdiff1d(np.arange(hiding.length), row)
        expected = [np.interp(row, seen, channel[seen]) for channel in values[window]]
        assert interpolated(values, at)[window] == pytest.approx(np.array(expected), abs=1e-12)


def test_what_stands_at_a_hidden_sample_does_not_enter_the_line():
    values = np.arange(12.0).reshape(1, 1, 12)
    spoilt = values.copy()
    spoilt[0, 0, [0, 4, 5, 11]] = np.nan
    assert interpolated(spoilt, np.array([[0, 4, 5, 11]]))[0, 0].tolist() == [1.0, 4.0, 5.0, 10.0]
