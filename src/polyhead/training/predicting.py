"""Predictions for every window of a file, however large: some windows at a time, from the disk to the disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from polyhead.config.data import DataOptions, WindowOptions
from polyhead.config.experiment import Experiment
from polyhead.signals.assembly import assemble
from polyhead.signals.source import Source
from polyhead.signals.statistics import chunks
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task
from polyhead.trace.folder import RunFolder
from polyhead.trace.growing import growing_table
from polyhead.training.evaluation import decided, pool
from polyhead.training.finish import prediction_frame
from polyhead.training.judgement import decisions
from polyhead.training.restored import restore, restored_tasks

_WINDOWS = 2048  # predicted between two reports of progress, at most
_VALUES = 2**22  # samples and outputs that these have (32 MB), at most


def predict_file(
    run: RunFolder,
    experiment: Experiment,
    source: Source,
    checkpoint: str,
    output: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write predictions for every window of `source`, without truth; returns how many.

    `on_progress` is told how many windows are done, and of how many. Raises InputError; `output` is then as it was.
    """
    at = decisions(run.read("metrics.json"))
    windows = assemble(_windowed(run, experiment.data), source, horizon=0)
    tasks = restored_tasks(run, experiment)
    network, feed = restore(run, experiment, windows, tasks, checkpoint, labels=False)
    tell = on_progress or _silent
    batch, total = experiment.train.batch_size, len(windows)
    with growing_table(output) as table:
        for index in chunks(np.arange(total), _stretch(windows, tasks, batch)):
            tell(int(index[0]), total)
            pooled = decided(tasks, pool(network, feed, index, batch), at)
            table.append(prediction_frame(tasks, windows, index, pooled, truth=False))
        tell(total, total)
    return total


def _silent(done: int, total: int) -> None:
    """Nobody asked for progress."""


def _stretch(windows: WindowSet, tasks: Sequence[Task], batch: int) -> int:
    """Windows at a time: whole batches, so that each holds the windows that it would if all were one stretch."""
    samples = sum(len(array.channels) for array in windows.inputs.values()) * max(windows.length, 1)
    outputs = sum(len(task.fitted.constant) for task in tasks)
    return max(1, min(_WINDOWS, _VALUES // (samples + outputs)) // batch) * batch


def _windowed(run: RunFolder, data: DataOptions) -> DataOptions:
    """`data` with the run's window length, so that rows may or may not bring the samples that were to be forecast."""
    length = run.read("data.json")["windows"]["length"]
    if data.window is not None or not length:
        return data
    short: Literal["mask", "refuse"] = "mask" if data.lengths else "refuse"
    return data.model_copy(update={"window": WindowOptions(length=length, short=short)})
