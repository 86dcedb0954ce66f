"""A profile of arrays, the way training makes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.signals.profile import Profile
from polyhead.signals.source import InputArray, Source
from polyhead.training.description import profile
from polyhead.training.preparation import Prepared, prepare


def prepared(inputs: dict[str, Any], columns: dict[str, Any], tasks: dict[str, Any], **data: Any) -> Prepared:
    """What training would see. Channels are called 0, 1, ...; `sampled`, `sampling_hz` and `reweighting` may be given
    among the keys of the data block; without a split of its own, `side` is the column that tells it."""
    sampled, rate_hz = data.pop("sampled", False), data.pop("rate_hz", None)
    blocks = {key: data.pop(key) for key in ("reweighting", "seed") if key in data}
    arrays = {
        name: InputArray(np.asarray(values), tuple(map(str, range(np.shape(values)[1]))))
        for name, values in inputs.items()
    }
    split = {"split": {"column": "side"}} if "side" in columns else {}
    values = {"name": "small", "data": {"reader": "npz"} | split | data, "tasks": tasks} | blocks
    source = Source(arrays, {key: np.asarray(one) for key, one in columns.items()}, rate_hz, sampled)
    return prepare(Experiment.model_validate(values), source)


def measured(inputs: dict[str, Any], columns: dict[str, Any], tasks: dict[str, Any], **data: Any) -> Profile:
    """The profile of that."""
    return profile(prepared(inputs, columns, tasks, **data))


def sides(recordings: int, each: int) -> dict[str, Any]:
    """Columns of so many recordings of `each` rows: their number `unit`, and `side`, of which the last recording but
    one is val, the last test, and all others train."""
    unit = np.repeat(np.arange(recordings), each)
    side = np.where(unit == recordings - 1, "test", np.where(unit == recordings - 2, "val", "train"))
    return {"unit": unit, "side": side}


NUMBER = {"kind": "regression"}
CLASS = {"kind": "classification"}
YES = {"kind": "binary"}
