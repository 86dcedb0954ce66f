"""Two runs of one data set, of which one is better at one of its tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from .compared import alarms, changed, loads, write_compared


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_compared(tmp_path / "good", load=loads(1.0), bad=alarms(2.0))


@pytest.fixture
def poor(tmp_path: Path) -> Path:
    config = changed("train.lr", 0.5)
    return write_compared(tmp_path / "poor", load=loads(2.5), bad=alarms(1.9, seed=8), config=config)
