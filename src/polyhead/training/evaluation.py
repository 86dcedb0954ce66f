"""Predictions pooled over a split, and their scores; nothing is averaged over batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from polyhead.scoring.board import score_task
from polyhead.scoring.known import only_known
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import chunks
from polyhead.signals.windows import Index
from polyhead.tasks import Decoded, Masked, Observed, SignalTask, Task
from polyhead.training.feed import Feed
from polyhead.training.ranks import Ranks

Decisions = Mapping[str, float | list[float]]
"""By task: where scores turn into yes, one number or one per label, or how much wider intervals must be."""


@dataclass(frozen=True)
class Pooled:
    """Predictions of every task over some windows, and each task's mean loss over known labels (task,): NaN without
    any, Inf where a loss is not finite."""

    predictions: dict[str, Prediction]
    losses: NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """One batch: each task's predictions, which labels are known (window, task), sums of losses (task,)."""

    decoded: list[Decoded]
    mask: NDArray[np.bool_]
    sums: NDArray[np.float64]


def pool(network: nn.Module, feed: Feed, index: Index, batch_size: int, ranks: Ranks | None = None) -> Pooled:
    """Predict the windows at `index`, in that order, in evaluation mode; where there are several processes, each takes
    its share of the batches and all get everything."""
    ranks = ranks or Ranks()
    batches = list(chunks(index, batch_size))
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        own = {
            number: _part(network, feed, batches[number]) for number in range(ranks.number, len(batches), ranks.count)
        }
    network.train(was_training)
    everyone = {number: part for parts in ranks.gather(own) for number, part in parts.items()}
    parts = [everyone[number] for number in range(len(batches))]
    mask = np.concatenate([part.mask for part in parts])
    counts, sums = mask.sum(axis=0), np.sum([part.sums for part in parts], axis=0)
    sums[~np.isfinite(sums)] = np.inf
    losses = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    predictions = {
        task.name: _prediction(task, feed, index, [part.decoded[number] for part in parts], mask[:, number])
        for number, task in enumerate(feed.tasks)
    }
    return Pooled(predictions, losses)


def _part(network: nn.Module, feed: Feed, index: Index) -> _Part:
    batch = feed.batch(index)
    outputs = network(batch.signal, batch.known, batch.present).outputs
    mask, sums, decoded = batch.mask.cpu().numpy(), np.zeros(len(feed.tasks)), []
    for number, task in enumerate(feed.tasks):
        found = task.decode(outputs[number].float())
        if isinstance(task, Masked) and batch.hidden is not None:
            found = task.asked(found, batch.hidden.cpu().numpy())
        decoded.append(found)
        if mask[:, number].any():
            sums[number] = task.loss_sum(outputs[number], batch.truths[number], batch.mask[:, number]).double().item()
    return _Part(decoded, mask, sums)


def _prediction(
    task: Task, feed: Feed, index: Index, decoded: Sequence[Decoded], mask: NDArray[np.bool_]
) -> Prediction:
    parts = {part: _joined(decoded, part) for part in ("pred", "score", "sd", "low", "high")}
    pred = parts.pop("pred")
    assert pred is not None
    at_hand = mask.any() or (isinstance(task, SignalTask) and task.within)  # a window's own samples always are
    observed = task.observed(feed.windows, index) if at_hand else Observed(np.zeros_like(pred))
    return Prediction(
        observed.truth, pred, mask, feed.windows.recording[index], last=observed.last, between=observed.between, **parts
    )


def _joined(decoded: Sequence[Decoded], part: str) -> NDArray[Any] | None:
    arrays = [getattr(one, part) for one in decoded]
    return None if any(one is None for one in arrays) else np.concatenate(arrays)


def decide(tasks: Sequence[Task], pooled: Pooled) -> dict[str, float | list[float]]:
    """What each task decides on these predictions, which are meant to be validation's."""
    found = {task.name: task.decide(only_known(pooled.predictions[task.name])) for task in tasks}
    return {name: one for name, one in found.items() if one is not None}


def decided(tasks: Sequence[Task], pooled: Pooled, at: Decisions) -> Pooled:
    """The same predictions with what was decided."""
    predictions = dict(pooled.predictions)
    for task in tasks:
        if task.name in at:
            predictions[task.name] = task.decided(predictions[task.name], at[task.name])
    return Pooled(predictions, pooled.losses)


def score(tasks: Sequence[Task], pooled: Pooled, interval: bool = False, seed: int = 0) -> dict[str, dict[str, Score]]:
    """The scores of every task, {task: {metric: score}}."""
    return {
        task.name: score_task(
            task.kind,
            pooled.predictions[task.name],
            task.fitted.reference,
            metrics=task.metrics,
            unit=task.fitted.unit,
            interval=interval,
            seed=seed,
        )
        for task in tasks
    }
