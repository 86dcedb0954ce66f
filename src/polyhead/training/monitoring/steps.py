"""The steps of someone's loop: numbers that are kept as they come, without waiting for the device, and read later."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.training.monitoring.answer import Labels, labels_of
from polyhead.training.monitoring.task import NUMBERS, SIGNALS, MonitoredTask

Number = Tensor | float


@dataclass
class Batch:
    """What the loop said of one batch: a loss and a weight of each task, their total, labels by task, and how many
    windows of signals are known."""

    losses: Mapping[str, Number]
    weights: Mapping[str, Number]
    total: Number | None
    targets: Mapping[str, Any]
    known: Mapping[str, Number] = field(default_factory=dict)


@dataclass
class Step:
    """One move of the optimiser: its batches, and what was measured of it. `sampled` holds tensors by column."""

    batches: list[Batch] = field(default_factory=list)
    sampled: dict[str, Tensor] = field(default_factory=dict)
    norm: Number = math.nan
    lr: float = math.nan
    stepped: bool = False
    seconds: float = math.nan


def kept(value: Any) -> Number:
    """A number without its graph, still where it was."""
    return value.detach() if isinstance(value, Tensor) else float(value)


def batch_of(
    tasks: Mapping[str, MonitoredTask],
    losses: Mapping[str, Any],
    weights: Mapping[str, Number],
    total: Any,
    targets: Mapping[str, Any],
) -> Batch:
    """A batch without its graph. Labels are copied, as loops use their memory again; of signals only how many are
    known is kept."""
    labels = {name: value for name, value in targets.items() if value is not None and name in tasks}
    signals = {name for name in labels if tasks[name].kind in SIGNALS}
    return Batch(
        {name: kept(loss) for name, loss in losses.items()},
        weights,
        None if total is None else kept(total),
        {name: _copied(value) for name, value in labels.items() if name not in signals},
        {name: _finite(labels[name]) for name in signals},
    )


def _copied(values: Any) -> Any:
    return values.detach().clone() if isinstance(values, Tensor) else np.array(values)


def _finite(values: Any) -> Number:
    """How many windows of (window, ...) are finite throughout."""
    found = values.detach() if isinstance(values, Tensor) else torch.as_tensor(np.asarray(values))
    return torch.isfinite(found.reshape(len(found), -1)).all(dim=1).sum()


def columns_of(
    steps: Sequence[Step], tasks: Mapping[str, MonitoredTask], sampled: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """One row per step: losses, weights, shares, known labels, total, norm, rate, and what was sampled, NaN elsewhere.

    A step of several batches has the mean of their losses, each counted by its known labels where they are told. The
    total is NaN where a loss is, unless its task has no label in the batch.
    """
    batches = [batch for step in steps for batch in step.batches]
    first = np.cumsum([0, *(len(step.batches) for step in steps)])[:-1]
    labels = {name: _counted(task, batches) for name, task in tasks.items()}
    columns: dict[str, NDArray[np.float64]] = {}
    shares, broken = [], np.zeros(len(batches), bool)
    for name in tasks:
        loss = _numbers([batch.losses.get(name, math.nan) for batch in batches])
        there = ~np.isnan(loss)
        known = labels[name]
        broken |= ~there & np.array([name in batch.losses for batch in batches]) & (known != 0)
        by = np.where(np.isnan(known), there, known) * (there | ~np.isnan(known) & (known > 0))
        count = np.add.reduceat(by, first)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.add.reduceat(np.where(by > 0, loss, 0) * by, first) / count
            weight = _numbers([batch.weights.get(name, 1.0) for batch in batches])[first]
        columns |= {f"loss.{name}": mean, f"weight.{name}": weight, f"known.{name}": np.add.reduceat(known, first)}
        shares.append(np.nan_to_num(mean * weight, nan=0.0, posinf=np.inf, neginf=-np.inf))
    whole = np.where(np.logical_or.reduceat(broken, first), np.nan, np.sum(shares, axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns |= {f"share.{name}": share / whole for name, share in zip(tasks, shares, strict=True)}
    said = _numbers([math.nan if batch.total is None else batch.total for batch in batches])
    columns["total_loss"] = np.where(np.isnan(said[first]), whole, np.add.reduceat(said, first))
    columns["total_grad_norm"] = _numbers([step.norm for step in steps])
    columns |= {name: _numbers([step.sampled.get(name, math.nan) for step in steps]) for name in sampled}
    columns["lr"] = np.array([step.lr for step in steps])
    columns["stepped"] = np.array([float(step.stepped) for step in steps])
    columns["seconds"] = np.array([step.seconds for step in steps])
    return columns


def composition(steps: Sequence[Step], tasks: Mapping[str, MonitoredTask]) -> dict[str, NDArray[Any]]:
    """What each step was made of, where labels are told: counts per class, variance of numbers."""
    columns: dict[str, NDArray[Any]] = {}
    for name, task in tasks.items():
        each = [labels_in(step.batches, task) for step in steps]
        if task.kind in (None, "multilabel", *SIGNALS) or not any(one is not None for one in each):
            continue
        known = [np.zeros(0) if one is None else one.truth[one.mask] for one in each]
        if task.kind in NUMBERS:
            spread = [float(np.var(one, axis=0).mean()) if len(one) else math.nan for one in known]
            columns[f"variance.{name}"] = np.array(spread)
            continue
        highest = max((int(one.max()) for one in known if len(one)), default=0)
        counts = np.stack([np.bincount(one.astype(np.int64).ravel(), minlength=max(highest + 1, 2)) for one in known])
        for number in range(counts.shape[1]):
            label = task.classes[number] if number < len(task.classes) else str(number)
            columns[f"count.{name}.{label}"] = counts[:, number]
    return columns


def labels_in(batches: Sequence[Batch], task: MonitoredTask) -> Labels | None:
    """The labels of a task in these batches, None where none were told."""
    told = [batch.targets[task.name] for batch in batches if batch.targets.get(task.name) is not None]
    if not told or task.kind is None:
        return None
    each = [labels_of(task, one) for one in told]
    return Labels(np.concatenate([one.truth for one in each]), np.concatenate([one.mask for one in each]))


def _counted(task: MonitoredTask, batches: Sequence[Batch]) -> NDArray[np.float64]:
    """Known labels in each batch, NaN where none were told."""
    if task.kind in SIGNALS:
        return _numbers([batch.known.get(task.name, math.nan) for batch in batches])
    labels = [labels_in([batch], task) for batch in batches]
    return np.array([math.nan if one is None else float(one.mask.sum()) for one in labels])


def _numbers(values: Sequence[Number]) -> NDArray[np.float64]:
    """Numbers and tensors of one number as an array: one copy from each device."""
    found = np.array([math.nan if isinstance(one, Tensor) else one for one in values], dtype=np.float64)
    at = [number for number, one in enumerate(values) if isinstance(one, Tensor)]
    if at:
        tensors = [values[number] for number in at]
        stacked = torch.stack([one.reshape(()).double() for one in tensors if isinstance(one, Tensor)])
        found[at] = stacked.cpu().numpy()
    return found
