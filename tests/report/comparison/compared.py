"""Small run folders to set side by side: two tasks on the same windows, scores from scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score

from polyhead.report.comparison.comparison import Comparison, compare_runs

N, RECORDINGS = 120, 12
CONFIG: dict[str, Any] = {
    "seed": 1,
    "data": {"path": "bench.npz", "split": {"by": "group"}},
    "tasks": {"load": {"kind": "regression", "weight": 1.0}, "bad": {"kind": "binary", "weight": 1.0}},
    "balance": {"method": "floor"},
    "train": {"epochs": 9, "lr": 0.001},
}
ROW = np.arange(N)
RECORDING = ROW % RECORDINGS
LOAD = np.random.default_rng(1).uniform(10, 20, N)
BAD = (np.random.default_rng(2).random(N) < 0.4).astype(int)
MASK = ROW % 5 > 0  # of load


def loads(spread: float, seed: int = 3) -> NDArray[np.float64]:
    """Predictions of `load` whose error has this spread, and a part that all windows of a recording share."""
    rng = np.random.default_rng(seed)
    return LOAD + spread * (rng.normal(size=N) + rng.normal(size=RECORDINGS)[RECORDING])


def alarms(reach: float, seed: int = 4) -> NDArray[np.float64]:
    """Scores of `bad` that are `reach` higher where it is true."""
    return 1 / (1 + np.exp(-(np.random.default_rng(seed).normal(size=N) + reach * BAD)))


def write_compared(
    folder: Path,
    *,
    load: NDArray[np.float64],
    bad: NDArray[np.float64],
    config: Mapping[str, Any] = CONFIG,
    shuffled: bool = False,
    **more: Any,
) -> Path:
    """A finished run; its rows in an order of their own if `shuffled`. `more` replaces parts of data.json."""
    folder.mkdir(parents=True)
    (folder / "predictions").mkdir()
    rows = pl.DataFrame(
        {"recording": [f"R{number:02d}" for number in RECORDING], "index": ROW}
        | {"load.truth": np.where(MASK, LOAD, np.nan), "load.mask": MASK, "load.pred": load}
        | {"bad.truth": BAD, "bad.mask": np.ones(N, dtype=bool), "bad.pred": (bad > 0.5).astype(int), "bad.score": bad}
    )
    order = np.random.default_rng(5).permutation(N) if shuffled else ROW
    rows[order].write_parquet(folder / "predictions" / "test.parquet")
    scores = {
        "load": {"r2": score(float(r2_score(LOAD[MASK], load[MASK])), -0.01, n=int(MASK.sum()))},
        "bad": {"auroc": score(float(roc_auc_score(BAD, bad)), 0.5, n=N)},
    }
    kinds = {"load": ("regression", "r2"), "bad": ("binary", "auroc")}
    tasks = {task: {"kind": kind, "primary": metric} for task, (kind, metric) in kinds.items()}
    targets = {task: {"kind": kind, "unit": "", "classes": None} for task, (kind, _) in kinds.items()}
    best = {"epoch": 7, "monitor": "val/skill", "value": 0.5}
    course = {"epoch": 9, "epochs": 9, "best": best, "stopped_by": "epochs", "seconds": 61.0}
    data: dict[str, Any] = {"fingerprint": {"data": "aaaa", "split": "bbbb", "labels": "cccc"}, "targets": targets}
    packages = {"polyhead": "0.1.0", "torch": "2.13.0"}
    parts: dict[str, Any] = {
        "state": {"status": "finished", **course},
        "metadata": {"configuration": dict(config), "parameters": {"total": 1234}, "tasks": tasks},
        "data": data | more,
        "metrics": {"test": scores},
        "environment": {"packages": packages, "device": "cpu"},
    }
    for name, content in parts.items():
        (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1} | content))
    (folder / "config.yaml").write_text(json.dumps({"name": folder.name, **config}))
    return folder


def compared(*folders: Path) -> Comparison:
    """The comparison of these runs, as their configurations are written."""
    return compare_runs(folders, lambda file: {})


def texts(found: Comparison, weight: str) -> list[str]:
    """What the cautions of one weight say."""
    return [caution.text for caution in found.cautions if caution.weight == weight]


def score(value: float, floor: float, **more: Any) -> dict[str, Any]:
    """A primary score whose best is 1, as metrics.json holds it."""
    blank = {"ceiling": None, "interval": None, "reason": None, "floor_predictor": "mean", "unit": "", "n": N}
    fixed = {"direction": "higher", "best": 1.0, "primary": True}
    return {"value": value, "floor": floor, "skill": (value - floor) / (1 - floor)} | blank | fixed | more


def changed(path: str, value: Any) -> dict[str, Any]:
    """CONFIG with one dotted key set."""
    config = json.loads(json.dumps(CONFIG))
    *blocks, last = path.split(".")
    inner = config
    for block in blocks:
        inner = inner[block]
    inner[last] = value
    return config
