"""What counts as classes: words and whole numbers, some fractions, but no quantity."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.classes import is_quantity
from polyhead.signals.codes import coded

ELEVEN = np.arange(11) / 7


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        (np.repeat(np.arange(51) / 7, 2), np.tile([0, 1], 51), False),  # 43 fractions, each in two units
        (np.repeat(np.arange(60) / 7, 2), np.tile([0, 1], 60), True),  # 51 fractions
        (np.arange(1000.0), np.arange(1000), False),  # whole numbers, however they are stored
        (np.arange(1001), np.zeros(1001, int), True),
        (np.array([f"w{i}" for i in range(900)]), np.arange(900), False),
        (np.repeat(ELEVEN, 3), np.repeat(np.arange(11), 3), True),  # a number of each recording
        (np.repeat(ELEVEN, 3), np.arange(33), False),  # a setting of three recordings each
        (np.concatenate([ELEVEN, ELEVEN[:5]]), np.arange(16), True),  # 6 of 11 in one unit only
        (np.concatenate([ELEVEN, ELEVEN[:6]]), np.arange(17), False),  # 5 of 11
        (ELEVEN[:10], np.arange(10), False),
    ],
)
def test_a_quantity_is_told_from_classes(values, unit, expected):
    assert is_quantity(*coded(values), unit) is expected
