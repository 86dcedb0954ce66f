"""What data.json, profile.json and metadata.json say: the data as it was used, the split, the tasks, the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.scoring.board import metrics_of
from polyhead.signals.fingerprint import data_fingerprint, label_fingerprint, split_fingerprint
from polyhead.signals.profile import Profile, make_profile
from polyhead.signals.profile.labelling import InMarks
from polyhead.signals.profile.tally import Tally
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target
from polyhead.tasks import LabelTask, Task
from polyhead.tasks.marks import SpanTask
from polyhead.training.network import Network, count_parameters
from polyhead.training.preparation import Prepared


def describe_data(prepared: Prepared) -> dict[str, Any]:
    """data.json: fingerprints, inputs with scaling and profile, windows, targets, split."""
    windows = prepared.windows
    return {
        "fingerprint": fingerprints(prepared),
        "reader": prepared.experiment.data.reader,
        "sampling_hz": windows.sampling_hz,
        "inputs": {name: _input(prepared, name) for name in windows.inputs},
        "windows": {
            "total": len(windows),
            "length": windows.length,
            "stride": windows.stride,
            "horizon": windows.horizon,
            "overlap": windows.overlap,
            "position": windows.positioned,
            "masked": 0 if windows.filled is None else int((windows.filled < windows.length).sum()),
        },
        "targets": {task.name: _target(prepared, task) for task in prepared.tasks},
        "split": _split(prepared),
        "reweighting": None if prepared.weights is None else prepared.weights.as_dict(),
    }


def profile(prepared: Prepared) -> Profile:
    """profile.json: the data in numbers, as checks read them."""
    return make_profile(
        prepared.experiment,
        prepared.windows,
        prepared.split,
        prepared.statistics,
        prepared.scaling,
        prepared.weights,
        dict(_in_marks(prepared)),
    )


def _in_marks(prepared: Prepared) -> Iterator[tuple[str, InMarks]]:
    windows = prepared.windows
    for task in prepared.tasks:
        if isinstance(task, SpanTask):
            labels = task.labels(windows, np.arange(len(windows)))
            yield task.name, InMarks(labels, task.each(labels))


def fingerprints(prepared: Prepared) -> dict[str, str]:
    """Fingerprints of data, split and label sets."""
    labels = {task.name: getattr(task, "classes", None) for task in prepared.tasks}
    return {
        "data": data_fingerprint(prepared.windows),
        "split": split_fingerprint(prepared.windows, prepared.split),
        "labels": label_fingerprint(labels),
    }


def _input(prepared: Prepared, name: str) -> dict[str, Any]:
    array, scaling = prepared.windows.inputs[name], prepared.scaling[name]
    return {
        "channels": list(array.channels),
        "unit": array.unit,
        "shape": list(array.values.shape),
        "timed": name in prepared.windows.timed,
        "scaling": _scaling(scaling),
        "profile": prepared.statistics["train"][name].as_dict(array.channels),
    }


def _scaling(scaling: ChannelScaling) -> dict[str, Any]:
    """Offset and scale of each channel; none where each recording has its own, which its samples tell."""
    if scaling.kind == "per_recording":
        return {"kind": scaling.kind, "offset": None, "scale": None}
    return {"kind": scaling.kind, "offset": scaling.offset.tolist(), "scale": scaling.scale.tolist()}


def _target(prepared: Prepared, task: Task) -> dict[str, Any]:
    windows, split = prepared.windows, prepared.split
    described: dict[str, Any] = {"kind": task.kind, "unit": task.fitted.unit, "fitted": task.state()}
    described |= {"key": None, "derived_from": None, "classes": None, "counts": None, "summary": None}
    if not isinstance(task, LabelTask):
        described["known"] = {name: len(split[name]) for name in split.names}
        described["missing"] = dict.fromkeys(split.names, 0)
        return described
    targets = {name: task.labels(windows, split[name]) for name in split.names}
    described["key"] = task.target
    named = prepared.experiment.data.targets.get(task.target)
    described["derived_from"] = named.derived_from if named else None
    described["known"] = {name: int(target.mask.sum()) for name, target in targets.items()}
    described["missing"] = {name: int((~target.mask).sum()) for name, target in targets.items()}
    counts = {name: _counts(task, target) for name, target in targets.items()}
    if any(counts.values()):
        described["classes"] = list(counts["train"])
        described["counts"] = counts
    else:
        described["summary"] = {name: _summary(task, target) for name, target in targets.items()}
    return described


def _counts(task: LabelTask, target: Target) -> dict[str, int]:
    """Known labels of each class; empty for a task without classes."""
    counts = task.counts(target, np.zeros(len(target.values), np.int64), 1)
    return {} if counts is None else {label: int(one[0]) for label, one in counts.items()}


def _summary(task: LabelTask, target: Target) -> dict[str, float | None]:
    """Of the numbers that the task is scored on."""
    if not target.mask.any():
        return dict.fromkeys(("mean", "sd", "min", "median", "max"))
    each = task.each(target)
    if each is None:
        known = target.values[target.mask].astype(np.float64)
        found = (known.mean(), known.std(), known.min(), np.median(known), known.max())
    else:
        tally = Tally(*each.take(target.mask).tally())
        found = (tally.mean, tally.sd, *tally.quantiles((0.0, 0.5, 1.0)))
    return dict(zip(("mean", "sd", "min", "median", "max"), map(float, found), strict=True))


def _split(prepared: Prepared) -> dict[str, Any]:
    windows, split = prepared.windows, prepared.split
    held = {name: np.unique(windows.recording[split[name]]) for name in split.names}
    return {
        "by": split.by,
        "seed": split.seed,
        "windows": {name: len(split[name]) for name in split.names},
        "recordings": {name: [windows.recordings[code] for code in codes] for name, codes in held.items()},
        "shared_recordings": split.straddling,
        "left_out": split.left_out,
        "note": _note(prepared),
    }


def _note(prepared: Prepared) -> str | None:
    """What the split can and cannot claim, where it is not plainly one of recordings."""
    windows, split = prepared.windows, prepared.split
    if prepared.experiment.data.group is None and split.by == "group":
        return (
            "No group was named, so every row counts as a recording of its own. If several rows come from one"
            " measurement, they stand on both sides of this split and the scores flatter: name its id as data.group."
        )
    if split.by == "time":
        return (
            f"The past trains and the future is judged: {split.straddling} of {len(windows.recordings)} recordings have"
            f" windows on both sides of a cut, and {split.left_out} windows that reach over one are left out."
        )
    if split.by != "window" or not split.straddling:
        return None
    return (
        f"Windows were dealt out one by one: {split.straddling} of {len(windows.recordings)} recordings have windows"
        " in more than one split. A window is then judged beside neighbours that trained the network, so these scores"
        " say how well it fills gaps within recordings it knows, not how well it does on a recording it has never"
        " seen. Split by recording (data.split.by: group) for that."
    )


def describe_model(prepared: Prepared, network: Network) -> dict[str, Any]:
    """metadata.json: configuration, data set size, feature names, parameters per backbone, branch and head."""
    parameters = count_parameters(network)
    windows, split = prepared.windows, prepared.split
    return {
        "name": prepared.experiment.name,
        "configuration": prepared.experiment.model_dump(mode="json"),
        "parameters": {
            "backbone": parameters.backbone,
            "branches": parameters.branches,
            "heads": parameters.heads,
            "total": parameters.total,
        },
        "backbone": {
            "name": prepared.experiment.model.backbone.name,
            "receptive_field": network.backbone.receptive_field,
        },
        "features": [f"{name}.{channel}" for name, array in windows.inputs.items() for channel in array.channels],
        "windows": {name: len(split[name]) for name in split.names},
        "tasks": {task.name: _task(prepared.experiment, task) for task in prepared.tasks},
    }


def _task(experiment: Experiment, task: Task) -> dict[str, Any]:
    return {
        "kind": task.kind,
        "primary": metrics_of(task.kind)[0].name,
        "unit": task.fitted.unit,
        "floor_loss": task.fitted.floor_loss,
        "loss_fn": experiment.tasks[task.name].loss_fn.name,
        "weight": task.weight,
    }
