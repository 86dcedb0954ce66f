"""The epochs of a run as its own folder holds them, for stores that missed some of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from polyhead.config.experiment import Experiment
from polyhead.scoring.board import metrics_of
from polyhead.tracking.names import EPOCH, finite


def history(run: Path, experiment: Experiment) -> dict[int, dict[str, float]]:
    """What a tracker is told of each epoch, out of the tables of `trace/`, but for what they do not hold: seconds and
    the skill of each task."""
    names = {"train_loss": "train/loss", "val_loss": "val/loss", "val_skill": "val/skill", "lr": "lr"}
    losses: dict[str, dict[str, str]] = {"train": {}, "val": {}}
    weights: dict[str, str] = {}
    for task, options in experiment.enabled.items():
        names |= {f"{task}_{metric.name}": f"val/{task}/{metric.name}" for metric in metrics_of(options.kind)}
        weights[f"weight_{task}"] = f"weight/{task}"
        for split, columns in losses.items():
            columns[f"loss_{task}"] = f"{split}/{task}/loss"
    epochs: dict[int, dict[str, float]] = {}
    for row in _rows(run / "trace" / "epoch_metrics.csv"):
        epochs[int(row["epoch"])] = {EPOCH: float(row["epoch"])} | _named(row, names)
    for row in _rows(run / "trace" / "loss_components.csv"):
        epochs[int(row["epoch"])] |= _named(row, losses[row["phase"]])
    for row in _rows(run / "trace" / "uncertainty_params.csv"):
        epochs[int(row["epoch"])] |= _named(row, weights)
    return epochs


def _rows(table: Path) -> Iterator[dict[str, str]]:
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _named(row: dict[str, str], names: dict[str, str]) -> dict[str, float]:
    return finite({names[key]: float(value) for key, value in row.items() if key in names and value})
