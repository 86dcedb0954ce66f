"""Sinusoids whose amplitude, frequency and offset are to be found: a small experiment without files."""

from __future__ import annotations

from typing import Any

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.training.preparation import Prepared, prepare

TASKS = {
    "level": {"kind": "regression"},
    "tone": {"kind": "classification"},
    "loud": {"kind": "binary"},
    "pair": {"kind": "regression", "loss_fn": "mse"},
    "next": {"kind": "forecast", "horizon": 4, "channels": ["b"]},
}
MISSING = np.arange(60) % 7 == 3
"""Rows whose level is not known."""


def source(rows: int = 60, seed: int = 0) -> Source:
    """Rows of (2 channels, 36 samples) and two known numbers, in recordings of two rows."""
    rng = np.random.default_rng(seed)
    level, tone = rng.uniform(1, 9, rows), rng.integers(3, size=rows)
    phase = (0.3 + 0.4 * tone[:, None]) * np.arange(36) + rng.uniform(0, 6, rows)[:, None]
    signal = np.stack([level[:, None] * np.sin(phase), np.cos(phase) + level[:, None]], axis=1)
    signal += 0.1 * rng.normal(size=signal.shape)
    columns: dict[str, Any] = {
        "level": np.where(MISSING[np.arange(rows) % 60], np.nan, level),
        "tone": np.array(["low", "mid", "high"])[tone],
        "loud": (level > 5).astype(int),
        "pair": np.stack([level, 100 * tone + level], axis=1),
        "unit": np.arange(rows) // 2,
        "side": np.array(["train", "train", "val", "test"])[np.arange(rows) // 2 % 4],
    }
    inputs = {
        "signal": InputArray(signal.astype(np.float32), ("a", "b")),
        "known": InputArray(rng.normal(size=(rows, 2)).astype(np.float32), ("load", "rpm")),
    }
    return Source(inputs, columns)


def experiment(tasks=("level", "tone", "loud", "pair", "next"), **blocks) -> Experiment:
    """An experiment on `source` with some of TASKS, or with tasks given as a dict."""
    chosen = tasks if isinstance(tasks, dict) else {name: TASKS[name] for name in tasks}
    own = blocks.pop("data", {})
    data = {
        "reader": "npz",
        "group": "unit",
        "window": {"length": 32, "stride": 32},
        "split": {"column": "side"},
        "targets": {name: {"key": name} for name in ("level", "tone", "loud", "pair")},
    }
    model = {"backbone": {"name": "tcn", "channels": [6, 6]}}
    values = {"name": "sines", "data": data | own, "tasks": chosen, "model": model, "train": {"device": "cpu"}}
    return Experiment.model_validate(values | blocks)


def prepared(tasks=("level", "tone", "loud", "pair", "next"), **blocks) -> Prepared:
    """Windows, split, scaling and tasks of `experiment` on `source`."""
    return prepare(experiment(tasks, **blocks), source())
