"""Small data sets that the tests change in one place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source
from polyhead.signals.windows import WindowSet


def options(**data: Any) -> DataOptions:
    """A data block."""
    return DataOptions.model_validate({"reader": "npz"} | data)


def source(inputs: dict[str, Any], columns: dict[str, Any] | None = None, sampled: bool = False) -> Source:
    """What a reader would bring; channels are called 0, 1, ..."""
    arrays = {
        name: InputArray(np.asarray(values), tuple(str(i) for i in range(np.shape(values)[1])))
        for name, values in inputs.items()
    }
    return Source(arrays, {key: np.asarray(column) for key, column in (columns or {}).items()}, sampled=sampled)


def rows(columns: dict[str, Any], signal: Any = None, horizon: int = 0, **data: Any) -> WindowSet:
    """Windows of rows: of `signal` (row, channel, time), or of one number per row."""
    count = len(next(iter(columns.values()))) if columns else len(signal)
    values = np.arange(float(count))[:, None] if signal is None else signal
    return assemble(options(**data), source({"signal": values}, columns), horizon)


def samples(length: int, stride: int, values: Any, columns: dict[str, Any], horizon: int = 0, **data: Any) -> WindowSet:
    """Windows along a table of samples, (sample, channel)."""
    brought = source({"signal": values}, columns, sampled=True)
    return assemble(options(window={"length": length, "stride": stride}, **data), brought, horizon)


def refused(call: Callable[[], Any], *words: str) -> InputError:
    """The one-line error that `call` raises, which holds every one of `words`."""
    with pytest.raises(InputError) as caught:
        call()
    for word in words:
        assert re.search(word, caught.value.line), f"{word!r} is not in {caught.value.line!r}"
    assert "\n" not in caught.value.line
    return caught.value


def write(path: Path, arrays: dict[str, Any]) -> Path:
    """The arrays as a file of the kind that `path` ends in."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".csv":
        polars.DataFrame(arrays).write_csv(path)
    else:
        polars.DataFrame(arrays).write_parquet(path)
    return path
