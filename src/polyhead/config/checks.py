"""What no single field can know: names and numbers of the configuration that must fit each other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from polyhead.config.backbones import MlpOptions
from polyhead.config.balance import KendallOptions, SoftmaxOptions
from polyhead.config.criteria import check_criteria
from polyhead.config.data import FILE_READERS, FOLDER_READERS, SecondsScaling
from polyhead.config.experiment import Experiment
from polyhead.config.model import AttentionBranches
from polyhead.config.problem import Problem
from polyhead.config.problems import unknown_word
from polyhead.config.tasks import CountdownOptions, LabelTaskOptions, MarksTaskOptions, MaskedOptions, SpanOptions, Task
from polyhead.config.words import listing, nearest

MetricsOf = Callable[[str], Sequence[str]]
"""The names of a kind's metrics, the primary one first."""

SPLITS = ("val", "train")
RIGHT_OR_WRONG = ("classification", "binary", "multilabel", "ordinal")
"""Kinds whose prediction for a window is right or wrong, as a metric across tasks needs it."""


def cross_check(experiment: Experiment, metrics_of: MetricsOf | None = None) -> list[Problem]:
    """Every name that leads nowhere and share that is too large. Metrics are checked where `metrics_of` tells their
    names."""
    return [
        *_data(experiment),
        *_across(experiment),
        *_scaling(experiment),
        *(problem for name, task in experiment.tasks.items() for problem in _task(experiment, name, task)),
        *(_metrics(experiment, metrics_of) if metrics_of else ()),
        *_monitor(experiment, metrics_of),
        *_masked(experiment),
        *_branches(experiment),
        *_each_sample(experiment),
        *_balance(experiment),
        *check_criteria(experiment, metrics_of),
    ]


def _data(experiment: Experiment) -> Iterator[Problem]:
    data = experiment.data
    if data.reader in (*FILE_READERS, *FOLDER_READERS) and data.path is None:
        yield Problem(("data", "path"), f"missing required key data.path, which reader {data.reader} reads")
    if data.reader in FILE_READERS:
        for key, example in (("inputs", "{signal: KEY}"), ("targets", "{NAME: KEY}")):
            needed = key == "inputs" or any(isinstance(t, LabelTaskOptions) for t in experiment.enabled.values())
            if needed and not getattr(data, key):
                what = f"missing required key data.{key}: reader {data.reader} has none of its own"
                yield Problem(("data", key), what, f"for example {key}: {example}")


def _scaling(experiment: Experiment) -> Iterator[Problem]:
    inputs = experiment.data.inputs
    for name, kind in experiment.data.scaling.items() if inputs else ():
        made = name == "time" and (kind == "seconds" or isinstance(kind, SecondsScaling))  # from data.time
        if name not in inputs and not made:
            yield unknown_word(("data", "scaling", name), "input", name, list(inputs))


def _across(experiment: Experiment) -> Iterator[Problem]:
    """Names of tasks in `joint` and `reweighting`."""
    for name, joint in experiment.joint.items():
        for index, member in enumerate(joint.tasks):
            at = ("joint", name, "tasks", index)
            if member not in experiment.tasks:
                yield unknown_word(at, "task", member, list(experiment.tasks))
            elif experiment.tasks[member].kind not in RIGHT_OR_WRONG:
                what = f"joint.{name}: {member} is a {experiment.tasks[member].kind}, which is not right or wrong"
                yield Problem(at, what, f"name tasks of {', '.join(RIGHT_OR_WRONG)}")
            elif member in joint.tasks[:index]:
                yield Problem(at, f"joint.{name}: {member} is named twice", "name it once")
        if name in experiment.tasks:
            yield Problem(("joint", name), f"joint.{name}: a task has this name", "give the metric its own")
    for name, options in experiment.reweighting.items():
        task = experiment.tasks.get(name)
        if task is None:
            yield unknown_word(("reweighting", name), "task", name, list(experiment.tasks))
        elif options.enabled and (not isinstance(task, LabelTaskOptions) or isinstance(task, MarksTaskOptions)):
            what = f"reweighting.{name}: a {task.kind} has no target whose distribution could be evened out"
            yield Problem(("reweighting", name), what, "leave it out")


def _task(experiment: Experiment, name: str, task: Task) -> Iterator[Problem]:
    path = ("tasks", name)
    if not re.fullmatch(r"\w[\w-]*", name):
        # A name becomes a column (`NAME.truth`), a file (`best-NAME.ckpt`) and a part of `val/NAME/METRIC`.
        yield Problem(path, f"task name {name!r}: expected letters, digits, _ and - only")
    data = experiment.data
    if not isinstance(task, LabelTaskOptions):
        if data.inputs and task.input not in data.inputs:
            yield unknown_word((*path, "input"), "input", task.input, list(data.inputs))
        return
    target = task.target or name
    if data.targets and target not in data.targets:
        yield unknown_word((*path, "target"), "target", target, list(data.targets))


