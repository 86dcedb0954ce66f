"""Vectors known by their inner products only: their hull's shortest point, and where a point meets their dual cone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Array = NDArray[np.float64]

_RIDGE = 1e-10  # on each vector's square
_NOISE = 1e-14  # a length below this share of the longest is zero


def lengths_and_cosines(gramian: Array) -> tuple[Array, Array]:
    """Lengths (task,) and cosines (task, task) of vectors, none zero. What is scaled by the lengths stays exact where
    one vector is a million times another, which the Gramian's own eigenvalues do not."""
    lengths = np.sqrt(gramian.diagonal())
    cosines = np.clip(gramian / np.outer(lengths, lengths), -1.0, 1.0)
    np.fill_diagonal(cosines, 1.0)
    return lengths, cosines


def unit_vectors(cosines: Array) -> Array:
    """Columns (coordinate, task) that have these cosines, with a ridge of 1e-10 on their squares.

    It makes the weights below single-valued where vectors depend on each other, and keeps them under 1e5 where vectors
    are opposite but for rounding; no product changes by more than 1e-10 of the lengths that are added up.
    """
    values, basis = np.linalg.eigh(cosines)
    columns: Array = np.sqrt(np.maximum(values, 0.0) + _RIDGE)[:, None] * basis.T
    return columns


def shortest(columns: Array) -> Array:
    """Weights (task,), at least 0 and with sum 1, of the shortest point in the hull of the columns.

    With u >= 0, |A u|^2 + (1 - sum u)^2 is least at a multiple of it: t p with p in the simplex costs
    |A p|^2 / (1 + |A p|^2) at its best t.
    """
    lengths = np.linalg.norm(columns, axis=0)
    least = lengths.min()
    if least <= _NOISE * lengths.max():
        return np.asarray(np.arange(len(lengths)) == lengths.argmin(), dtype=np.float64)
    target = np.append(np.zeros(len(columns)), 1.0)
    weights = _least_squares(np.vstack([columns / lengths, least / lengths]), target) / lengths
    shares: Array = weights / weights.sum()
    return shares


def to_dual_cone(units: Array, point: Array) -> Array:
    """Multiples >= 0 (task,) of the unit columns that take the point to the nearest one where none of them is at an
    obtuse angle (Moreau: what is added is the nearest point of their cone to minus the point)."""
    return _least_squares(units, -point)


def _least_squares(rows: Array, target: Array) -> Array:
    found: Array = nnls(rows, target, maxiter=100 * rows.shape[1])[0]
    return found
