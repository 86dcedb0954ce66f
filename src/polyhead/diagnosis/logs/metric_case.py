"""The cells of a table of metrics as a case: scores beside floors, losses and weights, facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns, TaskFacts
from polyhead.diagnosis.identities import HALF_UNIT
from polyhead.diagnosis.logs.metric_words import JOINT, PRIMARY, TOTAL, direction_of, floor_of, is_fact, kind_of
from polyhead.errors import InputError
from polyhead.scoring.metric import Metric, Score
from polyhead.scoring.skill import skill_of

MOST_CLASSES = 100_000
"""More than any table is about; a larger number is a slip."""
UNNAMED = "table"
"""The split of rows that name none."""
_WEIGHTS = ("sigma", "weight", "log_sigma", "log_var")


@dataclass(frozen=True)
class Cell:
    """One number or word of a table: the file and row it stands in, what it is of, and how it was rounded.

    `value` is None where the cell is empty or says nan; `half` is half a unit of the last digit; a fact such as a kind
    has a `word` instead.
    """

    file: str
    row: str
    task: str
    split: str
    epoch: float | None
    name: str
    value: float | None
    half: float
    word: str = ""
    interval: tuple[float, float] | None = None
    floor: float | None = None
    n: int | None = None

    @property
    def said(self) -> float | str | None:
        """The word or the value."""
        return self.word or self.value


def case_of(origin: str, cells: Sequence[Cell]) -> Case:
    """The case of a table. Raises InputError where two rows disagree."""
    cells = _agreeing([_joint(cell) for cell in cells])
    tasks = tuple(dict.fromkeys(cell.task for cell in cells if cell.task.lower() not in TOTAL))
    if not tasks:
        raise InputError("the table names no task", where=origin, do="name one in the column task")
    metrics = [cell for cell in cells if not is_fact(cell.name)]
    known = _known(cells, tasks)
    splits = dict.fromkeys(cell.split or UNNAMED for cell in metrics)
    scored = {
        split: found
        for split in splits
        if (found := {task: one for task in tasks if (one := _scores(metrics, split, task, known[task]))})
    }
    facts = {task: _facts(task, known[task], scored) for task in tasks}
    return Case(
        origin=origin,
        tasks=facts,
        metrics=_with_primary(scored, facts) or None,
        scores=_over_epochs(metrics, tasks),
        losses=_losses(cells),
        weights=_weights(cells),
        known=known,
    )


def _joint(cell: Cell) -> Cell:
    if cell.task.lower() in JOINT and cell.name == "accuracy":
        return Cell(**{**vars(cell), "name": "all_correct"})
    return cell


def _agreeing(cells: Sequence[Cell]) -> list[Cell]:
    """Each number once. Raises InputError naming two rows that give one number different values."""
    seen: dict[tuple[Any, ...], Cell] = {}
    for cell in cells:
        key = (cell.task, cell.split, cell.epoch, cell.name)
        first = seen.setdefault(key, cell)
        if first.said != cell.said and cell.said is not None and first.said is not None and not _per_metric(cell):
            raise InputError(
                f"{cell.task} has {cell.name} {first.said} in {first.row} and {cell.said} in {cell.row}",
                where=cell.file,
                do="leave one of them out, or tell them apart by a column split or epoch",
            )
        if first.said is None:
            seen[key] = cell
    return list(seen.values())


def _per_metric(cell: Cell) -> bool:
    """Whether the number may differ from metric to metric of a task."""
    return cell.name in ("n", "unit")


def _known(cells: Sequence[Cell], tasks: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Facts by task, of the most independent split where splits differ, and the rounding of every number."""
    known: dict[str, dict[str, Any]] = {task: {} for task in tasks}
    order = {"train": 0, "val": 1, "": 2, "test": 3}
    for cell in sorted(cells, key=lambda cell: (order.get(cell.split, 2), cell.epoch or 0)):
        if cell.task not in known or cell.said is None:
            continue
        if is_fact(cell.name):
            known[cell.task][cell.name] = cell.said
        if not cell.word:
            key = f"{cell.name}{HALF_UNIT}"
            known[cell.task][key] = max(cell.half, known[cell.task].get(key, 0.0))
    return known


def _scores(metrics: Sequence[Cell], split: str, task: str, known: Mapping[str, Any]) -> dict[str, Score]:
    """The scores of a task on a split, those of the last epoch where there are several."""
    own = [cell for cell in metrics if cell.task == task and (cell.split or UNNAMED) == split]
    last = max((cell.epoch for cell in own if cell.epoch is not None), default=None)
    return {cell.name: _score(cell, known) for cell in own if cell.epoch in (None, last)}