def _masked(experiment: Experiment) -> Iterator[Problem]:
    """Tasks beside one that hides samples from them all."""
    for name, task in experiment.enabled.items():
        others = [other for other in experiment.enabled if other != name]
        if isinstance(task, MaskedOptions) and others:
            what = f"tasks.{name}: masked hides samples of the window, so that {', '.join(others)} would see the holes"
            yield Problem(("tasks", name), what, "leave it out and pre-train with `polyhead pretrain`")
            return


def _branches(experiment: Experiment) -> Iterator[Problem]:
    branches = experiment.model.branches
    for name in branches.tasks if isinstance(branches, AttentionBranches) else ():
        if name not in experiment.tasks:
            yield unknown_word(("model", "branches", "tasks", name), "task", name, list(experiment.tasks))


def _each_sample(experiment: Experiment) -> Iterator[Problem]:
    """Answers for each sample, from a backbone whose map has one step."""
    for name, task in experiment.enabled.items():
        each = isinstance(task, SpanOptions | CountdownOptions | MaskedOptions) or task.loss_fn.name == "boundary"
        if each and isinstance(experiment.model.backbone, MlpOptions):
            what = f"tasks.{name}: {task.kind} answers for each sample, and the map of an mlp has one step"
            yield Problem(("tasks", name), what, "write `backbone: bilstm`, tcn or another that keeps time")


def _balance(experiment: Experiment) -> Iterator[Problem]:
    balance, tasks = experiment.balance, len(experiment.enabled)
    start = balance.start if isinstance(balance, KendallOptions) else None
    for name in start if isinstance(start, dict) else ():
        if name not in experiment.tasks:
            yield unknown_word(("balance", "start", name), "task", name, list(experiment.tasks))
    share = balance.min_share if isinstance(balance, KendallOptions | SoftmaxOptions) else 0
    if share * tasks >= 1:
        what = f"balance.min_share: {share:g} for each of {tasks} tasks leaves nothing to weigh"
        yield Problem(("balance", "min_share"), what, f"write less than {math.floor(1000 / tasks) / 1000:g}")


def _metrics(experiment: Experiment, metrics_of: MetricsOf) -> Iterator[Problem]:
    for name, task in experiment.tasks.items():
        valid = metrics_of(task.kind)
        for index, metric in enumerate(task.metrics or ()):
            if metric not in valid:
                yield unknown_word(("tasks", name, "metrics", index), f"metric of kind {task.kind}", metric, valid)


def _monitor(experiment: Experiment, metrics_of: MetricsOf | None) -> Iterator[Problem]:
    monitor = experiment.train.monitor
    split, *rest = monitor.split("/")
    path = ("train", "monitor")
    expected = "val/skill, val/loss, train/loss, val/TASK/METRIC or train/TASK/METRIC"
    if split == "test":
        what = f"train.monitor: {monitor} would choose by test, and what is chosen by test is a validation set"
        yield Problem(path, what, "write val/skill or another metric of val")
    elif split not in SPLITS or len(rest) not in (1, 2) or (len(rest) == 1 and rest[0] not in ("skill", "loss")):
        yield _misspelt(experiment, monitor, expected)
    elif rest == ["skill"] and split == "train":
        yield Problem(path, "train.monitor: expected val/skill, found 'train/skill'")
    elif len(rest) == 2:
        yield from _monitored(experiment, rest[0], rest[1], metrics_of)


def _misspelt(experiment: Experiment, monitor: str, expected: str) -> Problem:
    words = ["val/skill", *(f"{s}/{word}" for s in SPLITS for word in ("loss", *experiment.enabled))]
    close = nearest(monitor, words)
    close = f"{close}/METRIC" if close and close.split("/")[1] in experiment.enabled else close
    hint = f"did you mean {close}?" if close else ""
    return Problem(("train", "monitor"), f"train.monitor: expected {expected}, found {monitor!r}", hint)


def _monitored(experiment: Experiment, name: str, metric: str, metrics_of: MetricsOf | None) -> Iterator[Problem]:
    path = ("train", "monitor")
    task = experiment.enabled.get(name)
    if task is None:
        disabled = name in experiment.tasks
        if disabled:
            yield Problem(path, f"train.monitor: task {name} is disabled", f"enabled: {listing(experiment.enabled)}")
        else:
            yield unknown_word(path, "task", name, list(experiment.enabled))
    elif metrics_of is not None:
        all_of_kind = metrics_of(task.kind)
        reported = list(dict.fromkeys([*all_of_kind[:1], *(task.metrics or all_of_kind)]))
        if metric in all_of_kind and metric not in reported:
            what = f"train.monitor: {metric} is not among the metrics of {name}"
            yield Problem(path, what, f"add it to tasks.{name}.metrics")
        elif metric not in all_of_kind:
            yield unknown_word(path, f"metric of {name}", metric, reported)
