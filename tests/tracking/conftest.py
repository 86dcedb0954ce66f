"""One MLflow store for all tests, in experiments of their own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that the first run makes, which takes MLflow two seconds or more."""
    return tmp_path_factory.mktemp("mlflow") / "runs.db"