def _score(cell: Cell, known: Mapping[str, Any]) -> Score:
    direction, best = direction_of(cell.name)
    floor, predictor = floor_of(cell.name, known.get("prevalence"), known.get("majority"))
    if cell.floor is not None:
        floor, predictor = cell.floor, "floor of the table"
    count = cell.n if cell.n is not None else known.get("n")
    skill = skill_of(Metric(cell.name, direction, best), cell.value, floor)
    return Score(
        value=cell.value,
        floor=floor,
        ceiling=None,
        skill=skill.value,
        n=round(count) if count else 0,
        interval=cell.interval,
        reason=f"not a number in {cell.row}" if cell.value is None else skill.reason,
        floor_predictor=predictor,
        direction=direction,
        best=best,
        unit=known.get("unit", "") if cell.name in ("mae", "rmse", "bias", "res_68") else "",
        primary=False,
    )


def _facts(task: str, known: Mapping[str, Any], scored: Mapping[str, Mapping[str, Mapping[str, Score]]]) -> TaskFacts:
    names = {name: score.value for split in scored.values() for name, score in split.get(task, {}).items()}
    classes = known.get("classes")
    count = round(classes) if classes else 0
    said = known.get("kind")
    return TaskFacts(
        name=task,
        kind=str(said).lower() if said else kind_of(names, classes),
        loss=known.get("loss_fn"),
        primary=next((name for name in PRIMARY if name in names), None),
        unit=str(known.get("unit", "")),
        classes=tuple(str(index) for index in range(count)) if 2 <= count <= MOST_CLASSES else (),
    )


def _with_primary(
    scored: Mapping[str, Mapping[str, Mapping[str, Score]]], facts: Mapping[str, TaskFacts]
) -> dict[str, dict[str, dict[str, Score]]]:
    return {
        split: {
            task: {
                name: Score(**{**vars(score), "primary": name == facts[task].primary}) for name, score in scores.items()
            }
            for task, scores in tasks.items()
        }
        for split, tasks in scored.items()
    }


def _over_epochs(metrics: Sequence[Cell], tasks: Sequence[str]) -> dict[str, Columns] | None:
    """Metrics of validation over epochs, or of the only split there is."""
    timed = [cell for cell in metrics if cell.epoch is not None]
    splits = list(dict.fromkeys(cell.split for cell in timed))
    chosen = "val" if "val" in splits else splits[-1] if splits else None
    tables = {task: _by_epoch([c for c in timed if c.task == task and c.split == chosen]) for task in tasks}
    return {task: table for task, table in tables.items() if table is not None} or None


def _losses(cells: Sequence[Cell]) -> dict[str, Columns] | None:
    """Losses of train and of everything else, which counts as validation; a table without epochs is one epoch."""
    own = [cell for cell in cells if cell.name == "loss" and cell.value is not None]
    named = [
        (cell, "train" if cell.split == "train" else "val", "total" if cell.task.lower() in TOTAL else cell.task)
        for cell in own
    ]
    tables = {
        phase: _by_epoch([Cell(**{**vars(cell), "name": task}) for cell, part, task in named if part == phase])
        for phase in ("train", "val")
    }
    return {phase: table for phase, table in tables.items() if table is not None} or None


def _weights(cells: Sequence[Cell]) -> Columns | None:
    """sigma_TASK and weight_TASK; a logarithm of sigma, or of its square, counts as sigma."""
    own = []
    for cell in cells:
        if cell.name in _WEIGHTS and cell.value is not None:
            power = {"log_sigma": 1.0, "log_var": 0.5}.get(cell.name)
            value = cell.value if power is None else math.exp(min(power * cell.value, 700.0))
            column = f"{'weight' if cell.name == 'weight' else 'sigma'}_{cell.task}"
            own.append(Cell(**{**vars(cell), "name": column, "value": value}))
    return _by_epoch(own)


def _by_epoch(cells: Sequence[Cell]) -> dict[str, NDArray[np.float64]] | None:
    """A table with a row per epoch and a column per name; NaN where nothing is said. None without cells."""
    if not cells:
        return None
    epochs = sorted({cell.epoch or 1.0 for cell in cells})
    table = {name: np.full(len(epochs), np.nan) for name in dict.fromkeys(cell.name for cell in cells)}
    for cell in cells:
        if cell.value is not None:
            table[cell.name][epochs.index(cell.epoch or 1.0)] = cell.value
    return {"epoch": np.array(epochs), **table}
