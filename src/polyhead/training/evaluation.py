"""Predictions pooled over a split, and their scores; nothing is averaged over batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from polyhead.scoring.board import choose_threshold, score_task
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import chunks
from polyhead.signals.windows import Index
from polyhead.tasks import Decoded, Task
from polyhead.tasks.forecast import Forecast
from polyhead.tasks.regression import Regression
from polyhead.training.feed import Feed


@dataclass(frozen=True)
class Pooled:
    """Predictions of every task over some windows, and each task's mean loss over known labels (task,): NaN without
    any, Inf where a loss is not finite."""

    predictions: dict[str, Prediction]
    losses: NDArray[np.float64]


def pool(network: nn.Module, feed: Feed, index: Index, batch_size: int) -> Pooled:
    """Predict the windows at `index`, in that order, in evaluation mode."""
    decoded: list[list[Decoded]] = [[] for _ in feed.tasks]
    masks: list[NDArray[np.bool_]] = []
    sums = np.zeros(len(feed.tasks))
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        for part in chunks(index, batch_size):
            batch = feed.batch(part)
            outputs = network(batch.signal, batch.known).outputs
            masks.append(batch.mask.cpu().numpy())
            for number, task in enumerate(feed.tasks):
                decoded[number].append(task.decode(outputs[number].float()))
                if masks[-1][:, number].any():
                    known = batch.mask[:, number]
                    sums[number] += task.loss_sum(outputs[number], batch.truths[number], known).double().item()
    network.train(was_training)
    mask = np.concatenate(masks)
    counts = mask.sum(axis=0)
    sums[~np.isfinite(sums)] = np.inf
    losses = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    predictions = {
        task.name: _prediction(task, feed, index, decoded[number], mask[:, number])
        for number, task in enumerate(feed.tasks)
    }
    return Pooled(predictions, losses)


def _prediction(
    task: Task, feed: Feed, index: Index, decoded: Sequence[Decoded], mask: NDArray[np.bool_]
) -> Prediction:
    pred = np.concatenate([one.pred for one in decoded])
    truth, last = _truth(task, feed, index) if mask.any() else (np.zeros_like(pred), None)
    scores = [one.score for one in decoded if one.score is not None]
    score = np.concatenate(scores) if scores else None
    return Prediction(truth, pred, mask, feed.windows.recording[index], score, None, last)


def _truth(task: Task, feed: Feed, index: Index) -> tuple[NDArray[np.generic], NDArray[np.float64] | None]:
    """What was to be predicted, in physical units, and for forecasts the last sample of each window."""
    windows = feed.windows
    if isinstance(task, Forecast):
        parts = [windows.fetch(part) for part in chunks(index)]
        key, channels = task.options.input, list(task.channels)
        ahead = [part.futures[key][:, channels, : task.options.horizon] for part in parts]
        truth = np.concatenate(ahead).astype(np.float64)
        last = np.concatenate([_last_known(part.inputs[key][:, channels]) for part in parts]).astype(np.float64)
        return truth, np.where(np.isfinite(last), last, task.offset[:, 0])  # a channel that is lost: what the feed puts
    if isinstance(task, Regression):
        target = windows.targets[task.target]
        return target.values[index].astype(np.float64), None
    truths = task.targets(windows)
    assert truths is not None
    return truths.numpy()[index].astype(np.int64), None


def _last_known(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last finite sample of each window and channel of (window, channel, time), for persistence; NaN without any.

    One lost sample must not take the strongest trivial predictor from the whole split."""
    back = np.argmax(np.isfinite(signal)[..., ::-1], axis=-1)[..., None]
    return np.asarray(np.take_along_axis(signal, signal.shape[-1] - 1 - back, axis=-1)[..., 0])


def thresholds(tasks: Sequence[Task], pooled: Pooled) -> dict[str, float]:
    """The threshold of largest F1 of each binary task; meant for validation predictions."""
    chosen: dict[str, float] = {}
    for task in tasks:
        if task.kind == "binary":
            one = pooled.predictions[task.name]
            assert one.score is not None
            chosen[task.name] = choose_threshold(one.truth[one.mask], one.score[one.mask])
    return chosen


def decided(pooled: Pooled, at: Mapping[str, float]) -> Pooled:
    """The same predictions with binary tasks decided at these thresholds."""
    predictions = dict(pooled.predictions)
    for name, threshold in at.items():
        one = predictions[name]
        assert one.score is not None
        pred = (one.score >= threshold).astype(np.int64)
        predictions[name] = Prediction(one.truth, pred, one.mask, one.recording, one.score, one.sd, one.last)
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
