"""A small data set with a target of every kind, and experiments on it: for what every kind of task must do alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS, SAMPLES, LENGTH, HORIZON = 60, 44, 40, 4

TASKS: dict[str, dict[str, Any]] = {
    "state": {"kind": "classification"},
    "grade": {"kind": "ordinal"},
    "bad": {"kind": "binary"},
    "marks": {"kind": "multilabel"},
    "wear": {"kind": "regression", "bounds": [0.0, 2.5]},
    "clock": {"kind": "regression", "loss_fn": "mse"},
    "pair": {"kind": "regression", "loss_fn": "quantile"},
    "life": {"kind": "regression", "log_transform": True},
    "span": {
        "kind": "regression",
        "target": "life",
        "log_transform": True,
        "loss_fn": {"name": "gaussian_nll", "calibrate": True},
    },
    "held": {
        "kind": "regression",
        "target": "wear",
        "bounds": [0.0, 2.5],
        "loss_fn": {"name": "quantile", "calibrate": True},
    },
    "burst": {"kind": "span", "min_length": 2},
    "chain": {"kind": "span", "target": "burst", "loss_fn": "crf"},
    "ends": {"kind": "pointers", "target": "burst"},
    "edges": {"kind": "pointers", "target": "burst", "loss_fn": "boundary"},
    "until": {"kind": "countdown", "target": "burst", "loss_fn": "quantile"},
    "again": {"kind": "reconstruction", "input": "signal"},
    "next": {"kind": "forecast", "horizon": HORIZON, "channels": ["1"], "loss_fn": "gaussian_nll"},
}

MARKS = {"key": "burst", "axes": ["window", "time"]}

BACKBONES: dict[str, dict[str, Any]] = {
    "mlp": {"name": "mlp", "hidden": [8], "norm": "batch"},
    "tcn": {"name": "tcn", "channels": [8, 8], "stem_kernel": 3, "stem_stride": 2, "norm": "group"},
    "resnet1d": {"name": "resnet1d", "channels": [4, 6], "blocks": 2, "kernel": 3, "stem_kernel": 4, "norm": "batch"},
    "patch_transformer": {
        "name": "patch_transformer",
        "patch_length": 6,
        "patch_stride": 4,
        "width": 6,
        "layers": 2,
        "heads": 2,
        "feedforward": 8,
    },
    "bilstm": {"name": "bilstm", "hidden": 3, "layers": 2},
    "isfm": {"name": "isfm", "num_patches": 5, "patch_length": 4, "width": 6},
}


def workshop(seed: int = 0, lost: bool = False) -> dict[str, NDArray[Any]]:
    """Arrays by name: tones of two channels whose frequency is the state and whose amplitude is the wear; with NaN and
    Inf in the inputs where `lost`."""
    rng = np.random.default_rng(seed)
    state, wear = np.arange(ROWS) % 3, rng.uniform(0.5, 2.0, ROWS)
    phase = (0.4 + 0.3 * state)[:, None] * np.arange(SAMPLES) + rng.uniform(0, 6, ROWS)[:, None]
    x = np.stack([wear[:, None] * np.sin(phase), 40 + 5 * np.cos(phase)], axis=1)
    x = (x + 0.1 * rng.standard_normal(x.shape)).astype(np.float32)
    load = rng.uniform(1, 2, (ROWS, 2)).astype(np.float32)
    if lost:
        x[rng.random(x.shape) < 0.02] = np.nan
        load[5, 1] = np.inf
    return {
        "x": x,
        "load": load,
        "samples": rng.integers(12, LENGTH + 1, ROWS),
        "state": np.array(["good", "größer", "worn"])[state],
        "grade": state,
        "bad": (state > 0).astype(np.int64),
        "marks": np.stack([state == 0, wear > 1.2, phase[:, 0] > 3], axis=1).astype(np.int64),
        "wear": wear,
        "clock": 1.7e9 + 10 * wear,
        "pair": np.stack([wear, 100 * state + wear], axis=1),
        "life": np.exp(5 * wear),
        "machine": np.arange(ROWS) // 2,
        "burst": _bursts(seed),
    }


def _bursts(seed: int) -> NDArray[np.int8]:
    """Marks (row, sample) of one span in two rows of three, none in the third."""
    rng = np.random.default_rng([seed, 1])
    first, many = rng.integers(0, LENGTH - 6, (ROWS, 1)), rng.integers(2, 7, (ROWS, 1))
    at = np.arange(SAMPLES) - first
    return ((at >= 0) & (at < many) & (np.arange(ROWS) % 3 > 0)[:, None]).astype(np.int8)


def workshop_config(path: Path, tasks: tuple[str, ...], backbone: Any = "tcn", **blocks: Any) -> dict[str, Any]:
    """An experiment with these tasks on the arrays at `path`; `data` and `model` among `blocks` add to theirs."""
    chosen = {name: TASKS[name] for name in tasks}
    labels = {one.get("target", name) for name, one in chosen.items() if name not in ("again", "next")}
    data = {
        "reader": "npz",
        "path": str(path),
        "inputs": {"signal": {"key": "x", "unit": "g"}, "known": "load"},
        "targets": {name: MARKS if name == "burst" else name for name in sorted(labels)},
        "group": "machine",
        "window": {"length": LENGTH},
    }
    own = BACKBONES[backbone] if isinstance(backbone, str) else backbone
    return {
        "name": "workshop",
        "data": data | blocks.pop("data", {}),
        "tasks": chosen,
        "model": {"backbone": own} | blocks.pop("model", {}),
        "train": {"epochs": 6, "batch_size": 16, "lr": 2e-2, "device": "cpu"},
    } | blocks
