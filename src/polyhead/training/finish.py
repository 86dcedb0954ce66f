"""What a run ends with: best.ckpt judged on every split, predictions saved, metrics beside their floors, criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.prediction import Prediction
from polyhead.scoring.success import judge_success
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import ClassTask, SignalTask, Task
from polyhead.tasks.binary import Binary
from polyhead.trace.folder import RunFolder
from polyhead.trace.predictions import frame_of, write_frame
from polyhead.trace.tables import read_epochs
from polyhead.training.checkpoint import load
from polyhead.training.evaluation import Pooled
from polyhead.training.judgement import judge
from polyhead.training.sample import sample_judged
from polyhead.training.session import Session
from polyhead.training.times import times_of_span, times_of_windows
from polyhead.training.watcher import InterruptedRunError, StopRequest


def finish(session: Session, stop: StopRequest) -> dict[str, Any]:
    """Judge best.ckpt on every split and write metrics and predictions; returns the metrics.

    Raises InterruptedRunError once `stop` is asked for; training itself is over and saved.
    """
    prepared, run = session.prepared, session.run
    best = load(run.checkpoint("best"), session.fabric.device)
    session.raw.load_state_dict(best["network"])
    experiment = prepared.experiment
    splits = {name: prepared.split[name] for name in prepared.split.names}
    metrics, pooled = judge(session.network, session.feed, splits, experiment)
    for name, one in pooled.items():
        if stop.asked:
            raise InterruptedRunError(run.path)
        write_predictions(run, name, prepared.tasks, prepared.windows, prepared.split[name], one, csv=False)
    sample_judged(session, best["epoch"])
    epochs = read_epochs(run.trace)
    metrics["success"] = judge_success(experiment.success, experiment.joint, metrics, epochs, best["epoch"])
    run.write("metrics.json", metrics)
    return run.read("metrics.json")


def write_predictions(
    run: RunFolder, split: str, tasks: Sequence[Task], windows: WindowSet, index: Index, pooled: Pooled, csv: bool
) -> None:
    """Write predictions/SPLIT.parquet, and its twin in CSV where asked."""
    frame = prediction_frame(tasks, windows, index, pooled, truth=True)
    write_frame(run.predictions(split), frame)
    if csv:
        write_frame(run.predictions(split).with_suffix(".csv"), frame)


def prediction_frame(tasks: Sequence[Task], windows: WindowSet, index: Index, pooled: Pooled, truth: bool) -> Any:
    """One row per window: recording, index, times where samples have one, then each task's columns in physical units
    and labels."""
    names = [windows.recordings[code] for code in windows.recording[index]]
    parts = prediction_parts(tasks, windows, index, pooled, truth)
    for task in tasks:
        parts[task.name] |= times_of_span(task, windows, index, pooled.predictions[task.name])
    return frame_of(names, index, parts, times_of_windows(windows, index))


def prediction_parts(
    tasks: Sequence[Task], windows: WindowSet, index: Index, pooled: Pooled, truth: bool
) -> dict[str, dict[str, NDArray[Any]]]:
    """What is saved of each task, {task: {part: (window, ...)}}, in physical units and labels."""
    whole = np.ones(len(index), bool) if windows.filled is None else windows.filled[index] == windows.length
    return {task.name: _parts(task, pooled.predictions[task.name], truth, whole) for task in tasks}


def _parts(task: Task, one: Prediction, truth: bool, whole: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    if isinstance(task, SignalTask) and task.within:
        return {"mask": one.mask, "rmse": _errors(one, one.mask)} if truth else {"rmse": _errors(one, whole)}
    columns: dict[str, NDArray[Any]] = {}
    if truth:
        columns = {"truth": physical_labels(task, one.truth), "mask": one.mask}
        if one.truth.dtype.kind == "f":
            columns["truth"] = np.where(_broad(one.mask, one.truth), one.truth, np.nan)
    columns["pred"] = physical_labels(task, one.pred)
    spread = {"score": one.score, "sd": one.sd, "low": one.low, "high": one.high}
    return columns | {name: values for name, values in spread.items() if values is not None}


def _errors(one: Prediction, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For a reconstruction the root mean square error of each channel, its samples being the input's over again; NaN
    where the window's own samples are not all `known`."""
    rmse = np.sqrt(((one.pred.astype(np.float64) - one.truth.astype(np.float64)) ** 2).mean(axis=2))
    return np.where(known[:, None], rmse, np.nan)


def _broad(mask: NDArray[np.bool_], values: NDArray[Any]) -> NDArray[np.bool_]:
    return mask.reshape(-1, *[1] * (values.ndim - 1))


def physical_labels(task: Task, values: NDArray[Any]) -> NDArray[Any]:
    """Class indices as labels; everything else is physical already."""
    return np.asarray(task.classes)[values] if has_labels(task) else values


def has_labels(task: Task) -> TypeGuard[ClassTask]:
    """Whether predictions are the names of classes; yes and no are 1 and 0."""
    return isinstance(task, ClassTask) and not isinstance(task, Binary)
