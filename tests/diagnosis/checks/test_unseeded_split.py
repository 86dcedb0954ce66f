"""A split that changes when it is made again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.unseeded_split import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def with_split(case: Case, **values) -> Case:
    return replace(case, profile=replace(case.profile, split=replace(case.profile.split, **values)))


def plant(case: Case) -> Case:
    """Nothing but the draw: all counts stay as they were."""
    return with_split(case, repeatable=False, seed=None)


ROWS: tuple[Row, ...] = (
    ("drawn anew", plant, True, "another split when made again"),
    (
        "seeded, reader out of order",
        lambda case: with_split(case, repeatable=False),
        True,
        "no promise kept",
    ),
    (
        "no seed, but given",
        lambda case: with_split(case, seed=None),
        False,
        "a column names the parts",
    ),
    ("another seed", lambda case: with_split(case, seed=0), False, "0 is a seed"),
    ("healthy", lambda case: case, False, "equal when made again"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_not_made_again_is_not_passed():
    with pytest.raises(NotCheckedError, match="second time"):
        list(measure(with_split(healthy(BASE), repeatable=None)))


def test_counts_and_names_do_not_matter():
    """Ten times the windows of other tasks: the same verdict."""
    case = plant(healthy(BASE))
    more = with_split(case, windows={name: 10 * n for name, n in case.profile.split.windows.items()})
    assert found(CHECK, more)[0].severity == found(CHECK, case)[0].severity == "warning"


def test_example_of_the_page():
    """Of 200 validation windows out of 1000, 800 x 0.2 = 160 train in an independent second draw."""
    rng = np.random.default_rng(0)
    first = rng.permutation(1000)[800:]
    shared = [np.isin(first, rng.permutation(1000)[:800]).sum() for _ in range(200)]
    assert np.mean(shared) == pytest.approx(160, abs=2)
