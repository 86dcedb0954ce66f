"""What the scalars of another program's log are called, and a file that says it where they cannot be told.

Every scalar gets a place: a split, a task and what it is of that task. A file of names is YAML:

    names: {"Val/F1": val/span/f1, "L_cd": train/countdown/loss, "s_cd": countdown/sigma}
    tasks: {span: binary, countdown: regression}
    files: {epoch_metrics: log.csv}        # where one of the six tables has another name

with the places epoch, step, lr, grad_norm, SPLIT/loss, SPLIT/TASK/loss, SPLIT/TASK/METRIC, TASK/weight, TASK/sigma.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polyhead.config.document import Document
from polyhead.diagnosis.logs.metric_words import SPLITS, metric_name, split_name
from polyhead.errors import InputError
from polyhead.scoring.board import KINDS

_DO = "write names, tasks or files"
AXES = ("epoch", "step")
ALONE = "main"
"""The task of scalars that name none."""
_KINDS = tuple(KINDS)
_SELF = {"lr": "lr", "learning_rate": "lr", "epoch": "epoch", "current_epoch": "epoch", "step": "step"}
_SELF |= {"global_step": "step", "iteration": "step", "iter": "step", "_step": "step", "trainer_global_step": "step"}
_SELF |= dict.fromkeys(("grad_norm", "total_grad_norm", "gradient_norm", "total_norm"), "grad_norm")
_SELF |= dict.fromkeys(("epoch_time", "seconds", "_runtime", "_timestamp", "time", "wall_time"), "time")


@dataclass(frozen=True)
class Place:
    """Where a scalar belongs: `what` is a metric, `loss`, `weight`, `sigma`, or one of epoch, step, lr, grad_norm,
    time; `task` is empty for what is of all tasks."""

    what: str
    split: str = ""
    task: str = ""


@dataclass(frozen=True)
class Names:
    """Places by the names of the log, kinds by task, and other names of the six tables."""

    names: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def read_names(path: Path) -> Names:
    """The file of names at `path`. Raises InputError naming its line."""
    if _is_empty(path):
        raise InputError("the file is empty", where=str(path), do=_DO)
    document = Document.read(path)
    values = document.values
    for key in values:
        if key not in ("names", "tasks", "files"):
            raise InputError(f"unknown key {key}", where=document.where((key,)), do=_DO)
    parts = {key: _texts(document, key, values.get(key) or {}) for key in ("names", "tasks", "files")}
    for name, place in parts["names"].items():
        if _spelt(place) is None:
            raise InputError(
                f"names.{name}: {place!r} is no place",
                where=document.where(("names", name)),
                do="write one such as val/TASK/METRIC, train/loss, TASK/sigma, epoch or lr",
            )
    for task, kind in parts["tasks"].items():
        if kind not in _KINDS:
            where = document.where(("tasks", task))
            raise InputError(f"tasks.{task}: unknown kind {kind!r}", where=where, do=f"valid: {', '.join(_KINDS)}")
    return Names(**parts)


def _is_empty(path: Path) -> bool:
    """Whether the file holds nothing but comments; what cannot be read is Document's to refuse."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return False
    return all(not line.strip() or line.lstrip().startswith("#") or line.strip() in ("---", "{}") for line in lines)


def _texts(document: Document, key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise InputError(f"{key}: expected names and what they are", where=document.where((key,)))
    return {str(name): one for name, one in value.items()}


def refuse_unmatched(names: Names, columns: Iterable[str], where: str) -> None:
    """Raises InputError naming what the file of names speaks of and `columns` do not hold."""
    there = list(dict.fromkeys(columns))
    if lacking := [name for name in names.names if name not in there]:
        raise InputError(
            f"--columns names {', '.join(lacking[:5])}, which is no column (there are {', '.join(there[:12])})",
            where=where,
            do="write names as the header does",
        )


def place_of(name: str, names: Names, phase: str = "") -> Place | None:
    """Where the scalar `name` belongs, read in `phase` where the log says one; None where that cannot be told."""
    if name in names.names:
        return _spelt(names.names[name])
    return _guessed(name, split_name(phase) if phase else "", tuple(names.tasks))


def _spelt(text: str) -> Place | None:
    """A place as a file of names, and polyhead itself, spells it."""
    parts = text.split("/")
    if len(parts) == 1:
        return Place(text) if text in {*AXES, "lr", "grad_norm", "time"} else None
    if parts[0] in ("train", "val", "test") and len(parts) == 2:
        return Place(parts[1], parts[0]) if parts[1] in ("loss", "skill") else Place(parts[1], parts[0], ALONE)
    if parts[0] in ("train", "val", "test") and len(parts) == 3:
        return Place(parts[2], parts[0], parts[1])
    if len(parts) == 2 and parts[1] in ("weight", "sigma"):
        return Place(parts[1], "", parts[0])
    if len(parts) == 2 and parts[0] in ("weight", "sigma"):
        return Place(parts[0], "", parts[1])
    return None


def _guessed(name: str, split: str, tasks: tuple[str, ...]) -> Place | None:
    word = re.sub(r"[\s/.:\-]+", "_", name.strip()).strip("_").lower()
    if word in _SELF or word.startswith(("lr_", "learning_rate")):
        return Place(_SELF.get(word, "lr"))
    tokens = word.removesuffix("_epoch").split("_")
    if tokens[0] == "epoch" and len(tokens) > 1:
        tokens.pop(0)  # Keras calls them epoch_loss and epoch_accuracy
    if len(tokens) > 1 and (tokens[-1] == "step" or tokens[0] == "batch" or tokens[-1] == "iterations"):
        return None  # the same scalar, batch by batch
    found = next((one for one in (tokens[0], tokens[-1]) if one in SPLITS), None)
    if found is not None and len(tokens) > 1:
        split = SPLITS[found]
        tokens.remove(found)
    for mark in ("sigma", "weight"):
        if mark in (tokens[0], tokens[-1]) and len(tokens) > 1:
            tokens.remove(mark)
            if tokens[:1] == ["log"]:
                return None
            return Place(mark, "", _task(tokens, tasks))
    if "loss" in tokens:
        rest = [one for one in tokens if one not in ("loss", "total")]
        return Place("loss", split or "train", _task(rest, tasks)) if rest else Place("loss", split or "train")
    for length in range(min(3, len(tokens)), 0, -1):
        _, metric = metric_name("_".join(tokens[-length:]))
        if metric_name("_".join(tokens[-length:]))[1] != "_".join(tokens[-length:]) or _is_metric(metric):
            rest = tokens[:-length]
            return Place(metric, split or "val", _task(rest, tasks) if rest else ALONE)
    return None


def _is_metric(name: str) -> bool:
    from polyhead.diagnosis.logs.metric_words import METRICS

    return name in METRICS.values()


def _task(tokens: list[str], tasks: tuple[str, ...]) -> str:
    """The task that words name, as the file of names spells it."""
    word = "_".join(tokens)
    return next((task for task in tasks if task.lower() == word), word)
