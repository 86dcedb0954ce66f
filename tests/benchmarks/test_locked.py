"""A check that starts or stops firing on the locked subset of the fault benchmark is seen here.

Where that is meant, `python benchmarks/planted.py --hold` writes tests/benchmarks/locked/verdicts.json anew, and the
change is reviewed with it; `--lock` stores the runs anew too.
"""

from __future__ import annotations

import pytest

from faults import locked

HELD = locked.held()


@pytest.mark.parametrize("name", sorted(HELD))
def test_verdict_is_the_held_one(name: str) -> None:
    assert locked.look(name) == HELD[name]


def test_every_case_is_held() -> None:
    assert set(locked.names()) == set(HELD)


def test_subset_holds_faults_healthy_runs_and_decoys() -> None:
    assert len([name for name in HELD if not name.startswith(("frozen-", "decoy-", "table-healthy"))]) >= 10
    assert len([name for name in HELD if name.startswith(("frozen-", "table-healthy"))]) >= 4
    assert len([name for name in HELD if name.startswith("decoy-")]) >= 2


def test_what_is_wrong_is_said_and_nothing_of_what_is_right() -> None:
    quiet = [name for name in HELD if name.startswith(("frozen-", "decoy-", "table-healthy"))]
    assert {name: HELD[name] for name in quiet if HELD[name]} == {}
    assert not [name for name in HELD if name not in quiet and not HELD[name]]
