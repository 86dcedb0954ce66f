"""Countdowns that are counted without being laid out, against those laid out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.signals.countdown import Countdowns, countdown


def test_by_hand():
    found = countdown(np.array([3, 0]), 6, 2)
    assert found.tolist() == [[2, 2, 1, 0, -1, -2], [0, -1, -2, -2, -2, -2]]
    values, count = Countdowns(np.array([3, 0]), 6, 2).tally()
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert count.tolist() == [5, 2, 2, 1, 2]
    assert Countdowns(np.array([3]), 6, None).tally()[0].tolist() == [-2, -1, 0, 1, 2, 3]


@settings(max_examples=100, deadline=None)
@given(data=st.data(), samples=st.integers(1, 9), clip=st.none() | st.integers(1, 12))
def test_they_are_those_laid_out(data, samples, clip):
    starts = np.array(data.draw(st.lists(st.integers(0, samples - 1), min_size=1, max_size=6)))
    weights = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=len(starts), max_size=len(starts)))
    )
    each, laid = Countdowns(starts, samples, clip), countdown(starts, samples, clip)
    values, count = np.unique(laid, return_counts=True)
    found = each.tally()
    assert (found[0].tolist(), found[1].tolist()) == (values.tolist(), count.tolist())
    values, mass = each.tally(weights)
    assert mass == pytest.approx([((laid == value) * weights[:, None]).sum() for value in values])
    assert values.tolist() == found[0].tolist()  # a window without weight has numbers all the same
    assert each.means == pytest.approx(laid.mean(axis=1))
    assert each.squares == pytest.approx((laid**2).mean(axis=1))
    for value in range(-samples - 1, samples + 2):
        assert each.having(value).tolist() == (laid == value).any(axis=1).tolist()
    assert each.take(starts > 0).start.tolist() == starts[starts > 0].tolist()
