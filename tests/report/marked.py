"""A run folder of tasks on marked bars: where a span lies, its ends, and the bars until it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from .folders import score, write_json

KINDS = {"span": ("span", "f1"), "ptr": ("pointers", "boundary_mae"), "countdown": ("countdown", "mae")}
CLIP = 20
CONFIG = """\
name: marked
tasks:
  span: {kind: span, target: expansion}
  ptr: {kind: pointers, target: expansion}
  countdown: {kind: countdown, target: expansion}
"""


def write_marked(folder: Path, windows: int = 40, bars: int = 105, skill: float = 0.8) -> Path:
    """A finished run whose span in a window of `bars` is found with a given `skill`, from 0 to 1."""
    write_json(folder, "state", {"status": "finished"})
    tasks = {task: {"kind": kind, "primary": primary, "weight": 1} for task, (kind, primary) in KINDS.items()}
    write_json(folder, "metadata", {"tasks": tasks})
    write_json(folder, "data", {"targets": {task: {} for task in KINDS}, "windows": {"length": bars}})
    test: dict[str, Any] = {
        "span": {"f1": score(0.62, 0.1345, primary=True), "separation": score(0.4, 0.0)},
        "ptr": {"boundary_mae": score(2.9, 21.0, primary=True, direction="lower", best=0.0, unit="samples")},
        "countdown": {"mae": score(5.3, 9.1, primary=True, direction="lower", best=0.0, unit="samples")},
    }
    write_json(folder, "metrics", {"thresholds": {"span": 0.5}, "test": test})
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "predictions").mkdir()
    for seed, split in enumerate(("train", "test")):
        table = marked(windows, bars, skill, seed)
        table.write_parquet(folder / "predictions" / f"{split}.parquet")
    return folder


def marked(windows: int, bars: int, skill: float, seed: int = 0) -> pl.DataFrame:
    """Predictions of windows with one span each, but the last, which has none."""
    rng = np.random.default_rng(seed)
    first = rng.integers(2, bars - 4, windows)
    last = np.minimum(first + rng.integers(2, 9, windows), bars - 1)
    at = np.arange(bars)
    truth = ((first[:, None] <= at) & (at <= last[:, None])).astype(np.int64)
    truth[-1] = 0
    known = truth.any(axis=1)
    score = np.clip(0.5 * skill * truth + 0.1 + 0.35 * rng.random((windows, bars)), 0, 1)
    ends = np.stack([first, last], axis=1).astype(float)
    until = np.clip(first[:, None] - at, -CLIP, CLIP).astype(float)
    guess = skill * until + (1 - skill) * np.median(until, axis=0) + rng.normal(0, 2, until.shape)
    parts = {
        "span": {"truth": truth, "pred": (score > 0.5).astype(np.int64), "score": score},
        "ptr": {"truth": ends, "pred": np.sort(ends + rng.normal(0, 4 * (1.2 - skill), ends.shape), axis=1)},
        "countdown": {"truth": until, "pred": guess},
    }
    columns: dict[str, Any] = {"recording": [f"W{i}" for i in range(windows)], "index": range(windows)}
    for task, each in parts.items():
        columns[f"{task}.mask"] = known if task != "span" else np.ones(windows, bool)
        for part, values in each.items():
            columns |= {f"{task}.{part}.{i}": values[:, i] for i in range(values.shape[1])}
    return pl.DataFrame(columns)
