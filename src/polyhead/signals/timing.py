"""Time stamps as an input: seconds since the recording began, and the step to each sample, never fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.config.data import DataOptions, SecondsScaling
from polyhead.errors import InputError
from polyhead.signals.source import InputArray, Source
from polyhead.signals.windows import Index

CHANNELS = ("time", "dt")


def in_seconds(data: DataOptions, name: str) -> bool:
    """Whether the scaling of input `name` says that it holds time stamps."""
    scaling = data.scaling.get(name)
    return scaling == "seconds" or isinstance(scaling, SecondsScaling)


def with_time(data: DataOptions, source: Source, recording: Index) -> Source:
    """The source with every input of time stamps as two channels, and with the input `time` where the scaling asks for
    one and `data.time` is its key. Raises InputError where such an input is no time."""
    inputs = dict(source.inputs)
    if in_seconds(data, "time") and "time" not in inputs:
        if data.time is None or not source.sampled:
            rows = data.time is not None and not source.sampled
            raise InputError(
                "time in seconds needs a time stamp of every sample"
                + (", and `data.time` has one for each row" if rows else ""),
                where="data.scaling.time",
                do="name an input of them: `inputs.time`" if rows else "name their column as `data.time`",
            )
        stamps = source.columns[data.time].astype(np.float64)
        began = np.flatnonzero(np.diff(recording, prepend=-1))
        inputs["time"] = InputArray(_of_recordings(stamps, began), CHANNELS, "s", flat=True)
    for name in source.inputs:
        if in_seconds(data, name):
            inputs[name] = _timed(name, source, inputs[name], recording)
    return replace(source, inputs=inputs)


def _timed(name: str, source: Source, array: InputArray, recording: Index) -> InputArray:
    if len(array.channels) != 1:
        raise InputError(
            f"input {name!r} has {len(array.channels)} channels, time stamps are one", where=f"data.scaling.{name}"
        )
    if array.values.ndim == 3:
        stamps = array.values[:, 0].astype(np.float64)
        since = stamps - stamps[:, :1]
        values = np.stack([since, np.diff(since, axis=1, prepend=0.0)], axis=1)
        return InputArray(values.astype(np.float32), CHANNELS, "s")
    if source.extent is not None and array.flat:
        began = np.cumsum(source.extent) - source.extent
    else:
        began = np.flatnonzero(np.diff(recording, prepend=-1))
    return InputArray(_of_recordings(array.values[:, 0].astype(np.float64), began), CHANNELS, "s", flat=True)


def _of_recordings(stamps: NDArray[np.float64], began: Index) -> NDArray[np.float32]:
    """(sample, 2): time since the recording's first sample, and the step from the sample before (0 at the first)."""
    count = np.diff(np.append(began, len(stamps)))
    since = stamps - np.repeat(stamps[began], count)
    step = np.diff(stamps, prepend=stamps[0])
    step[began] = 0.0
    return np.stack([since, step], axis=1).astype(np.float32)
