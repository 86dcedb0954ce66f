"""Vectors by their inner products: hand numbers, and the conditions that single out the nearest point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polyhead.balance.geometry import lengths_and_cosines, shortest, to_dual_cone, unit_vectors

SMALL = st.integers(-4, 4).map(float)


def test_lengths_and_cosines_by_hand():
    lengths, cosines = lengths_and_cosines(np.array([[9.0, -6.0], [-6.0, 16.0]]))
    assert lengths.tolist() == [3, 4]
    assert cosines.tolist() == [[1, -0.5], [-0.5, 1]]


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_lengths_and_cosines_do_not_overflow(unit):
    lengths, cosines = lengths_and_cosines(np.array([[1.0, 0.5], [0.5, 1.0]]) * unit * unit)
    assert lengths / unit == pytest.approx([1, 1])
    assert cosines == pytest.approx(np.array([[1, 0.5], [0.5, 1]]))


def test_unit_vectors_have_the_cosines():
    cosines = np.array([[1.0, -0.5, 0.1], [-0.5, 1.0, 0.3], [0.1, 0.3, 1.0]])
    vectors = unit_vectors(cosines)
    assert vectors.T @ vectors == pytest.approx(cosines, abs=2e-10)


@pytest.mark.parametrize(
    ("columns", "weights"),
    [
        ([[1, 0], [0, 2]], [0.8, 0.2]),  # the foot of the perpendicular from 0 to the line x + y / 2 = 1
        ([[1, 2], [1, -1]], [0.8, 0.2]),  # (1, 1) + t (1, -2) with t = -(1, 1) (1, -2) / 5
        ([[1, 2], [0, 1]], [1, 0]),  # an end is nearest
        ([[1, -1], [0, 0]], [0.5, 0.5]),
        ([[1e6, -1], [0, 0]], [1e-6 / (1 + 1e-6), 1 / (1 + 1e-6)]),
        ([[0, 1], [0, 1]], [1, 0]),  # one vector is zero
    ],
)
def test_the_shortest_point_by_hand(columns, weights):
    assert shortest(np.array(columns, dtype=float)) == pytest.approx(weights, rel=1e-9, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(columns=arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=SMALL))
def test_no_vertex_of_the_hull_lies_below_the_shortest_point(columns):
    """The condition of the nearest point of a convex set: every vertex is at least as far along it."""
    assume(columns.any(axis=0).all())
    weights = shortest(columns)
    point = columns @ weights
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    assert (columns.T @ point).min() >= point @ point - 1e-9


def test_a_point_is_taken_to_the_dual_cone_by_hand():
    units = np.array([[1.0, -0.6], [0.0, 0.8]])
    assert to_dual_cone(units, np.array([1.0, 0.0])) == pytest.approx([0, 0.6])  # (1, 0) + 0.6 (-0.6, 0.8)
    assert to_dual_cone(units, np.array([1.0, 2.0])) == pytest.approx([0, 0])  # is there already
    assert to_dual_cone(units, np.array([0.0, -1.0])) == pytest.approx([0.75, 1.25])  # to 0: all of it


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_nearest_point_of_the_dual_cone_is_reached(data):
    """Moreau: it is in the dual cone, what was added is in the cone, and the two are orthogonal."""
    wide = data.draw(st.integers(1, 5))
    columns = data.draw(arrays(np.float64, (wide, data.draw(st.integers(1, 8))), elements=SMALL))
    assume(columns.any(axis=0).all())
    units, point = columns / np.linalg.norm(columns, axis=0), data.draw(arrays(np.float64, wide, elements=SMALL))
    added = to_dual_cone(units, point)
    assert added.min() >= 0
    assert (units.T @ (point + units @ added)).min() >= -1e-9
    assert (units @ added) @ (point + units @ added) == pytest.approx(0, abs=1e-8)
