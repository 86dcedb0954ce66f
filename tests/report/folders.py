"""Run folders of the kinds and layouts that the first one lacks: several labels, intervals, slices, folds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

LABELS = ("looseness", "misalignment", "unbalance")
GRADES = ("new", "worn", "bad", "broken")
KINDS = {
    "marks": ("multilabel", "auroc"),
    "wear": ("ordinal", "macro_f1"),
    "load": ("regression", "r2"),
    "ahead": ("forecast", "r2"),
    "again": ("reconstruction", "r2"),
}
N, HORIZON = 300, 20
THRESHOLDS = [0.41, 0.37, 0.62]

WIDE = """\
name: wide
tasks:
  marks: {kind: multilabel, labels: [looseness, misalignment, unbalance]}
  wear: {kind: ordinal}
  load: {kind: regression, loss_fn: gaussian_nll}
  ahead: {kind: forecast, input: signal, horizon: 20}
  again: {kind: reconstruction, input: signal}
joint: {sound: {metric: all_correct, tasks: [marks, wear]}}
"""
FOLDED = """\
name: folded
data: {split: {folds: leave-one-load-out}}
tasks: {wear: {kind: ordinal}, load: {kind: regression}}
"""


def score(value: float | None, floor: float | None, **more: Any) -> dict[str, Any]:
    """A score of a metric whose best is 1, as metrics.json holds it."""
    skill = None if value is None or floor is None else (value - floor) / (1 - floor)
    blank = {"ceiling": None, "n": N, "interval": None, "reason": None, "floor_predictor": "mean", "unit": ""}
    fixed = {"direction": "higher", "best": 1.0, "primary": False}
    return {"value": value, "floor": floor, "skill": skill} | blank | fixed | more


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write one JSON file of a run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1} | content))


def write_wide(folder: Path) -> Path:
    """A finished run of every newer kind, with branches, weights, masks, slices and a metric across tasks."""
    write_json(folder, "state", {"status": "finished"})
    write_json(folder, "metadata", _metadata(tuple(KINDS), 4095))
    write_json(folder, "data", _data(tuple(KINDS)))
    write_json(folder, "metrics", _metrics())
    (folder / "config.yaml").write_text(WIDE)
    (folder / "predictions").mkdir()
    predictions().write_parquet(folder / "predictions" / "test.parquet")
    return folder


def write_folded(folder: Path) -> Path:
    """A run of three folds, the load of each left out in turn."""
    tasks, values = ("wear", "load"), {"0": 0.71, "1": 0.64, "3": 0.18}
    for number, value in enumerate(values.values(), 1):
        fold = folder / "folds" / f"{number:02d}"
        write_json(fold, "state", {"status": "finished", "epoch": 9, "epochs": 9, "seconds": 60.0, "started": "2026"})
        write_json(fold, "metadata", _metadata(tasks, 255))
        write_json(fold, "data", _data(tasks, recordings=number))
        own = {"macro_f1": score(value, 0.25, primary=True)}, {"r2": score(value - 0.1, -0.02, primary=True, n=97)}
        write_json(fold, "metrics", {"thresholds": {}, "test": dict(zip(tasks, own, strict=True))})
        (fold / "config.yaml").write_text(FOLDED.replace("{folds:", f"{{fold: {number}, folds:"))
    (folder / "config.yaml").write_text(FOLDED)
    write_json(folder, "state", {"status": "finished", "reason": None, "folds": list(values), "test": {}})
    pooled = {
        "wear": {"macro_f1": score(0.5271, 0.2031, primary=True, interval=[0.4612, 0.5933])},
        "load": {"r2": score(0.4413, -0.0127, primary=True, interval=[0.3011, 0.5722], n=291)},
    }
    blank: dict[str, Any] = {"thresholds": {}, "summary": {"test": {"skill": 0.4, "loss": {}}}, "joint": {}}
    write_json(folder, "metrics", blank | {"slices": {}, "test": pooled})
    (folder / "predictions").mkdir()
    wanted = [name for name in predictions().columns if name.partition(".")[0] in (*tasks, "recording", "index")]
    named = pl.Series("fold", [list(values)[row % 3] for row in range(N)])
    predictions().select(wanted).insert_column(0, named).write_parquet(folder / "predictions" / "test.parquet")
    return folder


def predictions() -> pl.DataFrame:
    """Predictions of every newer kind. Each 90 % interval of `load` is as wide as its error is spread."""
    noise = np.random.default_rng(3).normal(size=(N, 4))
    row, every = np.arange(N), np.ones(N, dtype=bool)
    truth = np.stack([row % 3 == 0, row % 4 == 0, row % 7 == 0], axis=1).astype(int)
    alarm = 1 / (1 + np.exp(-(2.5 * truth - 1.2 + noise[:, :3])))
    columns: dict[str, Any] = {"recording": [f"R{i % 12:02d}" for i in row], "index": row, "marks.mask": every}
    for i in range(3):
        columns |= {f"marks.truth.{i}": truth[:, i], f"marks.pred.{i}": (alarm[:, i] >= THRESHOLDS[i]).astype(int)}
        columns |= {f"marks.score.{i}": alarm[:, i]}
    grade = row % 4
    found = np.clip(grade + (noise[:, 3] > 1) - (noise[:, 3] < -1.2), 0, 3)
    columns |= {"wear.mask": every, "wear.truth": np.array(GRADES)[grade], "wear.pred": np.array(GRADES)[found]}
    load, spread = (row * 0.618) % 1 * 40, 1 + (row * 0.414) % 1 * 4
    mean = load + spread * noise[:, 0]
    columns |= {"load.mask": row % 33 > 0, "load.truth": load, "load.pred": mean, "load.sd": spread}
    columns |= {"load.low": mean - 1.645 * spread, "load.high": mean + 1.645 * spread, "ahead.mask": every}
    step = np.arange(HORIZON)
    wave = np.sin(step * 0.5 + row[:, None])
    guess, width = 0.8 * wave + 0.1 * noise[:, :1], 0.1 + 0.02 * step + 0 * row[:, None]
    parts = {"truth": wave, "pred": guess, "low": guess - width, "high": guess + width}
    for part, values in parts.items():
        columns |= {f"ahead.{part}.{i}": values[:, i] for i in step}
    columns |= {"again.mask": every, "again.rmse.0": np.abs(noise[:, 0]) + (row % 12 == 5)}
    return pl.DataFrame(columns | {"again.rmse.1": 0.01 * np.abs(noise[:, 1])})


def _metadata(tasks: tuple[str, ...], field: int) -> dict[str, Any]:
    heads = {task: 130 * (i + 1) for i, task in enumerate(tasks)}
    branches = dict.fromkeys(tasks, 2112)
    total = 48256 + sum(heads.values()) + sum(branches.values())
    of = {task: {"kind": KINDS[task][0], "primary": KINDS[task][1], "unit": "", "weight": 1.0} for task in tasks}
    parameters = {"backbone": 48256, "branches": branches, "heads": heads, "total": total}
    return {"parameters": parameters, "backbone": {"name": "tcn", "receptive_field": field}, "tasks": of}


def _data(tasks: tuple[str, ...], recordings: int = 12) -> dict[str, Any]:
    windows = {"train": 1400, "val": 300, "test": N}
    known: dict[str, Any] = {
        "known": windows,
        "missing": dict.fromkeys(windows, 0),
        "unit": "",
        "counts": None,
        "summary": None,
    }
    classes: dict[str, Any] = {"marks": LABELS, "wear": GRADES}
    targets: dict[str, Any] = {task: {"kind": KINDS[task][0], "classes": None} | known for task in tasks}
    for task in set(tasks) & set(classes):
        counts = {split: dict.fromkeys(classes[task], count // 5) for split, count in windows.items()}
        targets[task] |= {"classes": list(classes[task]), "counts": counts}
    profile = {
        name: {"mean": 0.0, "sd": sd, "min": -3.0, "max": 3.0, "non_finite": 0}
        for name, sd in (("x", 2.0), ("y", 0.02))
    }
    scaling = {"kind": "per_recording", "offset": None, "scale": None}
    signal = {"channels": ["x", "y"], "unit": "g", "shape": [2000, 2, 2048], "scaling": scaling, "profile": profile}
    split = {"by": "group", "seed": 7, "windows": windows, "shared_recordings": 0, "left_out": 88, "note": None}
    split["recordings"] = {name: [f"{name}{i}" for i in range(recordings)] for name in windows}
    weights = {"windows": 1400, "effective": 702.4, "share": 0.50171, "largest": 6.5}
    one = {"known": 1400, "effective": 910.2, "share": 0.65014, "largest": 4.25, "bins": [20, 20], "empty": 31}
    two = {"known": 1390, "effective": 1033.0, "share": 0.73786, "largest": 2.5, "bins": [30], "empty": 0}
    return {
        "fingerprint": {"data": "sha256:" + "3f" * 32, "split": f"sha256:{recordings}", "labels": "sha256:0c"},
        "inputs": {"signal": signal},
        "windows": {"total": 2000, "length": 2048, "stride": 1024, "horizon": HORIZON, "overlap": 0.5, "masked": 41},
        "targets": targets,
        "split": split,
        "reweighting": {**weights, "targets": {"angle": one, "energy": two}},
    }


def _metrics() -> dict[str, Any]:
    coverage = score(0.887, None, direction=None, best=0.9, reason="no skill: neither direction is better")
    test = {
        "marks": {"auroc": score(0.9312, 0.5, primary=True), "exact_match": score(0.71, 0.4)},
        "wear": {"macro_f1": score(0.6213, 0.1417, primary=True), "within_1": score(0.99, 0.75)},
        "load": {"r2": score(0.9481, -0.0021, primary=True, unit=""), "coverage_90": coverage},
        "ahead": {"r2": score(0.9613, 0.1104, primary=True)},
        "again": {"r2": score(0.7712, -0.0003, primary=True)},
    }
    by_load = {"0": 0.9712, "1": 0.9413, "3": 0.1231}
    few: dict[str, Any] = {"reason": "120 values, more than 50", "values": {}}
    sliced: dict[str, Any] = {
        task: {
            "load_hp": {"reason": None, "values": {k: {metric: score(v, 0.31, n=75)} for k, v in by_load.items()}},
            "machine": few,
        }
        for task, (_, metric) in KINDS.items()
    }
    sliced["load"]["load_hp"]["values"]["3"]["r2"] |= {
        "value": None,
        "skill": None,
        "reason": "the known labels are constant",
    }
    joint = {"sound": score(0.5513, 0.2247, floor_predictor="majority", primary=True)}
    return {
        "thresholds": {"marks": THRESHOLDS},
        "interval_factors": {"load": 1.0731},
        "summary": {"test": {"skill": 0.8, "loss": {}}},
        "joint": {"test": joint},
        "slices": {"test": sliced},
        "test": test,
    }
