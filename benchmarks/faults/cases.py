"""All cases of the benchmark, in the order in which they are made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from faults.case import BenchCase, Looked, Made
from faults.decoys import DECOYS, Decoy
from faults.families import FAULTS
from faults.fault import Fault
from faults.recipe import Recipe
from faults.recipes import drawn
from faults.running import checked, trained

PAIRS, FEWEST = 10, 4
"""Pairs of each dose, shared out over the recipes of its fault; each recipe has at least so many."""
STATIC = 2
"""Seeds of a fault that only configuration and data show."""


def healthy(recipes: Sequence[str], seeds: int) -> Iterator[BenchCase]:
    """So many runs of each recipe of which nothing is wrong."""
    for name in recipes:
        for seed in range(seeds):
            yield BenchCase(f"healthy-{name}-{seed}", "healthy", name, seed, _healthy(name, seed))


def decoys(recipes: Sequence[str], seeds: int) -> Iterator[BenchCase]:
    """So many of each decoy."""
    for one in DECOYS:
        for seed in range(seeds if one.recipe in recipes else 0):
            yield BenchCase(f"decoy-{one.name}-{seed}", "decoy", one.recipe, seed, _decoy(one, seed))


def faulty(twins: Mapping[str, Sequence[int]], pairs: int = PAIRS) -> list[BenchCase]:
    """Each fault and dose on the seeds whose healthy run met the criteria, `twins` by recipe; recipes without any are
    left out. One seed of all comes before the next, so that what is there after a while says something of everything.
    """
    ranked = [
        (rank, BenchCase(f"{fault.name}-{name}-{dose}-{seed}", "fault", name, seed, made, fault, dose))
        for fault in FAULTS
        for name, each in shares(fault, twins, pairs).items()
        for dose, value in fault.dosed()
        for rank, seed in enumerate(twins[name][:each])
        for made in [_faulty(fault, name, value, seed)]
    ]
    return [case for _, case in sorted(ranked, key=lambda one: one[0])]


def shares(fault: Fault, twins: Mapping[str, Sequence[int]], pairs: int) -> dict[str, int]:
    """How many seeds of each recipe a fault is planted on."""
    recipes = [name for name in fault.harms if twins.get(name)]
    each = max(FEWEST, math.ceil(pairs / max(1, len(recipes)))) if fault.reach == "run" else STATIC
    return dict.fromkeys(recipes, each)


def planted(fault: Fault, recipe: str, value: Any, seed: int) -> Recipe:
    """A recipe with a fault."""
    found = drawn(recipe, seed)
    fault.plant(found, value)
    return found


def _healthy(name: str, seed: int) -> Made:
    return lambda folder: trained(drawn(name, seed), folder)


def _decoy(one: Decoy, seed: int) -> Made:
    return lambda folder: trained(one.made(seed), folder)


def _faulty(fault: Fault, recipe: str, value: Any, seed: int) -> Made:
    def make(folder: Path) -> Looked:
        made = planted(fault, recipe, value, seed)
        return trained(made, folder) if fault.reach == "run" else checked(made)

    return make
