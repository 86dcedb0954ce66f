"""The names of metrics in trackers, and which there are: SPLIT/TASK/METRIC, as the monitor has them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.scoring.board import metrics_of
from polyhead.training.watcher import EpochReport

EPOCH = "epoch"
SPLITS = ("train", "val", "test")


def of_epoch(report: EpochReport) -> dict[str, float]:
    """Everything there is to log of an epoch that is a finite number; what is undefined is left out."""
    values: dict[str, float | None] = {
        EPOCH: report.epoch,
        "train/loss": report.train_loss,
        "val/loss": report.val_loss,
        "val/skill": report.skill,
        "lr": report.lr,
        "seconds": report.seconds,
    }
    for split, losses in report.losses.items():
        values |= {f"{split}/{task}/loss": value for task, value in losses.items()}
    values |= {f"weight/{task}": value for task, value in report.weights.items()}
    for task, scores in report.scores.items():
        for metric, score in scores.items():
            values[f"val/{task}/{metric}"] = score.value
            if score.primary:
                values[f"val/{task}/skill"] = score.skill
    return finite(values)


def of_final(metrics: Mapping[str, Any], experiment: Experiment) -> dict[str, float]:
    """The final evaluation out of metrics.json: `test/...`, and `best/train/...`, `best/val/...`, whose plain names
    the epochs have. The primary metric of each task brings its floor and skill."""
    values: dict[str, float | None] = {}
    for split in SPLITS:
        if split not in metrics:
            continue
        at = _final(split)
        summary = metrics["summary"][split]
        values[f"{at}/skill"] = summary["skill"]
        values |= {f"{at}/{task}/loss": value for task, value in summary["loss"].items()}
        for task, scores in metrics[split].items():
            for metric, score in scores.items():
                values[f"{at}/{task}/{metric}"] = score["value"]
                if score["primary"]:
                    values |= {f"{at}/{task}/floor": score["floor"], f"{at}/{task}/skill": score["skill"]}
        for name, score in metrics["joint"].get(split, {}).items():
            values[f"{at}/{name}/{experiment.joint[name].metric}"] = score["value"]
    return finite(values)


def finite(values: Mapping[str, float | None]) -> dict[str, float]:
    """What is a number: undefined is not 0, and trackers read neither NaN nor infinity alike."""
    return {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}


def renamed(values: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """The values under their trackers' names."""
    return {names.get(name, name): value for name, value in values.items()}


def check_names(names: Mapping[str, str], experiment: Experiment) -> None:
    """Say on standard error where `names` renames nothing that this run can log. Raises InputError where a name would
    stand for two metrics."""
    known = set(_known(experiment))
    used = {ours: theirs for ours, theirs in names.items() if ours in known}
    twice = sorted((known - used.keys()) & set(used.values()))
    if twice:
        raise InputError(f"{twice[0]} is the name of another metric", where="track.names", do="choose another name")
    if EPOCH in used:
        raise InputError(f"{EPOCH} is what every tracker counts by", where="track.names", do="leave it out")
    if names and not used:
        first = next(iter(names))
        print(
            f"track.names: none of its {len(names)} names ({first}, ..) is a metric of this run;"
            " all are logged under their own names",
            file=sys.stderr,
        )


def _known(experiment: Experiment) -> Iterator[str]:
    """Every name that a run of this experiment may log."""
    yield from (EPOCH, "train/loss", "val/loss", "val/skill", "lr", "seconds")
    parts = {name: [metric.name for metric in metrics_of(task.kind)] for name, task in experiment.enabled.items()}
    for task, metrics in parts.items():
        yield from (f"weight/{task}", f"train/{task}/loss", f"val/{task}/loss", f"val/{task}/skill")
        yield from (f"val/{task}/{metric}" for metric in metrics)
    parts = {task: [*metrics, "loss", "floor", "skill"] for task, metrics in parts.items()}
    parts |= {name: [joint.metric] for name, joint in experiment.joint.items()}
    for at in map(_final, SPLITS):
        yield f"{at}/skill"
        yield from (f"{at}/{name}/{metric}" for name, metrics in parts.items() for metric in metrics)


def _final(split: str) -> str:
    return split if split == "test" else f"best/{split}"
