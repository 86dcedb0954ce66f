"""The metrics of what a loop showed, beside floors of the labels that it trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from polyhead.scoring.board import score_task
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.training.monitoring.answer import Labels
from polyhead.training.monitoring.labels import FROM_VALIDATION, TrainingLabels, reference_of
from polyhead.training.monitoring.split import SplitRecord
from polyhead.training.monitoring.task import YES_OR_NO, MonitoredTask
from polyhead.training.selection import mean_skill

Scores = dict[str, dict[str, Score]]


def scores_of(
    tasks: Mapping[str, MonitoredTask], seen: TrainingLabels, pooled: Mapping[str, Prediction], interval: bool
) -> Scores:
    """{task: {metric: score}} of one split; where no label of training is known, floors are of the split's own, and
    every score says so."""
    found: Scores = {}
    for name, one in pooled.items():
        task, said = tasks[name], None
        if task.kind is None:
            continue
        classes = one.score.shape[1] if one.score is not None and task.has_classes else None
        reference = seen.reference(task, classes)
        if reference is None:
            reference, said = reference_of(task, Labels(one.truth, one.mask), classes), FROM_VALIDATION
        if reference is not None:
            scores = score_task(task.kind, one, reference, unit=task.unit, interval=interval)
            found[name] = {metric: _remarked(score, said) for metric, score in scores.items()}
    return found


def metrics_json(
    tasks: Mapping[str, MonitoredTask], splits: Mapping[str, SplitRecord], scores: Mapping[str, Scores]
) -> dict[str, Any]:
    """metrics.json: {split: {task: {metric: score}}}, thresholds, and of each split the mean skill and the losses."""
    decided = {name: task.threshold for name, task in tasks.items() if task.kind in YES_OR_NO}
    summary = {
        split: {
            "skill": mean_skill(each) if each else None,
            "loss": {name: splits[split].loss(name) for name in tasks},
        }
        for split, each in scores.items()
    }
    plain = {
        split: {task: {metric: one.as_dict() for metric, one in own.items()} for task, own in each.items()}
        for split, each in scores.items()
    }
    beside = {"thresholds": decided, "interval_factors": {}, "joint": {}, "slices": {}, "summary": summary}
    return beside | plain


def _remarked(score: Score, said: str | None) -> Score:
    if said is None:
        return score
    return replace(score, reason=f"{score.reason}; {said}" if score.reason else said)
