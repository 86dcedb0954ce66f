"""What every check does alike: speaks on its plant, is silent on healthy runs, says what it lacks, documents itself."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import GROUPS, all_checks, check_module
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.page import HEADINGS

from .cases import NAMES, found, healthy

IDS = [id for ids in GROUPS.values() for id in ids]
WAITING = ("trials", "runs")
"""Parts that only triage brings."""


def waits(id: str) -> bool:
    return any(part in WAITING for part in check_module(id).CHECK.needs)


RUNNING = [id for id in IDS if not waits(id)]


@cache
def plants(id: str) -> ModuleType:
    """The test module of a check, which holds its BASE and plant."""
    path = Path(__file__).parent / "checks" / f"test_{id.replace('-', '_')}.py"
    name = f"{__package__}.checks.{path.stem}" if __package__ else path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_catalogue_is_the_folder():
    folder = Path(check_module(IDS[0]).__file__).parent
    assert sorted(id.replace("-", "_") for id in IDS) == sorted(p.stem for p in folder.glob("[a-z]*.py"))
    assert len(IDS) == len(set(IDS)) == 71  # 70 rows; exploding and vanishing gradients share one


@pytest.mark.parametrize("id", IDS)
def test_module_is_named_for_its_id_and_documented(id):
    check = check_module(id).CHECK
    assert check.id == id
    assert tuple(check.page.sections) == HEADINGS
    assert set(check.explains) <= set(IDS) - {id}


@pytest.mark.parametrize("id", RUNNING)
def test_speaks_on_its_own_plant(id):
    module = plants(id)
    findings = found(check_module(id).CHECK, module.plant(healthy(module.BASE)))
    assert findings
    for one in findings:
        assert one.evidence
        assert one.what
        assert one.fixes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("id", RUNNING)
def test_silent_on_healthy_runs(id, name):
    check, case = check_module(id).CHECK, healthy(name)
    if check.why_not(case) is None:
        try:
            assert [one.what for one in found(check, case) if one.severity != "note"] == []
        except NotCheckedError:
            return


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_says_what_it_lacks(check):
    """Of a case that holds nothing nothing is said but why."""
    assert check.why_not(Case(origin="an empty log", tasks={}))
