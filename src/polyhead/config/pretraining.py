"""The `pretrain` block, and what `polyhead pretrain` trains: a config with one task that needs no label."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import Field, PositiveFloat, PositiveInt

from polyhead.config.block import Block, Names

TASK = "masked"
"""Name of the one task of a pre-training."""
_OF_TASKS = ("joint", "reweighting", "balance", "success", "pretrain")  # blocks that speak of the tasks that go


class PretrainOptions(Block):
    """What `polyhead pretrain` does with this config; training does not read it."""

    input: str = "signal"
    """Name of the input whose hidden samples are filled in."""
    channels: Names | None = None
    """Channels of it that are filled in. Default: all. Every channel is hidden."""
    share: float = Field(default=0.15, gt=0, lt=1)
    """Share of each window's samples that is hidden."""
    patch: PositiveInt = 1
    """Samples in a row that are hidden together."""
    epochs: PositiveInt | None = None
    """Passes over the training windows. Default: those of `train`."""
    batch_size: PositiveInt | None = None
    """Windows in a batch. Default: that of `train`."""
    lr: PositiveFloat | None = None
    """Learning rate. Default: that of `train`."""


def pretraining(values: Mapping[str, Any], options: PretrainOptions) -> dict[str, Any]:
    """The values of a config with the task `masked` instead of its own, under the name NAME-pretrain.

    What speaks of its tasks goes with them: targets, but for those that the split or the sampler spreads evenly, so
    that the split stays the same; slices, balance, branches and criteria; `model.init`, so that it begins anew.
    """
    found = copy.deepcopy(dict(values))
    found = {key: value for key, value in found.items() if key not in _OF_TASKS}
    found["name"] = f"{values['name']}-pretrain"
    found["tasks"] = {TASK: {"kind": TASK} | _given(options, ("input", "channels", "share", "patch"))}
    data = found["data"] = dict(found["data"])
    data.pop("slices", None)
    kept = {name: target for name, target in (data.pop("targets", None) or {}).items() if name in _spread(data)}
    found["data"] = data | ({"targets": kept} if kept else {})
    model = {key: value for key, value in (found.get("model") or {}).items() if key not in ("branches", "init")}
    train = {key: value for key, value in (found.get("train") or {}).items() if key != "monitor"}
    found |= {"model": model, "train": train | _given(options, ("epochs", "batch_size", "lr"))}
    diagnose = {key: value for key, value in (found.pop("diagnose", None) or {}).items() if key != "ignore"}
    return found | ({"diagnose": diagnose} if diagnose else {})


def _given(options: PretrainOptions, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key in keys if (value := getattr(options, key)) is not None}


def _spread(data: Mapping[str, Any]) -> list[str]:
    """Names of targets whose classes split or sampler look at."""
    stratify, sampler = (data.get("split") or {}).get("stratify") or [], data.get("sampler")
    target = sampler.get("target") if isinstance(sampler, dict) else None
    return [*([stratify] if isinstance(stratify, str) else stratify), *([target] if target else [])]
