"""Predictions judged: each task beside its floors, metrics across tasks, and the scores of parts of a split."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import nn

from polyhead.config.experiment import Experiment
from polyhead.scoring.board import score_parts
from polyhead.scoring.joint import all_correct
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.slices import score_slices
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import Task
from polyhead.training.evaluation import Decisions, Pooled, decide, decided, pool
from polyhead.training.feed import Feed
from polyhead.training.selection import mean_skill


@dataclass(frozen=True)
class Judged:
    """The predictions of some windows by the tasks of one network. `unit` is the column whose values the split keeps
    whole, None for the recording."""

    tasks: Sequence[Task]
    windows: WindowSet
    index: Index
    pooled: Pooled
    unit: str | None = None

    def part(self, name: str) -> tuple[Prediction, Reference]:
        """A task's predictions, resampled for intervals by unit, and what its trivial predictors know."""
        task = next(task for task in self.tasks if task.name == name)
        prediction = self.pooled.predictions[name]
        if self.unit is not None:
            unit = np.unique(self.windows.columns[self.unit], return_inverse=True)[1]
            prediction = replace(prediction, recording=unit[self.index].astype(np.int64))
        return prediction, task.fitted.reference


def unit_of(experiment: Experiment) -> str | None:
    """The column whose values the split keeps whole, where that is not the recording."""
    split = experiment.data.split
    return split.left_out or (split.by if split.by not in ("group", "window", "time") else None)


def judge(
    network: nn.Module,
    feed: Feed,
    index: Mapping[str, Index],
    experiment: Experiment,
    at: Decisions | None = None,
) -> tuple[dict[str, Any], dict[str, Pooled]]:
    """Metrics as metrics.json holds them and pooled predictions, per split in `index`.

    Thresholds and widths of intervals are those `at`, or, where it is None, those that validation decides.
    """
    pooled = {name: pool(network, feed, rows, experiment.train.batch_size) for name, rows in index.items()}
    at = decide(feed.tasks, pooled["val"]) if at is None else at
    pooled = {name: decided(feed.tasks, one, at) for name, one in pooled.items()}
    scored = {task.name for task in feed.tasks if next(iter(pooled.values())).predictions[task.name].score is not None}
    metrics: dict[str, Any] = {
        "thresholds": {task: one for task, one in at.items() if task in scored},
        "interval_factors": {task: one for task, one in at.items() if task not in scored},
        **{"summary": {}, "joint": {}, "slices": {}},
    }
    for name, one in pooled.items():
        unit = None if name == "data" else unit_of(experiment)  # another file need not have the column
        add_split(metrics, name, [Judged(feed.tasks, feed.windows, index[name], one, unit)], experiment)
    return metrics, pooled


def decisions(metrics: Mapping[str, Any]) -> Decisions:
    """What validation decided, out of metrics.json."""
    return {**metrics["thresholds"], **metrics["interval_factors"]}


def add_split(metrics: dict[str, Any], split: str, parts: Sequence[Judged], experiment: Experiment) -> None:
    """Add the scores of one split, whose windows one network judged, or one of each fold.

    A metric across tasks needs all of them: where one is not trained, it is left out.
    """
    tasks = parts[0].tasks
    scores = {task.name: _scores(task, parts, experiment) for task in tasks}
    metrics[split] = {task: _plain(each) for task, each in scores.items()}
    losses = {}
    for number, task in enumerate(tasks):
        known = np.array([int(part.pooled.predictions[task.name].mask.sum()) for part in parts])
        each = np.array([part.pooled.losses[number] for part in parts])
        losses[task.name] = float((each * known)[known > 0].sum() / known.sum()) if known.any() else None
    metrics["summary"][split] = {"skill": mean_skill(scores), "loss": losses}
    trained = {task.name for task in tasks}
    whole = [name for name, joint in experiment.joint.items() if trained.issuperset(joint.tasks)]
    if whole:
        metrics["joint"][split] = {name: _joint(name, parts, experiment) for name in whole}
    if experiment.data.slices:
        metrics["slices"][split] = {task.name: _sliced(task, parts, experiment) for task in tasks}


def _scores(task: Task, parts: Sequence[Judged], experiment: Experiment) -> dict[str, Score]:
    scores = score_parts(
        task.kind,
        [part.part(task.name) for part in parts],
        metrics=task.metrics,
        unit=task.fitted.unit,
        interval=True,
        seed=experiment.seed,
    )
    return {name: replace(one, reason=_said(one.reason, task, parts[0].unit)) for name, one in scores.items()}


def _said(reason: str | None, task: Task, unit: str | None) -> str | None:
    """A reason with the names of classes instead of their numbers, and of what was resampled."""
    if reason is None:
        return None
    names = getattr(task, "classes", ())
    if names:
        reason = _NUMBERED.sub(lambda found: f"{found[1]} {_named(found[2], names)}", reason)
    return reason if unit is None else reason.replace("recordings", f"values of {unit}")


_NUMBERED = re.compile(r"\b(class|label) (\d+(?:, \d+)*)")


def _named(numbers: str, names: Sequence[str]) -> str:
    return ", ".join(names[int(number)] for number in numbers.split(", "))


def _plain(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {metric: score.as_dict() for metric, score in scores.items()}


def _joint(name: str, parts: Sequence[Judged], experiment: Experiment) -> dict[str, Any]:
    kinds = {task.name: task.kind for task in parts[0].tasks}
    each = [[(kinds[task], *part.part(task)) for task in experiment.joint[name].tasks] for part in parts]
    return all_correct(*each, interval=True, seed=experiment.seed).as_dict()


def _sliced(task: Task, parts: Sequence[Judged], experiment: Experiment) -> dict[str, Any]:
    by = {
        key: np.concatenate([part.windows.columns[key][part.index] for part in parts]) for key in experiment.data.slices
    }
    sliced = score_slices(
        task.kind, [part.part(task.name) for part in parts], by, metrics=task.metrics, unit=task.fitted.unit
    )
    return {
        key: {"reason": one.reason, "values": {value: _plain(scores) for value, scores in one.scores.items()}}
        for key, one in sliced.items()
    }
