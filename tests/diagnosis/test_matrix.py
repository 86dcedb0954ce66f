"""All checks on the plant of each: a check speaks on its own, and on another's only where crosstalk.py says why.

pytest tests/diagnosis/test_matrix.py -s        # prints the matrix
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import check_module
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.finding import Finding

from .cases import found, healthy
from .crosstalk import CROSSTALK, UNFIT
from .test_checks import IDS, RUNNING, plants

CHECKS = [check_module(id).CHECK for id in RUNNING]


@cache
def planted(id: str) -> Case:
    module = plants(id)
    return module.plant(healthy(module.BASE))


def alarms(case: Case, unfit: Collection[str] = ()) -> dict[str, list[Finding]]:
    """Warnings and errors of a case by id, of all checks but the unfit."""
    said = {}
    for check in CHECKS:
        if check.id not in unfit and check.why_not(case) is None:
            try:
                said[check.id] = [one for one in found(check, case) if one.severity != "note"]
            except NotCheckedError:
                continue
    return {id: findings for id, findings in said.items() if findings}


@cache
def of_plant(id: str) -> dict[str, list[Finding]]:
    return alarms(planted(id), UNFIT.get(id, {}))


def verdicts(id: str, case: Case) -> set[tuple[str, str | None, str | None]]:
    """What a check says of a case: how bad, of which task and split."""
    return {(one.severity, one.scope.task, one.scope.split) for one in found(check_module(id).CHECK, case)}


def test_table_names_checks():
    assert set(CROSSTALK) <= set(RUNNING)
    assert {id for others in CROSSTALK.values() for id in others} <= set(IDS)
    assert not [id for id, others in CROSSTALK.items() if id in others]


@pytest.mark.parametrize("id", RUNNING)
def test_no_check_steals_another_ones_plant(id):
    said = of_plant(id)
    others = {other: [one.what for one in said[other]] for other in said if other != id}
    declared = CROSSTALK.get(id, {})
    assert others.keys() == declared.keys(), f"{id}: not as declared in crosstalk.py: {others}"


def test_print_matrix():
    """One line for each plant: its own severity, and who else speaks."""
    print()
    for id in RUNNING:
        said = of_plant(id)
        own = said[id][0].severity if id in said else "note only" if found(check_module(id).CHECK, planted(id)) else "-"
        print(f"{id:26} {own:9} {', '.join(other for other in said if other != id)}")
    assert sum(len(of_plant(id)) for id in RUNNING) >= len(CROSSTALK)


@pytest.mark.parametrize("id", RUNNING)
def test_order_of_tasks_does_not_matter(id):
    case = planted(id)
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    assert verdicts(id, turned) == verdicts(id, case)


@pytest.mark.parametrize("id", RUNNING)
def test_name_of_the_run_does_not_matter(id):
    case = planted(id)
    assert verdicts(id, replace(case, origin="runs/another name")) == verdicts(id, case)
