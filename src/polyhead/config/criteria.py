"""What the criteria of `success` name must be there, and what they ask must be known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from polyhead.config.experiment import Experiment
from polyhead.config.problem import Problem
from polyhead.config.problems import unknown_word
from polyhead.config.success import SPLITS, WHOLE, Aim, Condition, aim_of, condition_of
from polyhead.config.words import nearest

if TYPE_CHECKING:
    from polyhead.config.checks import MetricsOf

FORMS = "TASK.METRIC, SPLIT.TASK.METRIC, SPLIT.loss, SPLIT.skill or the name of a joint metric"


def check_criteria(experiment: Experiment, metrics_of: MetricsOf | None) -> Iterator[Problem]:
    """Every criterion that could never be judged. Metrics are checked where `metrics_of` tells their names."""
    for key, text in experiment.success.items():
        aim, path = aim_of(key, experiment.joint), ("success", key)
        if aim is None or (aim.task is not None and aim.task not in experiment.tasks):
            close = nearest(key, _keys(experiment, metrics_of))
            yield Problem(
                path,
                f"success: {key!r} names nothing that is scored",
                f"did you mean {close}?" if close else f"expected {FORMS}",
            )
            continue
        if aim.task is not None and metrics_of is not None:
            valid = _reported(experiment, aim.task, metrics_of)
            if aim.metric not in valid:
                yield unknown_word(path, f"metric of {aim.task}", aim.metric, valid)
                continue
        yield from _known(key, aim, condition_of(text))


def _reported(experiment: Experiment, task: str, metrics_of: MetricsOf) -> list[str]:
    every = metrics_of(experiment.tasks[task].kind)
    return list(dict.fromkeys([*every[:1], *(experiment.tasks[task].metrics or every)]))


def _keys(experiment: Experiment, metrics_of: MetricsOf | None) -> list[str]:
    """The keys that may stand there; of metrics whose names are not known, none."""
    own = [
        f"{task}.{metric}"
        for task in experiment.tasks
        for metric in (_reported(experiment, task, metrics_of) if metrics_of else ())
    ]
    named = [*own, *experiment.joint]
    whole = [f"{split}.{word}" for split in SPLITS for word in WHOLE if (split, word) != ("test", "loss")]
    return [*named, *whole, *(f"{split}.{name}" for split in SPLITS for name in named)]


def _known(key: str, aim: Aim, condition: Condition) -> Iterator[Problem]:
    """What the run folder has no record of: it scores validation alone after every epoch, and test once."""
    path = ("success", key)
    if aim.task is None and aim.metric == "loss":
        if aim.split == "test":
            yield Problem(path, "success: the total loss of test is not recorded", "write val.loss")
        elif condition.of == "floor":
            yield Problem(path, f"success: {key} has no floor", f"name a metric of a task, or write {key}: improves")
    elif aim.task is None and aim.metric == "skill" and condition.of == "floor":
        yield Problem(path, f"success: {key} is measured from the floor", f'write {key}: "> 0"')
    elif condition.of == "change" and (aim.split in ("train", "test") or (aim.task is None and aim.metric != "skill")):
        what = f"success: how {key} changed from the first epoch is not recorded"
        yield Problem(path, what, f"write val.{aim.task}.{aim.metric}" if aim.task else "write val.skill")
