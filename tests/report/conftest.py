"""A finished run of four tasks, written from arithmetic: no number in it comes from the code under test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from polyhead.report.page import write_report

from .folders import write_folded, write_wide

Change = Callable[[Path, str], AbstractContextManager[dict[str, Any]]]
TASKS = ("fault", "anomaly", "life", "next")
CLASSES = ("normal", "inner", "outer", "ball")
HORIZON, EPOCHS, BEST, STEPS = 48, 40, 31, 2000
RECORDINGS = {
    "train": [f"B{i:02d}" for i in range(24)],
    "val": [f"B{i}" for i in range(24, 32)],
    "test": [f"B{i}" for i in range(32, 42)],
}
WINDOWS = {"train": 4800, "val": 1600, "test": 1400}

CONFIG = """\
name: bearings
seed: 7
notes: a run that no network made   # comments stay
data:
  reader: bearings.simulator
  targets: {fault: fault, anomaly: is_faulty, life: {key: life, missing: [1000.0]}}
  window: {length: 2048, stride: 1024}
  split: {by: bearing, stratify: [fault], fractions: [0.7, 0.15, 0.15]}
tasks:
  fault: {kind: classification}
  anomaly: {kind: binary, pos_weight: auto}
  life: {kind: regression, bounds: [0, 1]}
  next: {kind: forecast, input: signal, channels: [drive_end], horizon: 48}
model: {backbone: tcn, branches: none}
balance: {method: floor}
train: {epochs: 50, batch_size: 64, lr: 1.0e-3, early_stopping: 8}
"""


def score(value: float | None, floor: float | None, skill: float | None, **more: Any) -> dict[str, Any]:
    """A score as metrics.json holds it; a metric where higher is better and 1 is best unless `more` says otherwise."""
    blank = {"ceiling": None, "n": 1400, "interval": None, "reason": None, "floor_predictor": None, "unit": ""}
    fixed = {"direction": "higher", "best": 1.0, "primary": False}
    return {"value": value, "floor": floor, "skill": skill} | blank | fixed | more


def error(value: float, floor: float, **more: Any) -> dict[str, Any]:
    """The score of an error: lower is better, 0 is best."""
    return score(value, floor, 1 - value / floor, direction="lower", best=0.0, **more)


def metrics() -> dict[str, Any]:
    """metrics.json: three tasks above their floor, `life` not."""
    few = "no interval: the horizon fits into 6 recordings, fewer than 8"
    test = {
        "fault": {
            "macro_f1": score(
                0.91237, 0.17391, 0.89393, interval=[0.8812, 0.9403], floor_predictor="majority", primary=True
            ),
            "accuracy": score(0.92643, 0.53357, 0.84227, floor_predictor="majority"),
            "macro_auroc": score(0.98512, 0.5, 0.97024, floor_predictor="chance"),
            "log_loss": error(0.24618, 1.21934, floor_predictor="prior"),
        },
        "anomaly": {
            "auroc": score(0.95741, 0.5, 0.91482, interval=[0.9213, 0.9802], floor_predictor="chance", primary=True),
            "average_precision": score(0.94128, 0.46643, 0.88995, floor_predictor="prior"),
            "f1": score(0.88713, 0.63614, 0.68977, floor_predictor="all-positive"),
            "brier": error(0.08127, 0.24887, floor_predictor="prior"),
            "separation": score(0.61218, 0.0, 0.61218, floor_predictor="chance"),
        },
        "life": {
            "r2": score(
                -0.04127, -0.00213, -0.03906, interval=[-0.2134, 0.1028], n=1120, floor_predictor="mean", primary=True
            ),
            "mae": error(0.26391, 0.25014, n=1120, floor_predictor="median"),
            "rmse": error(0.30128, 0.29556, n=1120, floor_predictor="mean"),
            "mape": score(None, None, None, n=1120, reason="15 truths are 0"),
            "bias": score(0.03219, 0.00114, None, n=1120, direction=None, best=0.0, reason="bias has no direction"),
        },
        "next": {
            "r2": score(
                0.72154, 0.08421, 0.69593, reason=few, floor_predictor="persistence", ceiling=0.9312, primary=True
            ),
            "mae": error(0.00041718, 0.00097213, floor_predictor="persistence", unit="g"),
            "rmse": error(0.00056231, 0.00131874, floor_predictor="mean", unit="g"),
        },
    }
    summary = {"test": {"skill": 0.61641, "loss": 2.13842}, "val": {"skill": 0.63127, "loss": 2.08113}}
    splits = {"train": test, "val": test, "test": test}
    return {"schema_version": 1, "thresholds": {"anomaly": 0.41172}, "summary": summary, **splits}


def write_run(folder: Path) -> Path:
    """A finished run with everything in it; a test takes away or spoils what it is about."""
    (folder / "trace" / "steps").mkdir(parents=True)
    (folder / "predictions").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    for name, content in {
        "environment": _environment(),
        "state": _state(),
        "metadata": _metadata(),
        "data": _data(),
        "metrics": metrics(),
    }.items():
        write_json(folder, name, content)
    _write_trace(folder / "trace")
    _predictions().write_parquet(folder / "predictions" / "test.parquet")
    return folder


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write one JSON file of a run folder."""
    (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1} | content))


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run with its report written; to be read only."""
    folder = write_run(tmp_path_factory.mktemp("bearings") / "20260102-030405")
    write_report(folder)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A finished run without trace and predictions: its page has all tables and no figures, and is made at once."""
    folder = write_run(tmp_path / "20260102-030405")
    shutil.rmtree(folder / "trace")
    shutil.rmtree(folder / "predictions")
    return folder


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of the kinds that the other lacks, with its report written; to be read only."""
    folder = write_wide(tmp_path_factory.mktemp("wide") / "20260102-030405")
    write_report(folder)
    return folder


@pytest.fixture(scope="session")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of three folds, with its report and theirs written; to be read only."""
    folder = write_folded(tmp_path_factory.mktemp("folded") / "20260102-030405")
    for each in (*sorted((folder / "folds").iterdir()), folder):
        write_report(each)
    return folder


