"""Tasks fitted on targets that are given as lists, and one example of every kind."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

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


def marked(marks, mask=None, filled=None) -> WindowSet:
    """Windows whose samples have the marks `y` (window, sample), of which the last `filled` (window,) are real."""
    values = np.asarray(marks)
    known = np.ones(len(values), bool) if mask is None else np.asarray(mask, bool)
    windows = window_set(np.zeros((len(values), 2, values.shape[1])), {"y": Target(values, known, "bars", marks=True)})
    return replace(windows, filled=None if filled is None else np.asarray(filled))


def options_of(kind: str, **options) -> TaskConfig:
    """Options as a configuration has them."""
    return TypeAdapter(TaskConfig).validate_python({"kind": kind, **options})


def fit(windows: WindowSet, kind: str, train=None, scaling=None, weights=None, **options) -> Task:
    """The task `y` fitted on the windows at `train` (default: all), which count by `weights`."""
    index = np.arange(len(windows)) if train is None else np.asarray(train)
    each = None if weights is None else np.asarray(weights, float)
    return fit_task("y", options_of(kind, **options), windows, index, scaling or {}, each)


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
_PAIRS = np.stack([_NUMBERS, _NUMBERS[::-1] ** 2], axis=1)
_LABELS = (_RNG.random((N, 3)) < [0.2, 0.5, 0.7]).astype(int)
_FOCAL = {"name": "focal", "gamma": 1.5, "alpha": 0.25}
_DISTANCE = {"loss_fn": "distance_penalized", "order": ["lo", "mid", "hi"]}
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
    "two outputs": ("regression", _PAIRS, {}),
    "relative_l1": ("regression", _NUMBERS, {"loss_fn": "relative_l1"}),
    "relative_smooth_l1": ("regression", _PAIRS, {"loss_fn": "relative_smooth_l1", "loss_beta": 2.0}),
    "relative_mse": ("regression", _NUMBERS, {"loss_fn": "relative_mse", "scale": "minmax", "bounds": [1, 9]}),
    "relative logarithm": ("regression", _NUMBERS, {"loss_fn": "relative_l1", "log_transform": True}),
    "log_cosh": ("regression", _NUMBERS, {"loss_fn": "log_cosh"}),
    "quantile": ("regression", _PAIRS, {"loss_fn": "quantile"}),
    "quantile bounded": ("regression", _NUMBERS, {"loss_fn": "quantile", "bounds": [0, 10]}),
    "gaussian": ("regression", _NUMBERS, {"loss_fn": {"name": "gaussian_nll", "beta": 0.0}}),
    "beta nll": ("regression", _PAIRS, {"loss_fn": {"name": "gaussian_nll", "var_reg": 0.1}, "log_transform": True}),
    "gaussian bounded": ("regression", _NUMBERS, {"loss_fn": "gaussian_nll", "bounds": [0, 10]}),
    "class focal": ("classification", _RNG.permutation(["a", "b", "c"] * (N // 3)), {"loss_fn": "focal"}),
    "binary focal": ("binary", _RNG.permutation([0, 1, 1] * (N // 3)), {"loss_fn": _FOCAL}),
    "multilabel": ("multilabel", _LABELS, {"pos_weight": [1.0, 2.0, 0.5]}),
    "multilabel focal": ("multilabel", _LABELS, {"loss_fn": "focal", "pos_weight": "auto"}),
    "soft_iou": ("multilabel", _LABELS, {"loss_fn": "soft_iou", "labels": ["crack", "chip", "wear"]}),
    "ordinal": ("ordinal", _RNG.permutation([30, 4, 4, 100] * (N // 4)), {}),
    "distance": ("ordinal", _RNG.permutation(["lo", "mid", "hi"] * (N // 3)), _DISTANCE),
}
_FIRST, _LONG = _RNG.integers(0, 8, (N, 1)), _RNG.integers(1, 4, (N, 1))
_MARKS = ((np.arange(11) >= _FIRST) & (np.arange(11) < _FIRST + _LONG)).astype(np.int8)
_ON_MARKS = {
    "span": ("span", {}),
    "span weighted": ("span", {"pos_weight": "auto", "min_length": 2}),
    "span focal": ("span", {"loss_fn": "focal", "pos_weight": 3.0}),
    "span soft_iou": ("span", {"loss_fn": {"name": "soft_iou", "eps": 1.0}}),
    "dice": ("span", {"loss_fn": "dice", "head": {"kernel": 3, "hidden": 5}}),
    "crf": ("span", {"loss_fn": "crf"}),
    "pointers": ("pointers", {}),
    "pointers l1": ("pointers", {"loss_fn": "l1"}),
    "boundary": ("pointers", {"loss_fn": "boundary", "head": {"kernel": 3}}),
    "countdown": ("countdown", {"clip": 4}),
    "raw countdown": ("countdown", {"clip": None, "scale": "none", "loss_fn": "huber", "loss_beta": 1.0}),
    "countdown quantile": ("countdown", {"loss_fn": "quantile", "scale": "minmax"}),
    "countdown gaussian": ("countdown", {"loss_fn": "gaussian_nll"}),
}
_SIGNALS = {
    "forecast": ("forecast", {"horizon": 3, "channels": ["b"]}),
    "forecast quantile": ("forecast", {"horizon": 3, "loss_fn": "quantile"}),
    "forecast gaussian": ("forecast", {"horizon": 2, "loss_fn": "gaussian_nll"}),
    "forecast relative": ("forecast", {"horizon": 2, "loss_fn": "relative_smooth_l1"}),
    "reconstruction": ("reconstruction", {"channels": ["b"]}),
    "reconstruction conv": ("reconstruction", {"loss_fn": "huber", "head": {"decoder": "conv"}}),
    "reconstruction gaussian": ("reconstruction", {"loss_fn": "gaussian_nll"}),
    "masked": ("masked", {"channels": ["b"], "patch": 2}),
    "masked gaussian": ("masked", {"loss_fn": "gaussian_nll", "share": 0.5}),
}
LABELLED = tuple(_TARGETS)
MARKED = tuple(_ON_MARKS)
EXAMPLES = (*_TARGETS, *_ON_MARKS, *_SIGNALS)


def example(name: str) -> Example:
    """The example called `name`, one of EXAMPLES."""
    rng = np.random.default_rng(3)
    if name in _ON_MARKS:
        return _on_marks(*_ON_MARKS[name], rng)
    if name in _SIGNALS:
        kind, options = _SIGNALS[name]
        windows = window_set(rng.normal(size=(N, 2, 12)) + 5, horizon=4)
        task = fit(windows, kind, scaling=scaled_by((5.0, 4.0), (1.0, 2.0)), **options)
        fetched = windows.fetch(np.arange(N))
        inputs, futures = (
            {"signal": (torch.from_numpy(one["signal"]) - torch.tensor([[5.0], [4.0]])) / torch.tensor([[1.0], [2.0]])}
            for one in (fetched.inputs, fetched.futures)
        )
        truth = task.signal(inputs, futures)
    else:
        kind, values, options = _TARGETS[name]
        windows = labelled(values)
        task = fit(windows, kind, **options)
        targets = task.targets(windows)
        assert targets is not None
        truth = targets
    rest = truth.shape[2:]
    shape = (N, len(task.constant) // math.prod(rest), *rest)
    return Example(task, windows, truth, torch.from_numpy(rng.normal(size=shape)).float())


def _on_marks(kind: str, options, rng) -> Example:
    windows = marked(np.where((np.arange(N) % 6 == 0)[:, None] & (kind == "span"), 0, _MARKS))
    task = fit(windows, kind, **options)
    truth = task.targets(windows)
    assert truth is not None
    if kind == "span":
        shape = (N, len(task.constant))
    elif truth.dim() == 2:
        shape = (N, *task.constant.reshape(2, -1).squeeze(1).shape)
    else:
        shape = (N, len(task.constant) // 11, 11)
    return Example(task, windows, truth, torch.from_numpy(rng.normal(size=shape)).float())
