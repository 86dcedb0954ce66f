"""One kind of target per file: head, loss, decode."""

from __future__ import annotations

from typing import Any

from polyhead.config.tasks import BinaryOptions, ClassificationOptions, ForecastOptions
from polyhead.config.tasks import Task as TaskConfig
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.binary import Binary
from polyhead.tasks.classification import Classification
from polyhead.tasks.forecast import Forecast
from polyhead.tasks.regression import Regression
from polyhead.tasks.task import ClassTask, Decoded, LabelTask, Task

TASKS: dict[str, type[Task]] = {
    "classification": Classification,
    "binary": Binary,
    "regression": Regression,
    "forecast": Forecast,
}


def fit_task(
    name: str, options: TaskConfig, windows: WindowSet, train: Index, scaling: dict[str, ChannelScaling]
) -> Task:
    """The task fitted on the training windows at `train`: labels, scale, floor loss. Raises InputError."""
    if isinstance(options, ClassificationOptions):
        return Classification.fit(name, options, windows, train)
    if isinstance(options, BinaryOptions):
        return Binary.fit(name, options, windows, train)
    if isinstance(options, ForecastOptions):
        return Forecast.fit(name, options, windows, train, scaling)
    return Regression.fit(name, options, windows, train)


def restore_task(name: str, options: TaskConfig, state: dict[str, Any]) -> Task:
    """The task that `state` (Task.state) was taken from, on a machine that need not have the training data."""
    if isinstance(options, ClassificationOptions):
        return Classification.restore(name, options, state)
    if isinstance(options, BinaryOptions):
        return Binary.restore(name, options, state)
    if isinstance(options, ForecastOptions):
        return Forecast.restore(name, options, state)
    return Regression.restore(name, options, state)


__all__ = ["TASKS", "ClassTask", "Decoded", "LabelTask", "Task", "fit_task", "restore_task"]
