"""A run brought back from its folder, to judge a checkpoint again, to predict other files or to be exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.source import Source
from polyhead.signals.split import last_windows
from polyhead.signals.statistics import ChannelScaling, refuse_non_finite, scale_recordings
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task, restore_task
from polyhead.trace.folder import RunFolder
from polyhead.training.checkpoint import load
from polyhead.training.description import fingerprints
from polyhead.training.feed import Feed
from polyhead.training.finish import write_predictions
from polyhead.training.judgement import decisions, judge
from polyhead.training.network import Network, build_network
from polyhead.training.preparation import prepare


def judge_splits(
    run: RunFolder, experiment: Experiment, source: Source, checkpoint: str, split: str | None, csv: bool
) -> dict[str, Any]:
    """Metrics of a checkpoint on the run's own splits. Raises InputError where the data changed since."""
    prepared = prepare(experiment, source)
    if fingerprints(prepared) != run.read("data.json")["fingerprint"]:
        raise InputError("the data or the split are not those of the run", where=str(run.path))
    wanted = [split] if split else list(prepared.split.names)
    if split and split not in prepared.split.names:
        raise InputError(f"no split {split!r}; there are {', '.join(prepared.split.names)}", where="--split")
    network, feed = restore(run, experiment, prepared.windows, prepared.tasks, checkpoint)
    index = {name: prepared.split[name] for name in dict.fromkeys([*wanted, "val"])}  # val sets the thresholds
    metrics, pooled = judge(network, feed, index, experiment)
    for name in wanted:
        write_predictions(
            run, _saved(name, checkpoint), prepared.tasks, prepared.windows, index[name], pooled[name], csv
        )
    if not split:
        return metrics
    kept = {key: {split: one} for key in ("summary", "joint", "slices") if (one := metrics[key].get(split))}
    return {key: metrics[key] for key in ("thresholds", "interval_factors", split)} | kept


def judge_file(run: RunFolder, experiment: Experiment, source: Source, checkpoint: str, csv: bool) -> dict[str, Any]:
    """Metrics of a checkpoint on the windows of another file, at the run's own thresholds, as split `data`."""
    windows = assemble(experiment.data, source, experiment.horizon, experiment.seed)
    tasks = restored_tasks(run, experiment)
    network, feed = restore(run, experiment, windows, tasks, checkpoint)
    at = decisions(run.read("metrics.json"))
    index = np.arange(len(windows))
    if experiment.data.window is not None and experiment.data.window.judged("test") == "last":
        index = last_windows(windows, index)
    metrics, pooled = judge(network, feed, {"data": index}, experiment, at)
    write_predictions(run, _saved("data", checkpoint), tasks, windows, index, pooled["data"], csv)
    return metrics


def _saved(split: str, checkpoint: str) -> str:
    """The name of a file of predictions: those of best.ckpt, which metrics.json describes, have the plain one."""
    return split if checkpoint == "best" else f"{split}@{Path(checkpoint).stem}"


def restored_tasks(run: RunFolder, experiment: Experiment) -> tuple[Task, ...]:
    """The run's tasks, as training fitted them."""
    targets = run.read("data.json")["targets"]
    return tuple(restore_task(name, o, targets[name]["fitted"]) for name, o in experiment.enabled.items())


def restore(
    run: RunFolder,
    experiment: Experiment,
    windows: WindowSet,
    tasks: tuple[Task, ...],
    checkpoint: str,
    labels: bool = True,
) -> tuple[Network, Feed]:
    """The run's network with a checkpoint's weights, and a feed with the run's scaling. Raises InputError."""
    described = run.read("data.json")["inputs"]
    _check_inputs(run, windows, described)
    if experiment.data.non_finite == "refuse":
        refuse_non_finite(windows)
    path = Path(checkpoint) if checkpoint.endswith(".ckpt") else run.checkpoint(checkpoint)
    network = build_network(experiment, windows, tasks)
    try:
        network.load_state_dict(load(path)["network"])
    except RuntimeError as error:
        raise InputError("its weights do not fit this run's network", where=str(path)) from error
    scaling = {name: scaling_of(windows, name, one["scaling"]) for name, one in described.items()}
    fill = experiment.data.non_finite == "mask"
    return network, Feed(windows, tasks, scaling, torch.device("cpu"), fill, labels)


def scaling_of(windows: WindowSet, name: str, described: dict[str, Any]) -> ChannelScaling:
    """The run's scaling, or that of these recordings where each has its own."""
    if described["kind"] == "per_recording":
        return scale_recordings(windows, name)
    return ChannelScaling(described["kind"], np.array(described["offset"]), np.array(described["scale"]))


def _check_inputs(run: RunFolder, windows: WindowSet, described: dict[str, Any]) -> None:
    length = run.read("data.json")["windows"]["length"]
    for name, array in windows.inputs.items():
        if list(array.channels) != described[name]["channels"]:
            raise InputError(
                f"input {name!r} has channels {', '.join(array.channels)}, the run was trained on"
                f" {', '.join(described[name]['channels'])}",
                where="data",
            )
    if windows.length != length:
        raise InputError(f"windows of {windows.length} samples, the run was trained on {length}", where="data")
