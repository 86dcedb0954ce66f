"""An experiment without data, its run folder, and what the loop would say of its epochs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import load_experiment
from polyhead.scoring.metric import Score
from polyhead.trace.folder import RunFolder
from polyhead.training.watcher import EpochReport

TASKS = {"state": {"kind": "classification"}, "wear": {"kind": "regression"}}


def experiment(**blocks: Any) -> Experiment:
    """Two tasks; `blocks` are added or replace."""
    data = {"reader": "npz", "path": "x.npz", "inputs": {"signal": "x"}, "targets": {"state": "s", "wear": "w"}}
    return load_experiment({"name": "machine", "data": data, "tasks": TASKS} | blocks).experiment


def score(value: float | None, *, primary: bool = False, skill: float | None = None) -> Score:
    """A score of which trackers read value, skill, floor and whether it is the primary one."""
    return Score(value, 0.25, None, skill, 9, None, None, None, "higher", 1.0, "", primary)


def report(epoch: int, **changes: Any) -> EpochReport:
    """An epoch whose numbers tell which it was."""
    scores = {
        "state": {"macro_f1": score(epoch / 10, primary=True, skill=epoch / 20), "log_loss": score(None)},
        "wear": {"r2": score(epoch / 100, primary=True), "mae": score(2.0 * epoch)},
    }
    said: dict[str, Any] = {
        "epoch": epoch,
        "epochs": 9,
        "train_loss": 1.0 / epoch,
        "val_loss": 2.0 / epoch,
        "scores": scores,
        "skill": 0.5,
        "best": True,
        "seconds": 3.0 * epoch,
        "left_out": "",
        "losses": {"train": {"state": 0.5, "wear": None}, "val": {"state": 0.75, "wear": 0.125}},
        "weights": {"state": 0.25, "wear": 4.0},
        "lr": 0.01,
    }
    return EpochReport(**said | changes)


def run_folder(path: Path) -> Path:
    """A run folder with what trackers read and show."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.yaml").write_text("name: machine\n")
    (path / "report.html").write_text("<p>page</p>")
    (path / "figures").mkdir(exist_ok=True)
    (path / "figures" / "shares.png").write_bytes(b"png")
    folder = RunFolder(path)
    folder.write("data.json", {"fingerprint": {"data": "d1", "split": "s1", "labels": "l1"}})
    folder.write("state.json", {"status": "finished", "best": {"monitor": "val/skill", "value": 0.5, "epoch": 2}})
    return path


def metrics() -> dict[str, Any]:
    """metrics.json of two splits, as far as trackers read it."""

    def split(value: float) -> Mapping[str, Any]:
        scores = {
            "state": {"macro_f1": score(value, primary=True, skill=0.5), "log_loss": score(None)},
            "wear": {"r2": score(-value, primary=True)},
        }
        return {task: {name: one.as_dict() for name, one in each.items()} for task, each in scores.items()}

    summary = {name: {"skill": 0.5, "loss": {"state": 1.5, "wear": None}} for name in ("val", "test")}
    return {"val": split(0.75), "test": split(0.5), "summary": summary, "joint": {}, "thresholds": {}}
