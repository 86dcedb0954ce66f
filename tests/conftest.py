"""No test reads or fills the user's cache of conversions."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of conversions for each test."""
    folder = tmp_path_factory.mktemp("cache") / "polyhead"
    monkeypatch.setenv("POLYHEAD_CACHE", str(folder))
    monkeypatch.delenv("POLYHEAD_CACHE_GB", raising=False)
    return folder
