"""One kind of target per file: head, loss, decode."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.tasks import Task as TaskConfig
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.binary import Binary
from polyhead.tasks.classification import Classification
from polyhead.tasks.countdown import Countdown
from polyhead.tasks.forecast import Forecast
from polyhead.tasks.masked import Masked
from polyhead.tasks.multilabel import Multilabel
from polyhead.tasks.ordinal import Ordinal
from polyhead.tasks.pointers import Pointers
from polyhead.tasks.reconstruction import Reconstruction
from polyhead.tasks.regression import Regression
from polyhead.tasks.signal import SignalTask
from polyhead.tasks.span import Span
from polyhead.tasks.task import ClassTask, Decoded, LabelTask, Observed, Task

TASKS: dict[str, type[Task]] = {
    "classification": Classification,
    "binary": Binary,
    "multilabel": Multilabel,
    "ordinal": Ordinal,
    "regression": Regression,
    "forecast": Forecast,
    "reconstruction": Reconstruction,
    "span": Span,
    "pointers": Pointers,
    "countdown": Countdown,
    "masked": Masked,
}


def fit_task(
    name: str,
    options: TaskConfig,
    windows: WindowSet,
    train: Index,
    scaling: dict[str, ChannelScaling],
    weights: NDArray[np.float64] | None = None,
) -> Task:
    """The task fitted on the training windows at `train`: labels, scale, floor loss.

    `weights` (train,), mean 1, multiply each window's loss; the floor loss is that of the weighted loss. Raises
    InputError.
    """
    return TASKS[options.kind].fit(name, options, windows, train, scaling, weights)


def restore_task(name: str, options: TaskConfig, state: dict[str, Any]) -> Task:
    """The task that `state` (Task.state) was taken from, on a machine that need not have the training data."""
    return TASKS[options.kind].restore(name, options, state)


__all__ = [
    "TASKS",
    "ClassTask",
    "Decoded",
    "LabelTask",
    "Masked",
    "Observed",
    "SignalTask",
    "Task",
    "fit_task",
    "restore_task",
]
