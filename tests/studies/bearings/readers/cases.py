"""Tiny folders in the published layouts, and where the real recordings lie."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.source import Source
from polyhead.studies.bearings import STUDY

ROOT = Path(__file__).parents[4]
SHARED = ROOT.parent / "shared" / "data"


def needs(folder: str) -> pytest.MarkDecorator:
    """Skips where the recordings of shared/data are not beside the project."""
    return pytest.mark.skipif(not (SHARED / folder).exists(), reason=f"shared/data/{folder} is not here")


def read(reader: str, path: Path, **options: Any) -> Source:
    """What the study's reader brings, called as the library calls it."""
    data = DataOptions.model_validate({"reader": reader, "path": str(path), "options": options})
    return STUDY.readers()[reader].read(data)


def refused(call: Callable[[], Any], *words: str) -> None:
    """`call` raises a one-line InputError that holds every one of `words`."""
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert re.search(word, caught.value.line), f"{word!r} is not in {caught.value.line!r}"
    assert "\n" not in caught.value.line


def mat(folder: Path, name: str, **variables: Any) -> Path:
    """A .mat file; a list becomes a column, as in CWRU's."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {key: np.asarray(value, dtype=np.float64).reshape(-1, 1) for key, value in variables.items()})
    return path


def snapshots(folder: Path, names: list[str], lines: list[str]) -> Path:
    """Csv files of the same lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("\n".join(lines) + "\n")
    return folder
