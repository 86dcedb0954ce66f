"""A small data set of a made-up machine, written to a file, and a four-task experiment on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

RECORDINGS, WINDOWS, SAMPLES = 24, 10, 76


def write_machine(path: Path, seed: int = 0) -> Path:
    """Tones whose frequency is the state, whose amplitude is the wear; a fifth of the wear labels are missing."""
    rng = np.random.default_rng(seed)
    count = RECORDINGS * WINDOWS
    recording = np.repeat(np.arange(RECORDINGS), WINDOWS)
    state = rng.integers(0, 3, RECORDINGS)[recording]
    state[: 3 * WINDOWS] = np.repeat([0, 1, 2], WINDOWS)
    wear = rng.uniform(0.5, 2.0, count)
    time = np.arange(SAMPLES) / 12
    phase = rng.uniform(0, 2 * np.pi, count)
    tone = np.sin(2 * np.pi * (0.5 + 0.5 * state)[:, None] * time + phase[:, None])
    signal = wear[:, None] * tone + 0.3 * rng.standard_normal((count, SAMPLES))
    np.savez(
        path,
        x=signal[:, None, :].astype(np.float32),
        load=rng.uniform(1, 2, count).astype(np.float32),
        state=np.array(["good", "loose", "worn"])[state],
        bad=(state > 0).astype(np.int64),
        wear=np.where(rng.random(count) < 0.2, 1000.0, wear),
        machine=np.array([f"m{number:02d}" for number in recording]),
    )
    return path


def machine_config(path: Path) -> dict[str, Any]:
    """Four tasks, a small tcn with dropout, three epochs; everything random is used."""
    return {
        "name": "machine",
        "data": {
            "reader": "npz",
            "path": str(path),
            "inputs": {"signal": {"key": "x", "unit": "g"}, "known": {"keys": ["load"]}},
            "targets": {
                "state": "state",
                "bad": "bad",
                "wear": {"key": "wear", "missing": [1000.0], "unit": "mm"},
            },
            "group": "machine",
            "split": {"stratify": "state"},
        },
        "tasks": {
            "state": {"kind": "classification"},
            "bad": {"kind": "binary", "pos_weight": "auto"},
            "wear": {"kind": "regression", "bounds": [0.0, 2.5]},
            "next": {"kind": "forecast", "horizon": 12},
        },
        "model": {"backbone": {"name": "tcn", "channels": [8, 8], "dropout": 0.1}},
        "balance": "kendall",
        "train": {"epochs": 3, "batch_size": 32, "lr": 3e-3, "schedule": "cosine", "ema": 0.9, "checkpoint_every": 2},
        "trace": {"every": 3},
    }


def write_config(folder: Path, **changes: Any) -> Path:
    """The data set and its experiment as files under `folder`; `changes` replace whole blocks."""
    config = machine_config(write_machine(folder / "machine.npz")) | changes
    path = folder / "machine.yaml"
    with path.open("w") as file:
        YAML().dump(config, file)
    return path
