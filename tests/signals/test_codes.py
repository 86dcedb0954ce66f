"""Codes of columns against numpy's own inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.signals import codes
from polyhead.signals.codes import coded_runs
from polyhead.signals.windows import Numbered


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), max_size=12), st.integers(1, 7))
def test_runs_are_coded_as_numpy_codes_values(runs: list[tuple[int, int]], at_a_time: int) -> None:
    values = np.array([value for value, count in runs for _ in range(count)], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_AT_A_TIME", at_a_time)
        distinct, found = coded_runs(values)
    expected, inverse = np.unique(values, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert found.tolist() == inverse.tolist()


def test_names_come_in_runs_too() -> None:
    distinct, found = coded_runs(np.array(["b", "b", "a", "a", "b"]))
    assert distinct.tolist() == ["a", "b"]
    assert found.tolist() == [1, 1, 0, 0, 1]


def test_numbers_are_names_where_there_are_none() -> None:
    names = Numbered(12)
    assert list(names) == [str(number) for number in range(12)]
    assert (names[-1], names[2:5], len(names)) == ("11", ["2", "3", "4"], 12)
    with pytest.raises(IndexError):
        names[12]
