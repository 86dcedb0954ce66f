"""The catalogue of planted faults: what is declared exists, and every plant changes what it is planted in."""

from __future__ import annotations

import pytest

from faults.cases import planted, shares
from faults.families import FAULTS
from faults.loops.faults import FAULTS as LOOPS
from faults.recipes import RECIPES, drawn
from faults.tables import TABLES
from polyhead.diagnosis.catalogue import GROUPS

EVERY = (*FAULTS, *LOOPS, *(fault for _, fault in TABLES))
IDS = {id for ids in GROUPS.values() for id in ids}
CHEAP = [(fault, recipe) for fault in FAULTS for recipe in ("ph", "turbine") if recipe in fault.harms]


def test_names_are_unique() -> None:
    assert len({fault.name for fault in EVERY}) == len(EVERY)


@pytest.mark.parametrize("fault", EVERY, ids=lambda one: one.name)
def test_what_is_declared_exists(fault) -> None:
    assert fault.accepted <= IDS
    assert len(fault.doses) == 3
    assert fault.fixes
    assert set(fault.harms) <= {*RECIPES, "loop", "table"}
    if fault.reach == "run":
        assert all(fault.harms.values()), "harm needs a task to be measured on"


@pytest.mark.parametrize(("fault", "recipe"), CHEAP, ids=lambda one: getattr(one, "name", one))
def test_plant_changes_the_recipe_and_keeps_rows_together(fault, recipe: str) -> None:
    sound, sick = drawn(recipe, 3), planted(fault, recipe, fault.doses[-1], 3)
    assert sick.digest() != sound.digest()
    assert {len(values) for values in sick.arrays.values()} == {len(sick.arrays["x"])}
    assert all(len(values) == len(sick.arrays["x"]) for values in sick.clean.values())


def test_the_same_seed_draws_the_same() -> None:
    assert drawn("ph", 5).digest() == drawn("ph", 5).digest() != drawn("ph", 6).digest()


def test_a_dose_has_ten_pairs_over_its_recipes() -> None:
    twins = {name: list(range(20)) for name in RECIPES}
    for fault in FAULTS:
        if fault.reach == "run":
            assert sum(shares(fault, twins, 10).values()) >= 10
