"""Numbers by how often they stand, against NumPy on all of them."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.profile.tally import Tally


def test_mean_spread_and_quantiles_are_those_of_all_numbers():
    values, count = np.array([-3.0, 0.5, 2, 10]), np.array([2, 1, 4, 2])
    every, tally = np.repeat(values, count), Tally(values, count)
    assert (tally.mean, tally.sd) == (pytest.approx(every.mean()), pytest.approx(every.std()))
    shares = [0, 0.1, 0.25, 0.3, 0.5, 0.95, 1]
    assert tally.quantiles(shares) == pytest.approx(np.quantile(every, shares))
    assert Tally(values[:1], count[:1]).quantiles(shares).tolist() == [-3.0] * len(shares)
