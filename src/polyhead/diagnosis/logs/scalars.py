"""Scalars over steps or epochs, whoever logged them, as a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns, TaskFacts
from polyhead.diagnosis.logs.metric_words import PRIMARY, direction_of, floor_of, kind_of
from polyhead.diagnosis.logs.names import AXES, Names, Place, place_of
from polyhead.errors import InputError
from polyhead.scoring.metric import Metric, Score
from polyhead.scoring.skill import skill_of

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One scalar: its name and phase (empty where the log says none), the steps or epochs it was logged at, values.

    A step that was logged twice counts as it was logged last."""

    name: str
    at: Numbers
    values: Numbers
    phase: str = ""


def case_of_series(origin: str, series: Sequence[Series], names: Names, by_epoch: bool) -> Case:
    """The case of a log. `by_epoch` says that `at` counts epochs; else epochs are those that a series called epoch
    tells, or the points at which validation was logged.

    Raises InputError where no scalar of the log can be placed.
    """
    placed = [(place, _last(one)) for one in series if (place := place_of(one.name, names, one.phase)) is not None]
    placed = [(place, one) for place, one in placed if len(one.at)]
    told = [(place, one) for place, one in placed if place.what not in (*AXES, "time")]
    if not told:
        some = ", ".join(sorted({one.name for one in series})[:5]) or "nothing"
        raise InputError(
            f"no loss and no metric among its scalars ({some})",
            where=origin,
            do="say what they are in a file of names, --columns FILE",
        )
    if not by_epoch:
        told = _in_epochs(placed, told)
    return _case(origin, told, names)


def _last(one: Series) -> Series:
    """In order, each step once."""
    known = np.isfinite(one.at)
    at, values = one.at[known], one.values[known]
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    last = np.append(at[1:] != at[:-1], True) if len(at) else np.zeros(0, bool)
    return Series(one.name, at[last], values[last], one.phase)


def in_order(steps: Numbers, epochs: Numbers) -> bool:
    """Whether rows can be told apart by their steps: each has one, and neither steps nor epochs ever fall, as they do
    where steps are counted anew in each epoch or a run was taken up again."""
    known = np.isfinite(steps).all() and np.isfinite(epochs).all()
    return bool(known and (np.diff(steps) >= 0).all() and (np.diff(epochs) >= 0).all())


def _in_epochs(
    placed: Sequence[tuple[Place, Series]], told: Sequence[tuple[Place, Series]]
) -> list[tuple[Place, Series]]:
    """The series with epochs in place of steps, as the log counts them or else from 1: means over the steps of each
    epoch, NaN and all."""
    clock = next((one for place, one in placed if place.what == "epoch"), None)
    epochs, ends = _ends(clock, told)
    return [(place, _averaged(one, epochs, ends)) for place, one in told]


def _ends(clock: Series | None, told: Sequence[tuple[Place, Series]]) -> tuple[Numbers, Numbers]:
    """The epochs, and the last step of each. A share of an epoch (0.5, as Hugging Face counts) is part of the next."""
    if clock is not None and len(np.unique(clock.values)) > 1:
        epochs, number = np.unique(np.ceil(clock.values), return_inverse=True)
        ends, starts = np.full(len(epochs), -np.inf), np.full(len(epochs), np.inf)
        np.maximum.at(ends, number, clock.at)
        np.minimum.at(starts, number, clock.at)
        if len(clock.at) > len(epochs):  # told within epochs, so that what follows the last time is still of the epoch
            ends[:-1] = np.maximum(ends[:-1], np.nextafter(starts[1:], -np.inf))
        return epochs, np.maximum.accumulate(ends)
    judged = [one.at for place, one in told if place.split in ("val", "test")]
    ends = np.unique(np.concatenate(judged or [one.at for _, one in told]))
    return np.arange(1.0, len(ends) + 1), ends


def _averaged(one: Series, epochs: Numbers, ends: Numbers) -> Series:
    number = np.minimum(np.searchsorted(ends, one.at), len(ends) - 1)
    found, place, count = np.unique(number, return_inverse=True, return_counts=True)
    with np.errstate(invalid="ignore"):  # inf - inf
        values = np.bincount(place, weights=one.values) / count
    return Series(one.name, epochs[found], values, one.phase)


