"""Masked pre-training: a config's backbone trained to fill in what it does not see, without labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.api.configuration import Config, load
from polyhead.api.running import Run, train
from polyhead.config.pretraining import TASK, pretraining
from polyhead.config.problem import refuse
from polyhead.config.problems import unknown_word
from polyhead.errors import InputError

if TYPE_CHECKING:
    from polyhead.training.watcher import Watcher


def pretrain(
    config: Config,
    overrides: Sequence[str] = (),
    *,
    out: str | Path = "runs",
    watcher: Watcher | None = None,
    report: bool = True,
    diagnosis: bool = True,
) -> Run:
    """Train a config's backbone on its inputs alone: samples are hidden from it, and it is asked for them.

    The config's tasks need no labels here; its `pretrain` block says what is hidden. The run's folder is what
    `model.init` names to begin with these weights. Raises InputError as `train` does.
    """
    loaded = load(config, overrides)
    options, inputs = loaded.experiment.pretrain, loaded.experiment.data.inputs
    if inputs and options.input not in inputs:
        path = ("pretrain", "input")
        refuse([unknown_word(path, "input", options.input, list(inputs))], loaded.document)
    if loaded.experiment.data.split.folds is not None:
        raise InputError(
            "each fold would pre-train a network of its own",
            where=loaded.document.where(("data", "split", "folds")),
            do="write data.split.folds=null, with recordings that no fold tests",
        )
    values = pretraining(loaded.document.values, options)
    try:
        return train(values, out=out, watcher=watcher, report=report, diagnosis=diagnosis)
    except InputError as error:
        key = next((key for key in ("input", "channels") if error.where == f"tasks.{TASK}.{key}"), None)
        if key is None:
            raise
        place = loaded.document.where(("pretrain", key))  # the task stands in no file
        raise InputError(error.what, where=place, do=error.do, check=error.check) from error