@pytest.fixture
def change() -> Change:
    """Change one JSON file of a run folder: `with change(folder, "data") as data: ...`."""

    @contextmanager
    def edit(folder: Path, name: str) -> Iterator[dict[str, Any]]:
        content = json.loads((folder / f"{name}.json").read_text())
        yield content
        write_json(folder, name, content)

    return edit


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A finished run with everything in it."""
    return write_run(tmp_path / "20260102-030405")


def _environment() -> dict[str, Any]:
    packages = {"polyhead": "0.1.0", "torch": "2.13.0", "numpy": "2.4.6"}
    made = {"python": "3.11.7", "platform": "Linux", "cpu": "x86_64", "cpus": 2, "threads": 1, "device": "cpu"}
    return made | {"packages": packages, "command": "polyhead train bearings.yaml seed=7"}


def _state() -> dict[str, Any]:
    best = {"monitor": "val/skill", "value": 0.63127, "epoch": BEST}
    course = {"epoch": EPOCHS, "step": STEPS, "epochs": 50, "stopped_by": "early_stopping", "seconds": 402.7}
    return {"status": "finished", "best": best, "started": "2026-01-02T03:04:05+00:00"} | course


def _metadata() -> dict[str, Any]:
    of = {
        "fault": ("classification", "macro_f1", 1.1984, "ce"),
        "anomaly": ("binary", "auroc", 0.69113, "bce"),
        "life": ("regression", "r2", 0.43712, "smooth_l1"),
        "next": ("forecast", "r2", 0.99871, "mse"),
    }
    keys = ("kind", "primary", "floor_loss", "loss_fn")
    tasks = {task: dict(zip(keys, of[task], strict=True)) | {"unit": "", "weight": 1.0} for task in TASKS}
    parameters = {"backbone": 48256, "heads": {"fault": 260, "anomaly": 65, "life": 65, "next": 3136}, "total": 51782}
    backbone = {"name": "tcn", "receptive_field": 1021}
    return {"parameters": parameters, "backbone": backbone, "tasks": tasks, "windows": WINDOWS}


def _data() -> dict[str, Any]:
    counts = {
        s: {c: int(n * p) for c, p in zip(CLASSES, (0.53, 0.19, 0.15, 0.13), strict=True)} for s, n in WINDOWS.items()
    }
    two = {s: {"0": int(n * 0.53), "1": n - int(n * 0.53)} for s, n in WINDOWS.items()}
    life = {s: {"mean": 0.4812, "sd": 0.2931, "min": 0.0, "median": 0.4719, "max": 1.0} for s in WINDOWS}
    known, none = dict(WINDOWS), dict.fromkeys(WINDOWS, 0)
    some = {"train": 3900, "val": 1360, "test": 1120}
    blank = {"unit": "", "classes": None, "counts": None, "summary": None, "known": known, "missing": none}
    targets = {
        "fault": blank | {"kind": "classification", "key": "fault", "classes": list(CLASSES), "counts": counts},
        "anomaly": blank | {"kind": "binary", "key": "is_faulty", "counts": two},
        "life": blank
        | {"kind": "regression", "key": "life", "summary": life, "known": some}
        | {"missing": {split: WINDOWS[split] - some[split] for split in WINDOWS}},
        "next": blank | {"kind": "forecast", "key": "signal", "unit": "g"},
    }
    profile = {
        "drive_end": {"mean": 0.00127, "sd": 0.21418, "min": -3.1172, "max": 3.4028, "non_finite": 0},
        "fan_end": {"mean": -0.01841, "sd": 0.17734, "min": -2.8113, "max": 2.6649, "non_finite": 12},
    }
    scaling = {"kind": "standard", "offset": [0.00127, -0.01841], "scale": [0.21418, 0.17734]}
    signal = {"channels": list(profile), "unit": "g", "shape": [2, 2048], "scaling": scaling, "profile": profile}
    split = {
        "by": "bearing",
        "seed": 7,
        "windows": WINDOWS,
        "recordings": RECORDINGS,
        "shared_recordings": 0,
        "note": None,
    }
    return {
        "fingerprint": {"data": "sha256:" + "3f" * 32, "split": "sha256:" + "a7" * 32, "labels": "sha256:" + "0c" * 32},
        "reader": "bearings.simulator",
        "sampling_hz": 25600,
        "inputs": {"signal": signal},
        "windows": {"total": 7800, "length": 2048, "stride": 1024, "horizon": HORIZON, "overlap": 0.5},
        "targets": targets,
        "split": split,
    }


def _write_trace(trace: Path) -> None:
    epoch = np.arange(1, EPOCHS + 1)
    course = {"fault": (1.2, 0.18), "anomaly": (0.69, 0.22), "life": (0.44, 0.41), "next": (1.0, 0.27)}
    wave = 0.02 * np.sin(epoch * 1.7)
    epochs, parts = {"epoch": epoch, "train_loss": 0 * epoch, "val_loss": 0 * epoch}, {"train": {}, "val": {}}
    for task, (start, end) in course.items():
        falling = end + (start - end) * np.exp(-epoch / 7)
        parts["train"][f"loss_{task}"] = falling * (1 - 0.006 * epoch)
        parts["val"][f"loss_{task}"] = falling + wave + 0.00025 * np.maximum(0, epoch - BEST) ** 2
    reach = {
        "fault_macro_f1": (0.17, 0.92),
        "anomaly_auroc": (0.5, 0.96),
        "life_r2": (-0.3, 0.0),
        "next_r2": (-2.0, 0.72),
    }
    for name, (start, end) in reach.items():
        epochs[name] = end + (start - end) * np.exp(-epoch / 5) + wave
    epochs |= {"val_skill": 0.63 - 0.6 * np.exp(-epoch / 6), "lr": 1e-3 + 0 * epoch, "epoch_time": 9.8 + 0 * epoch}
    pl.DataFrame(epochs).write_csv(trace / "epoch_metrics.csv")
    tables = []
    for phase, columns in parts.items():
        total = {"total_loss": np.sum(list(columns.values()), axis=0)}
        tables.append(pl.DataFrame({"epoch": epoch, "phase": [phase] * EPOCHS} | columns | total))
    pl.concat(tables).write_csv(trace / "loss_components.csv")
    _steps().write_parquet(trace / "steps" / "00000.parquet")


def _steps() -> pl.DataFrame:
    step = np.arange(STEPS)
    raw = {task: 1 + i * 0.4 * np.exp(-step / 400) + 0.05 * np.sin(step * (i + 1)) for i, task in enumerate(TASKS)}
    total = np.sum(list(raw.values()), axis=0)
    sampled = step % 50 == 0
    columns: dict[str, Any] = {"step": step, "epoch": 1 + step // 50, "total_loss": total}
    for i, task in enumerate(TASKS):
        norm = 0.1 * (i + 1) * np.exp(-step / 900) * (1.1 + np.sin(step * 0.13 + i))
        columns |= {f"share.{task}": raw[task] / total, f"grad_norm.{task}": np.where(sampled, norm, np.nan)}
    for i, pair in enumerate((a, b) for k, a in enumerate(TASKS) for b in TASKS[k + 1 :]):
        columns["cosine." + "~".join(pair)] = np.where(sampled, 0.6 * np.sin(step / 300 + i), np.nan)
    return pl.DataFrame(columns).fill_nan(None)


def _predictions() -> pl.DataFrame:
    n = WINDOWS["test"]
    row = np.arange(n)
    spread = np.random.default_rng(20260102).normal(size=(n, 6))
    truth = np.searchsorted([0.53, 0.72, 0.87], (row * 0.6180339887) % 1)
    logits = 3.1 * (truth[:, None] == np.arange(4)) + spread[:, :4]
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(CLASSES)
    faulty = (truth > 0).astype(int)
    alarm = 1 / (1 + np.exp(-(2.6 * faulty - 1.4 + spread[:, 4])))
    life = (row * 0.41421356) % 1
    columns: dict[str, Any] = {"recording": [f"B{32 + i % 10}" for i in row], "index": row}
    columns |= {"fault.truth": names[truth], "fault.mask": row >= 0, "fault.pred": names[probability.argmax(axis=1)]}
    columns |= {f"fault.score.{i}": probability[:, i] for i in range(4)}
    columns |= {"anomaly.truth": faulty, "anomaly.mask": row >= 0, "anomaly.pred": (alarm > 0.41172).astype(int)}
    columns |= {"anomaly.score": alarm, "life.truth": life, "life.mask": row % 5 > 0}
    columns |= {"life.pred": np.clip(0.51 + 0.05 * (life - 0.5) + 0.08 * spread[:, 5], 0, 1), "next.mask": row >= 0}
    ahead = np.arange(HORIZON)
    wave = 1e-3 * np.sin(ahead * 0.37 + row[:, None]) + 4e-4 * np.sin(ahead * 1.1 + 2.0 * row[:, None])
    fading = wave * np.exp(-ahead / (60 + 20 * np.sin(row[:, None]))) + 1e-4 * np.cos(ahead * 2.9 + row[:, None])
    columns |= {f"next.truth.{i}": wave[:, i] for i in ahead} | {f"next.pred.{i}": fading[:, i] for i in ahead}
    return pl.DataFrame(columns)