def _case(origin: str, told: Sequence[tuple[Place, Series]], names: Names) -> Case:
    named = [place.task for place, _ in told if place.task]
    tasks = tuple(dict.fromkeys([*names.tasks, *named]))
    epochs = np.unique(np.concatenate([one.at for _, one in told]))
    table: dict[Place, Numbers] = {}
    for place, one in told:
        table[place] = _aligned(one, epochs)
    losses = {split: _losses(table, split, epochs) for split in ("train", "val")}
    scores = {task: _of_task(table, task, epochs) for task in tasks}
    facts = {task: _facts(task, names, scores[task]) for task in tasks}
    return Case(
        origin=origin,
        tasks=facts,
        epochs=_epochs(table, epochs),
        losses={split: one for split, one in losses.items() if one is not None} or None,
        scores={task: one for task, one in scores.items() if len(one) > 1} or None,
        weights=_weights(table, epochs),
        gradients=_gradients(table, epochs),
        metrics=_last_scores(scores, facts),
        state={"status": "unknown", "epoch": int(epochs[-1]) if np.isfinite(epochs[-1]) else len(epochs)},
        absent=_ABSENT,
    )


_ABSENT = {
    "predictions": "the log holds no predictions",
    "profile": "the log does not show the data",
    "config": "the log has no polyhead configuration",
    "steps": "the log holds no gradients of tasks",
    "slices": "the log holds no slices",
}


def _aligned(one: Series, epochs: Numbers) -> Numbers:
    values = np.full(len(epochs), np.nan)
    values[np.searchsorted(epochs, one.at)] = one.values
    return values


def _epochs(table: Mapping[Place, Numbers], epochs: Numbers) -> Columns:
    found = {"epoch": epochs}
    for name, place in {
        "train_loss": Place("loss", "train"),
        "val_loss": Place("loss", "val"),
        "val_skill": Place("skill", "val"),
        "lr": Place("lr"),
    }.items():
        if place in table:
            found[name] = table[place]
    return found


def _losses(table: Mapping[Place, Numbers], split: str, epochs: Numbers) -> Columns | None:
    own = {place.task: one for place, one in table.items() if place.what == "loss" and place.split == split}
    if not any(own):
        return None
    return {"epoch": epochs, **{task or "total": one for task, one in own.items()}}


def _of_task(table: Mapping[Place, Numbers], task: str, epochs: Numbers) -> Columns:
    """The metrics of a task over epochs, of validation; of test where there is no validation."""
    beside = ("loss", "weight", "sigma")
    for split in ("val", "test"):
        own = {
            place.what: one
            for place, one in table.items()
            if place.task == task and place.split == split and place.what not in beside
        }
        if own:
            return {"epoch": epochs, **own}
    return {"epoch": epochs}


def _weights(table: Mapping[Place, Numbers], epochs: Numbers) -> Columns | None:
    own = {f"{place.what}_{place.task}": one for place, one in table.items() if place.what in ("weight", "sigma")}
    return {"epoch": epochs, **own} if own else None


def _gradients(table: Mapping[Place, Numbers], epochs: Numbers) -> Columns | None:
    norm = table.get(Place("grad_norm"))
    return None if norm is None else {"epoch": epochs, "total_grad_norm": norm}


def _facts(task: str, names: Names, scores: Columns) -> TaskFacts:
    metrics: dict[str, float | None] = {name: None for name in scores if name != "epoch"}
    primary = next((name for name in PRIMARY if name in metrics), None)
    return TaskFacts(task, kind=names.tasks.get(task) or kind_of(metrics, None), primary=primary)


def _last_scores(
    scores: Mapping[str, Columns], facts: Mapping[str, TaskFacts]
) -> dict[str, dict[str, dict[str, Score]]]:
    """The last known value of each metric, which is what the log ends with."""
    found: dict[str, dict[str, Score]] = {}
    for task, columns in scores.items():
        for name, values in columns.items():
            known = values[np.isfinite(values)]
            if name != "epoch" and len(known):
                found.setdefault(task, {})[name] = _score(name, float(known[-1]), facts[task].primary == name)
    return {"val": found} if found else {}


def _score(name: str, value: float, primary: bool) -> Score:
    """A score of which nobody said more: beside the floor that its name tells, if it does."""
    direction, best = direction_of(name)
    floor, predictor = floor_of(name, None, None)
    skill = skill_of(Metric(name, direction, best), value, floor)
    return Score(value, floor, None, skill.value, 0, None, skill.reason, predictor, direction, best, "", primary)
