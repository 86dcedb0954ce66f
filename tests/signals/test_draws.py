"""Numbers that are functions of what they are drawn for, against the published generator and scipy's test."""

from __future__ import annotations

import numpy as np
from scipy.stats import kstest

from polyhead.signals.draws import mix, mixed, uniform


def test_the_step_of_splitmix64_from_zero() -> None:
    """The first three numbers of the reference implementation (Vigna, splitmix64.c) with seed 0."""
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(one) for one in mix(np.arange(3, dtype=np.uint64))] == expected


def test_numbers_of_neighbours_are_uniform_and_unrelated() -> None:
    drawn = uniform(np.arange(4000, dtype=np.uint64))
    assert kstest(drawn, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 4 / np.sqrt(4000)
    assert 0 <= drawn.min() <= drawn.max() < 1


def test_the_order_of_numbers_counts() -> None:
    assert len({mixed(1, 2), mixed(2, 1), mixed(1), mixed(1, 2, 0)}) == 4
    assert mixed(-1) == mixed(2**64 - 1)
