"""No test reads or fills the user's cache of conversions; modules that share costly runs stay on one worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/api/test_estimator.py",
    "tests/cli/test_commands.py",
    "tests/report/test_browser.py",
    "tests/studies/bearings/test_reported.py",
    "tests/training/test_exported.py",
    "tests/training/test_monitor.py",
    "tests/training/test_ranks.py",
    "tests/training/test_resume.py",
)
"""Modules whose fixtures train for several seconds: dealt out test by test, both workers would train the same."""
IN_ORDER = ("tests/signals/", "tests/tasks/", "tests/studies/", "tests/diagnosis/checks/", "tests/cli/test_init.py")
"""Modules whose tests draw from one generator, one after another: in order, each has the same numbers every time."""


class Together(LoadScopeScheduling):
    """Each module of `TOGETHER` and of `IN_ORDER` goes to one worker; every other test to whichever is free."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in TOGETHER or module.startswith(IN_ORDER) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    return Together(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of conversions for each test."""
    folder = tmp_path_factory.mktemp("cache") / "polyhead"
    monkeypatch.setenv("POLYHEAD_CACHE", str(folder))
    monkeypatch.delenv("POLYHEAD_CACHE_GB", raising=False)
    return folder
