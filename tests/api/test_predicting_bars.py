"""Predictions on bars with gaps, and where in time they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from polyhead import api

DAY = 86_400
SERIES = ("one", "two", "three", "four", "five", "six")
LENGTH = 20
READER = """
import numpy as np
import polars
from polyhead.signals.source import InputArray, Source

def read(data):
    table = polars.read_csv(data.path)
    columns = {name: table[name].to_numpy() for name in ("time", "expansion")}
    columns["series"] = np.array(table["series"].to_list())
    signal = InputArray(table.select("close").to_numpy(), ("close",), flat=True)
    return Source({"signal": signal}, columns, sampled=True)
"""


def write_bars(path: Path, seed: int, series: tuple[str, ...] = SERIES) -> Path:
    """60 bars of noise on working days for each series; in each window of 20 some bars are marked, and higher."""
    rng = np.random.default_rng(seed)
    marks = np.repeat([0, 1] * 3 + [0], [4, 6, 12, 8, 15, 5, 10])
    parts = []
    for number, name in enumerate(series):
        days = np.datetime64("2001-01-01") + 365 * number + np.arange(100)
        time = days[np.is_busday(days)][:60].astype("datetime64[s]").astype(np.int64)
        bars = {"time": time, "close": rng.normal(0, 1, 60) + 3 * marks, "expansion": marks}
        parts.append(polars.DataFrame({"series": [name] * 60} | bars))
    polars.concat(parts).write_csv(path)
    return path


def config(file: Path) -> dict[str, Any]:
    return {
        "name": "bars",
        "data": {
            "reader": "own_bars:read",
            "path": str(file),
            "targets": {"expansion": {"key": "expansion", "axes": ["window", "time"], "unit": "bars"}},
            "group": "series",
            "time": "time",
            "window": {"length": LENGTH, "stride": LENGTH},
        },
        "tasks": {
            "span": {"kind": "span", "target": "expansion"},
            "ptr": {"kind": "pointers", "target": "expansion"},
            "until": {"kind": "countdown", "target": "expansion"},
        },
        "model": {"backbone": {"name": "bilstm", "hidden": 4}},
        "train": {"epochs": 1, "batch_size": 8, "device": "cpu"},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("bars")
    (folder / "own_bars.py").write_text(READER)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        file = write_bars(folder / "train.csv", 0)
        yield api.train(config(file), out=folder / "runs", report=False, diagnosis=False).folder


def test_every_predicted_bar_is_found_again(run: Path, tmp_path: Path) -> None:
    """Windows keep to their series, and weekends lie between bars, so that no step tells the time."""
    file = write_bars(tmp_path / "new.csv", 1, SERIES[:2])
    assert api.predict(run, file, tmp_path / "found.parquet") == 6
    bars, found = polars.read_csv(file), polars.read_parquet(tmp_path / "found.parquet")
    assert found.columns[:4] == ["recording", "index", "time_first", "time_last"]
    assert found["recording"].to_list() == ["one"] * 3 + ["two"] * 3
    weekends = 0
    for row in found.iter_rows(named=True):
        stamps = bars.filter(polars.col("series") == row["recording"])["time"].to_list()
        first = stamps.index(row["time_first"])
        window = stamps[first : first + LENGTH]
        assert window[-1] == row["time_last"]
        weekends += window[-1] - window[0] > LENGTH * DAY
        ends = [window[min(max(round(row[f"ptr.pred.{end}"]), 0), LENGTH - 1)] for end in (0, 1)]
        assert [row["ptr.time.0"], row["ptr.time.1"]] == ends
        marks = "".join(str(row[f"span.pred.{i}"]) for i in range(LENGTH))
        longest = max(marks.split("0"), key=len)
        begins = marks.find(longest) if longest else -1
        span = [row["span.time.0"], row["span.time.1"]]
        assert np.isnan(span).all() if begins < 0 else span == [window[begins], window[begins + len(longest) - 1]]
        assert not any(name.startswith("until.time") for name in row)
    assert weekends == 6


def test_a_run_saves_the_times_of_its_own_windows(run: Path) -> None:
    saved = polars.read_parquet(run / "predictions" / "test.parquet")
    assert {"time_first", "time_last", "ptr.time.0", "ptr.time.1", "span.time.0", "span.time.1"} <= set(saved.columns)
