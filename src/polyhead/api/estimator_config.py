"""The config that an estimator trains with: kinds guessed from labels, and what its parameters say of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from polyhead.api.arrays import Arrays, key_of, known
from polyhead.errors import InputError
from polyhead.scoring.spans import MARKED
from polyhead.signals.classes import is_quantity
from polyhead.signals.codes import coded
from polyhead.signals.proposal import kinds

CLASSES = ("classification", "binary", "ordinal")
"""Kinds of one answer out of several."""
SCORED = (*CLASSES, "multilabel", "span")
"""Kinds that come with probabilities."""
_OWN = ("forecast", "reconstruction", "masked")  # kinds whose truth is the signal itself
_FEW = 60  # rows, of which validation holds so few that a skill on them is often undefined
_SAID = ("augment", "non_finite", "sampler", "sampling_hz", "scaling", "split", "targets")  # keys of data that are free

Tasks = str | Mapping[str, Any] | None


def experiment(inputs: Arrays, labels: Arrays, channels: Iterable[str] | None, tasks: Tasks) -> dict[str, Any]:
    """A config for a file of `inputs` (`x`, and `group` where rows belong to recordings) and `columns(labels)`; `tasks`
    is what is said of them. Raises InputError."""
    blocks, signal = _task_blocks(labels, tasks), inputs["x"].ndim == 3
    spec: dict[str, Any] = {"key": "x"} | ({} if channels is None else {"channels": list(channels)})
    data = {
        "reader": "npz",
        "inputs": {"signal" if signal else "known": spec},
        "targets": {name: _target(name, blocks[name]["kind"]) for name in labels},
        "split": {"stratify": [name for name, block in blocks.items() if block["kind"] in CLASSES]},
    }
    return {
        "name": "estimator",
        "data": data | ({"group": "group"} if "group" in inputs else {}),
        "tasks": blocks,
        "model": {"backbone": "tcn" if signal else "mlp"},
        "train": {"monitor": "val/loss"} if len(inputs["x"]) < _FEW else {},
    }


def _target(name: str, kind: str) -> dict[str, Any]:
    return {"key": key_of(name)} | ({"axes": ["window", "time"]} if kind in MARKED else {})


def said(params: Mapping[str, Any]) -> dict[str, Any]:
    """What an estimator's parameters say, as blocks; those of its `config` go before the others. Raises InputError."""
    seed = params["random_state"]
    if not isinstance(seed, int | np.integer):
        seed = check_random_state(seed).randint(2**31 - 1)
    train = {key: params[key] for key in ("epochs", "batch_size", "lr", "early_stopping")}
    model = {} if params["backbone"] is None else {"model": {"backbone": params["backbone"]}}
    blocks = {"seed": int(seed), "train": train, "balance": params["balance"]} | model
    return merged(blocks, _checked(params["config"] or {}))


def _checked(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The blocks that a user gives; refused where X, y and groups already answer them. Raises InputError."""
    data = config.get("data") or {}
    answered = [f"data.{key}" for key in data if key not in _SAID] + (["tasks"] if "tasks" in config else [])
    if answered:
        do = "give the parameter `tasks`" if answered == ["tasks"] else "X, y and groups are the data"
        raise InputError(f"{answered[0]} cannot be said here", where="config", do=do)
    if (data.get("split") or {}).get("folds"):
        do = "use cross_val_score, or `polyhead train` for pooled folds"
        raise InputError("data.split.folds makes several networks, and an estimator has one", where="config", do=do)
    return config


def merged(ours: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """`ours` with what is said in place of it, block by block."""
    both = {
        key: merged(ours[key], one) if isinstance(one, Mapping) and isinstance(ours.get(key), Mapping) else one
        for key, one in said.items()
    }
    return {**ours, **both}


def _task_blocks(labels: Arrays, tasks: Tasks) -> dict[str, dict[str, Any]]:
    """The `tasks` block: what is said of each task, its kind guessed where that is not. Raises InputError."""
    if isinstance(tasks, str):
        tasks = dict.fromkeys(labels, tasks)
    said = {name: {"kind": one} if isinstance(one, str) else dict(one) for name, one in (tasks or {}).items()}
    for name, one in said.items():
        if name not in labels and one.get("kind") not in _OWN:
            raise InputError(f"no task {name!r} in y; there are {', '.join(labels)}", where="tasks")
    blocks = {name: {"kind": guess(values)} | said.get(name, {}) for name, values in labels.items()}
    for name, values in labels.items():
        _check_labels(f"y[{name!r}]", values, blocks[name]["kind"])
    return blocks | {name: one for name, one in said.items() if name not in labels}


def _check_labels(where: str, values: NDArray[Any], kind: str) -> None:
    present = known(values)
    if not len(present):
        raise InputError("holds no label that is known", where=where)
    if kind not in CLASSES or values.ndim == 2:
        return
    distinct, codes = coded(present)
    if len(distinct) == 1:
        raise InputError("holds one class only", where=where)
    if is_quantity(distinct, codes, np.arange(len(codes))):
        do = "write the kind regression, or labels that are classes"
        raise InputError(f"holds {len(distinct)} continuous values, which are no classes", where=where, do=do)


def guess(values: NDArray[Any]) -> str:
    """The kind of labels (row,) or (row, output), as `polyhead init` guesses it.

    Words are classes however many there are. Whole numbers are a quantity where most of them stand in too few rows to
    be classes; several columns are one quantity of several outputs, or several answers where they hold 0 and 1 only.
    """
    if values.ndim == 2:
        return "multilabel" if np.isin(values[np.isfinite(values)], (0, 1)).all() else "regression"
    if values.dtype.kind == "U":
        return "classification"
    column = values.astype(np.float64)
    kind = kinds.kind_of(column)
    return "regression" if kind == "classification" and _are_mostly_rare(column) else str(kind)


def _are_mostly_rare(column: NDArray[np.float64]) -> bool:
    return 2 * len(kinds.rare(column, None)) > len(np.unique(known(column)))
