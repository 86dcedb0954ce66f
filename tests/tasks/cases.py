"""Tasks fitted on targets that are given as lists, and one example of every kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor

from polyhead.config.tasks import Task as TaskConfig
from polyhead.signals.source import InputArray
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task, fit_task

N = 24


def window_set(signal, targets=None, *, length=None, horizon=0, channels=("a", "b"), unit=None) -> WindowSet:
    """One window per row of `signal` (row, channel, time), from its first sample; `targets` by name."""
    rows = np.arange(len(signal))
    return WindowSet(
        inputs={"signal": InputArray(np.asarray(signal, np.float32), channels, unit)},
        targets=targets or {},
        columns={},
        recordings=tuple(map(str, rows)),
        recording=rows,
        row=rows,
        start=np.zeros_like(rows),
        at=rows,
        length=length or np.shape(signal)[2] - horizon,
        horizon=horizon,
        stride=1,
        sampled=False,
        sampling_hz=None,
    )


def labelled(values, mask=None, unit="") -> WindowSet:
    """Windows with the target `y`; every label known unless `mask` says otherwise."""
    values = np.asarray(values)
    known = np.ones(len(values), bool) if mask is None else np.asarray(mask, bool)
    return window_set(np.zeros((len(values), 2, 8)), {"y": Target(values, known, unit)})


def options_of(kind: str, **options) -> TaskConfig:
    """Options as a configuration has them."""
    return TypeAdapter(TaskConfig).validate_python({"kind": kind, **options})


def fit(windows: WindowSet, kind: str, train=None, scaling=None, **options) -> Task:
    """The task `y` fitted on the windows at `train` (default: all)."""
    index = np.arange(len(windows)) if train is None else np.asarray(train)
    return fit_task("y", options_of(kind, **options), windows, index, scaling or {})


def scaled_by(offset=(0.0, 0.0), scale=(1.0, 1.0)) -> dict[str, ChannelScaling]:
    """The scaling of `signal`."""
    return {"signal": ChannelScaling("standard", np.array(offset), np.array(scale))}


@dataclass(frozen=True)
class Example:
    """A fitted task on N windows: what the loss compares with, and arbitrary outputs of its head."""

    task: Task
    windows: WindowSet
    truth: Tensor
    output: Tensor


_RNG = np.random.default_rng(7)
_NUMBERS = 2 + 6 * _RNG.random(N)
_TARGETS = {
    "classification": ("classification", _RNG.permutation(["a", "b", "c"] * (N // 3)), {}),
    "binary": ("binary", _RNG.permutation([0, 1, 1] * (N // 3)), {}),
    "binary weighted": ("binary", _RNG.permutation([0, 0, 1] * (N // 3)), {"pos_weight": "auto"}),
    "smooth_l1": ("regression", _NUMBERS, {}),
    "huber": ("regression", _NUMBERS, {"loss_fn": "huber", "loss_beta": 0.7}),
    "l1": ("regression", _NUMBERS, {"loss_fn": "l1", "scale": "minmax"}),
    "mse": ("regression", _NUMBERS, {"loss_fn": "mse", "scale": "none"}),
    "logarithm": ("regression", _NUMBERS, {"log_transform": True}),
    "bounded": ("regression", _NUMBERS, {"bounds": [0, 10]}),
    "two outputs": ("regression", np.stack([_NUMBERS, _NUMBERS[::-1] ** 2], axis=1), {}),
}
EXAMPLES = (*_TARGETS, "forecast")


def example(name: str) -> Example:
    """The example called `name`, one of EXAMPLES."""
    rng = np.random.default_rng(3)
    if name == "forecast":
        windows = window_set(rng.normal(size=(N, 2, 12)), horizon=4)
        task = fit(windows, "forecast", scaling=scaled_by(), horizon=3, channels=["b"])
        truth = torch.from_numpy(windows.inputs["signal"].values[:, 1:, 8:11])
    else:
        kind, values, options = _TARGETS[name]
        windows = labelled(values)
        task = fit(windows, kind, **options)
        targets = task.targets(windows)
        assert targets is not None
        truth = targets
    shape = truth.shape if truth.dim() > 1 else (N, len(task.constant))
    return Example(task, windows, truth, torch.from_numpy(rng.normal(size=shape)).float())
