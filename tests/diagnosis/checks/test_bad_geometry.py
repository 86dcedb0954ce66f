"""Maps of sensors: a square, a hexagonal and a cylindrical grid, right and scrambled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.bad_geometry import CHECK, measure
from polyhead.trace.profile import Geometry

from ..cases import Row, fires, found, healthy
from ..profiles import with_profile

BASE = "detector"


def grid(rows, columns, gap=(1.0, 1.0)):
    """Positions of a square grid, row by row."""
    at = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1).reshape(-1, 2)
    return at * np.array(gap)


def cylinder(rows=24, columns=9):
    """Sensors on a third of a cylinder of radius 106 cm: 24 in angle, 9 along it, as a calorimeter's outer face."""
    angle, along = np.meshgrid(np.linspace(2.09, 4.19, rows), np.linspace(-41.4, 41.4, columns), indexing="ij")
    return np.stack([106.27 * np.cos(angle), 106.27 * np.sin(angle), along], axis=-1).reshape(-1, 3)


def pairs(rows, columns, diagonal=False):
    """Neighbours of a map of rows x columns, by index."""
    index = np.arange(rows * columns).reshape(rows, columns)
    found = [*zip(index[:-1].ravel(), index[1:].ravel(), strict=True)]
    found += zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True)
    if diagonal:
        found += zip(index[:-1, :-1].ravel(), index[1:, 1:].ravel(), strict=True)
        found += zip(index[:-1, 1:].ravel(), index[1:, :-1].ravel(), strict=True)
    return found


def hexagonal(rows=8, columns=8):
    at = grid(rows, columns)
    at[:, 1] += 0.5 * (at[:, 0] % 2)
    at[:, 0] *= np.sqrt(3) / 2
    return at


def hex_pairs(rows=8, columns=8, shifted=0):
    """Six neighbours; `shifted` moves those of the row above by one sensor."""
    index = np.arange(rows * columns).reshape(rows, columns)
    found = list(zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True))
    for row in range(rows - 1):
        for side in (-1, 0) if row % 2 == 0 else (0, 1):
            for column in range(columns):
                other = column + side + shifted
                if 0 <= other < columns:
                    found.append((index[row, column], index[row + 1, other]))
    return found


def placed(positions, neighbours):
    geometry = Geometry(np.asarray(positions, float).tolist(), [[int(a), int(b)] for a, b in neighbours])
    return lambda case: with_profile(case, geometry=geometry)


def plant(case: Case) -> Case:
    """A map of 9 x 24 where the sensors stand 24 x 9, as in a published calorimeter."""
    return placed(cylinder(), pairs(9, 24))(case)


RNG = np.random.default_rng(1)
ROWS: tuple[Row, ...] = (
    ("reshaped", plant, True, "9 x 24 for 24 x 9"),
    ("hexagonal, shifted row", placed(hexagonal(), hex_pairs(shifted=1)), True, "sqrt(3) pitches, one between"),
    ("pair without position", placed(grid(4, 4), [*pairs(4, 4), (3, 99)]), True, "sensor 99 is nowhere"),
    ("cylinder", placed(cylinder(), pairs(24, 9)), False, "right map"),
    ("hexagonal", placed(hexagonal(), hex_pairs()), False, "right map"),
    ("with diagonals", placed(grid(8, 8), pairs(8, 8, diagonal=True)), False, "corners lie on the ball"),
    ("long cells", placed(grid(12, 4, (1.0, 10.0)), pairs(12, 4)), False, "five pitches, none between"),
    ("two faces", placed(np.r_[grid(5, 5), 50 + grid(5, 5, (10.0, 10.0))],
                         [*pairs(5, 5), *((a + 25, b + 25) for a, b in pairs(5, 5))]), False, "each its own pitch"),
    ("jitter", placed(grid(8, 8) + 0.1 * RNG.normal(size=(64, 2)), pairs(8, 8)), False, "mounted by hand"),
    ("seam", placed(grid(12, 12), [*pairs(12, 12), (0, 11)]), False, "one pair: a note"),
    ("healthy", lambda case: case, False, "no geometry"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_reshaped_map_is_an_error():
    """Distances from numpy: the farthest declared pair is 83 cm apart, as published, where the pitch is about 10."""
    at, map_ = cylinder(), np.array(pairs(9, 24))
    farthest = np.linalg.norm(at[map_[:, 0]] - at[map_[:, 1]], axis=1).max()
    assert farthest > 82
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.severity == "error"
    (geometry,) = measure(plant(healthy(BASE)))
    assert geometry.largest > 3


def test_hexagonal_pairs_by_hand():
    """A right map has no sensor between a pair; of a row shifted by one, half the pairs between rows skip one."""
    (right,) = measure(placed(hexagonal(), hex_pairs())(healthy(BASE)))
    assert (right.skipped, right.largest) == (0, pytest.approx(1.0))
    (wrong,) = measure(placed(hexagonal(), hex_pairs(shifted=1))(healthy(BASE)))
    between_rows = sum(1 for a, b in hex_pairs(shifted=1) if a // 8 != b // 8)
    assert wrong.skipped == pytest.approx(between_rows / 2, abs=4)


def test_pitch_is_of_as_many_neighbours_as_are_declared():
    """Eight neighbours: the eighth nearest is sqrt(2) away, as a diagonal is; four in long cells: 10 over 2."""
    (square,) = measure(placed(grid(8, 8), pairs(8, 8, diagonal=True))(healthy(BASE)))
    (cells,) = measure(placed(grid(12, 4, (1.0, 10.0)), pairs(12, 4))(healthy(BASE)))
    assert square.largest == pytest.approx(1.0)
    assert cells.largest > 3
    assert (cells.skipped, cells.far) == (0, 0)


@pytest.mark.parametrize("unit", [1e-3, 10.0])
def test_units_and_order_do_not_matter(unit):
    case = plant(healthy(BASE))
    order = np.random.default_rng(0).permutation(216)
    was = np.argsort(order)
    geometry = case.profile.geometry
    turned = Geometry(
        [[unit * x for x in geometry.positions[i]] for i in order],
        [[int(was[b]), int(was[a])] for a, b in geometry.neighbours],
    )
    one, other = (next(iter(measure(with_profile(case, geometry=g)))) for g in (geometry, turned))
    assert replace(other, at=one.at, largest=0.0) == replace(one, largest=0.0)
    assert other.largest == pytest.approx(one.largest)
