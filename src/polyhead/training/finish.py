"""What a run ends with: best.ckpt judged on every split, predictions saved, metrics beside their floors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from polyhead.scoring.prediction import Prediction
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import Task
from polyhead.tasks.classification import Classification
from polyhead.tasks.regression import Regression
from polyhead.trace.folder import RunFolder
from polyhead.trace.predictions import frame_of, write_frame
from polyhead.training.checkpoint import load
from polyhead.training.evaluation import Pooled, decided, pool, score, thresholds
from polyhead.training.feed import Feed
from polyhead.training.selection import mean_skill
from polyhead.training.session import Session
from polyhead.training.watcher import InterruptedRunError, StopRequest


def finish(session: Session, stop: StopRequest) -> dict[str, Any]:
    """Judge best.ckpt on every split and write metrics and predictions; returns the metrics.

    Raises InterruptedRunError once `stop` is asked for; training itself is over and saved.
    """
    prepared, run = session.prepared, session.run
    weights = load(run.checkpoint("best"), session.fabric.device)["network"]
    session.raw.load_state_dict(weights)
    experiment = prepared.experiment
    splits = {name: prepared.split[name] for name in prepared.split.names}
    metrics, pooled = judge(session.network, session.feed, splits, experiment.train.batch_size, experiment.seed)
    for name, one in pooled.items():
        if stop.asked:
            raise InterruptedRunError(run.path)
        write_predictions(run, name, prepared.tasks, prepared.windows, prepared.split[name], one, csv=False)
    run.write("metrics.json", metrics)
    return run.read("metrics.json")


def judge(
    network: nn.Module,
    feed: Feed,
    index: Mapping[str, Index],
    batch_size: int,
    seed: int,
    at: Mapping[str, float] | None = None,
) -> tuple[dict[str, Any], dict[str, Pooled]]:
    """Metrics as metrics.json holds them and pooled predictions, per split in `index`.

    Binary tasks are decided at the thresholds `at`, or, where it is None, at those of largest F1 on validation.
    """
    pooled = {name: pool(network, feed, rows, batch_size) for name, rows in index.items()}
    at = thresholds(feed.tasks, pooled["val"]) if at is None else at
    pooled = {name: decided(one, at) for name, one in pooled.items()}
    metrics: dict[str, Any] = {"thresholds": dict(at), "summary": {}}
    for name, one in pooled.items():
        scores = score(feed.tasks, one, interval=True, seed=seed)
        metrics[name] = {task: {key: s.as_dict() for key, s in each.items()} for task, each in scores.items()}
        losses = {task.name: float(value) for task, value in zip(feed.tasks, one.losses, strict=True)}
        metrics["summary"][name] = {"skill": mean_skill(scores), "loss": losses}
    return metrics, pooled


def write_predictions(
    run: RunFolder, split: str, tasks: Sequence[Task], windows: WindowSet, index: Index, pooled: Pooled, csv: bool
) -> None:
    """Write predictions/SPLIT.parquet, and its twin in CSV where asked."""
    frame = prediction_frame(tasks, windows, index, pooled, truth=True)
    write_frame(run.predictions(split), frame)
    if csv:
        write_frame(run.predictions(split).with_suffix(".csv"), frame)


def prediction_frame(tasks: Sequence[Task], windows: WindowSet, index: Index, pooled: Pooled, truth: bool) -> Any:
    """One row per window: recording, index, then each task's columns in physical units and labels."""
    names = [windows.recordings[code] for code in windows.recording[index]]
    parts = {task.name: _columns(task, pooled.predictions[task.name], truth) for task in tasks}
    return frame_of(names, index, parts)


def _columns(task: Task, one: Prediction, truth: bool) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    if truth:
        columns = {"truth": _physical(task, one.truth), "mask": one.mask}
        if isinstance(task, Regression):
            columns["truth"] = np.where(_broad(one.mask, one.truth), one.truth, np.nan)
    columns["pred"] = _physical(task, one.pred)
    columns |= {name: values for name, values in {"score": one.score, "sd": one.sd}.items() if values is not None}
    return columns


def _broad(mask: NDArray[np.bool_], values: NDArray[Any]) -> NDArray[np.bool_]:
    return mask[:, None] if values.ndim == 2 else mask


def _physical(task: Task, values: NDArray[Any]) -> NDArray[Any]:
    """Class indices as labels; everything else is physical already."""
    return np.asarray(task.classes)[values] if isinstance(task, Classification) else values
