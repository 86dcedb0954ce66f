"""What is known of a loop's model and data, as metadata.json and data.json hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from polyhead.scoring.board import metrics_of
from polyhead.scoring.spans import ON_A_SPAN
from polyhead.training.monitoring.answer import Labels
from polyhead.training.monitoring.labels import TrainingLabels, floor_loss
from polyhead.training.monitoring.split import SplitRecord, class_names
from polyhead.training.monitoring.task import MonitoredTask


def describe_model(
    name: str,
    model: nn.Module,
    tasks: Mapping[str, MonitoredTask],
    seen: TrainingLabels,
    windows: Mapping[str, int],
    batch: int | None,
) -> dict[str, Any]:
    """metadata.json. `known` holds what only the loop can say: the windows in a `batch` of validation and the range of
    a head."""
    total = sum(p.numel() for p in model.parameters())
    return {
        "name": name,
        "writer": "polyhead.Monitor",
        "configuration": None,
        "parameters": {"total": total},
        "backbone": {"name": type(model).__name__, "receptive_field": None},
        "features": [],
        "windows": dict(windows),
        "known": _known(tasks, batch),
        "tasks": {name: _task(task, seen) for name, task in tasks.items()},
    }


def _known(tasks: Mapping[str, MonitoredTask], batch: int | None) -> dict[str, dict[str, Any]]:
    size = {} if batch is None else {"batch_size": batch}
    return {
        name: size | ({} if task.bounds is None else {"range": f"{task.bounds[0]:g} to {task.bounds[1]:g}"})
        for name, task in tasks.items()
    }


def _task(task: MonitoredTask, seen: TrainingLabels) -> dict[str, Any]:
    return {
        "kind": task.kind,
        "primary": metrics_of(task.kind)[0].name if task.kind else None,
        "unit": task.unit,
        "floor_loss": floor_loss(task, seen.of(task.name)) if task.loss else None,
        "loss_fn": task.loss,
        "weight": 1.0,
        "classes": list(task.classes) or None,
        "bounds": list(task.bounds) if task.bounds else None,
    }


def describe_data(
    tasks: Mapping[str, MonitoredTask],
    seen: TrainingLabels,
    splits: Mapping[str, SplitRecord],
    windows: Mapping[str, int],
) -> dict[str, Any]:
    """data.json: what the loop's labels look like, split by split."""
    told: dict[str, dict[str, Labels | None]] = {split: {} for split in windows}
    labels = told | {"train": {name: seen.of(name) for name in tasks}}
    for split, one in splits.items():
        shown = one.predictions()
        labels[split] = labels.get(split, {}) | {
            name: Labels(each.truth, each.mask)
            for name, each in shown.items()
            if labels.get(split, {}).get(name) is None
        }
    return {
        "fingerprint": None,
        "reader": "polyhead.Monitor",
        "inputs": {},
        "windows": {"total": sum(windows.values())},
        "targets": {
            name: _target(
                task, {split: found for split, each in labels.items() if (found := each.get(name)) is not None}
            )
            for name, task in tasks.items()
        },
        "split": {"by": None, "seed": None, "windows": dict(windows)},
    }


def _target(task: MonitoredTask, labels: Mapping[str, Labels]) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": task.kind, "unit": task.unit, "key": None, "derived_from": None}
    described |= {"classes": list(task.classes) or None, "counts": None, "summary": None}
    described["known"] = {split: int(one.mask.sum()) for split, one in labels.items()}
    described["missing"] = {split: int((~one.mask).sum()) for split, one in labels.items()}
    known = {split: one.truth[one.mask] for split, one in labels.items()}
    if task.has_classes or task.kind in ("binary", "span"):
        many = max([2, len(task.classes), *(int(one.max()) + 1 for one in known.values() if len(one))])
        names = class_names(task, many).tolist()
        counts = {
            split: np.bincount(one.astype(np.int64).ravel(), minlength=many).tolist() for split, one in known.items()
        }
        described["classes"] = names
        described["counts"] = {split: dict(zip(names, each, strict=True)) for split, each in counts.items()}
    elif task.kind in ("regression", *ON_A_SPAN):
        described["summary"] = {split: _summary(one) for split, one in known.items()}
    return described


def _summary(known: Any) -> dict[str, float | None]:
    if not len(known):
        return dict.fromkeys(("mean", "sd", "min", "median", "max"))
    found = {
        "mean": known.mean(),
        "sd": known.std(),
        "min": known.min(),
        "median": np.median(known),
        "max": known.max(),
    }
    return {name: float(value) for name, value in found.items()}
