"""Declared neighbours that are not neighbours in space.

What it finds
    A map of sensors, or a list of neighbours, that joins sensors with others between them.

Why it matters
    Convolutions over a face and messages over a graph assume that what is adjacent in the map is adjacent in space. A
    reshape in the wrong order, or an offset of a hexagonal row the wrong way, makes the network average sensors from
    opposite ends: it trains, and its resolution is lost for good.

Evidence
    For each declared pair its distance over the local pitch, which is the distance from a sensor to its k-th nearest
    where it declares k neighbours; and whether another sensor lies between the two (within nine tenths of half their
    distance around their middle). No unit, and no pitch common to all faces, is assumed.

Remedy
    Neighbours computed from positions, with a test of distances that a scrambled map fails.

When it can be wrong
    Maps that join the far ends of a strip on purpose (a ring that was cut open) have a few long pairs, which are noted.
    A k-nearest graph with a large k joins sensors with others between them by intent.

Example
    9 x 24 sensors at a pitch of 10 cm, index 9 x row + column, read as 24 columns of 9: a declared pair may join the
    last of one row with the first of the next, 8 pitches apart. In a hexagonal grid of pitch 1 the next but one
    neighbour lies at sqrt(3) = 1.73; the middle of the pair is 0.5 from two other sensors, nearer than 0.9 x 0.87.

References
    Gabriel and Sokal, Systematic Zoology 1969: two points are neighbours where no other lies in the ball between them.
    A published calorimeter map of 9 x 24 photomultipliers, joined up to 83 cm apart at a pitch of 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

FAR = 3.0
"""Pitches: no grid in use has neighbours so far apart."""
FAR_SHARE = 0.01
"""Share of far pairs that no seam of a ring explains."""
SKIPPED = 0.05
"""Share of pairs with a sensor between them, from which it is no irregular corner."""
PAIRS = 3
"""Fewer wrong pairs are noted only."""
CORE = 0.9
"""Share of the ball between a pair that has to be free: diagonals of a square have their corners at 1."""


@dataclass(frozen=True)
class Map:
    """Declared pairs: how many, how many skip a sensor, how many of these are farther than FAR pitches, the largest
    distance in pitches with its pair, and how many are declared but have no position."""

    pairs: int
    skipped: int
    far: int
    largest: float
    at: tuple[int, int]
    unknown: int


def measure(case: Case) -> Iterator[Map]:
    """All declared pairs."""
    geometry = case.profile.geometry if case.profile else None
    if geometry is None or not geometry.neighbours:
        raise NotCheckedError("no neighbours are declared")
    positions = np.asarray(geometry.positions, dtype=float)
    pairs = np.asarray(geometry.neighbours, dtype=int).reshape(-1, 2)
    known = ((pairs >= 0) & (pairs < len(positions))).all(axis=1) & (pairs[:, 0] != pairs[:, 1])
    unknown = int((~known).sum())
    pairs = np.unique(np.sort(pairs[known], axis=1), axis=0)
    if not len(pairs):
        raise NotCheckedError("no declared neighbour has a position")
    distance = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
    pitches, between = _pitches(positions, pairs, distance), _between(positions, pairs, distance)
    at = int(pitches.argmax())
    yield Map(
        len(pairs),
        int(between.sum()),
        int((between & (pitches > FAR)).sum()),
        float(pitches[at]),
        (int(pairs[at, 0]), int(pairs[at, 1])),
        unknown,
    )


def _pitches(
    positions: NDArray[np.float64], pairs: NDArray[np.int_], distance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of each pair over the larger local pitch of its two sensors."""
    from scipy.spatial import KDTree

    degree = np.bincount(pairs.ravel(), minlength=len(positions))
    most = min(int(degree.max()), len(positions) - 1)
    near = KDTree(positions).query(positions, k=most + 1)[0]
    pitch = near[np.arange(len(positions)), np.minimum(degree, most)]
    local = np.maximum(pitch[pairs[:, 0]], pitch[pairs[:, 1]])
    found: NDArray[np.float64] = np.divide(distance, local, out=np.zeros_like(distance), where=local > 0)
    return found


def _between(
    positions: NDArray[np.float64], pairs: NDArray[np.int_], distance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a third sensor lies in the core of the ball between a pair."""
    from scipy.spatial import KDTree

    middle = (positions[pairs[:, 0]] + positions[pairs[:, 1]]) / 2
    nearest = KDTree(positions).query(middle, k=1)[0]
    found: NDArray[np.bool_] = nearest < CORE * distance / 2
    return found


def judge(geometry: Map) -> Finding | None:
    """An error for far pairs beyond what a seam explains, a warning for pairs that skip a sensor, a note for a few."""
    if not geometry.skipped and not geometry.unknown:
        return None
    far, skipped = geometry.far / geometry.pairs, geometry.skipped / geometry.pairs
    if geometry.far >= PAIRS and far >= FAR_SHARE:
        severity: Severity = "error"
    else:
        severity = "warning" if geometry.unknown or (geometry.skipped >= PAIRS and skipped >= SKIPPED) else "note"
    a, b = geometry.at
    unknown = f"; {geometry.unknown} declared pairs have no position" if geometry.unknown else ""
    return Finding(
        severity=severity,
        what=f"{geometry.skipped} of {geometry.pairs} declared neighbours have another sensor between them,"
        f" {geometry.far} of these are more than {FAR:g} pitches apart (farthest pair: {a} and {b},"
        f" {geometry.largest:.2g}){unknown}",
        scope=Scope(key="data"),
        evidence=(
            Fact("share of pairs with a sensor between them", skipped, threshold=SKIPPED),
            Fact("share of pairs that are far", far, threshold=FAR_SHARE, source=f"more than {FAR:g} pitches"),
            Fact("largest distance, pitches", geometry.largest, threshold=FAR, window=f"sensors {a} and {b}"),
        ),
        alternatives=(
            Alternative("ignores-input", "permute the sensors: a network that never used the map scores the same"),
        ),
        fixes=(
            Fix("compute neighbours from the positions, not from the index", {}, "no pair has a sensor between them"),
            Fix("swap the two lengths of the reshape that makes the map", {}, "largest distance near one pitch"),
        ),
    )


CHECK = Check(
    id="bad-geometry",
    needs=("profile.geometry",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
