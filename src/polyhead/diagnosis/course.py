"""The course of a task's metric over the epochs: where it stands against its floor, and whether it fell back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.curves import noise, sign_of, smooth
from polyhead.scoring.metric import Score

Standing = Literal["floor", "fell", "poor", "fair", "unknown"]

FLAT = 0.05
"""Share of the way from the floor to perfect up to which a metric counts as still at its floor."""
FAIR = 0.5
"""Half of that way: a task that got there was heard."""
FELL = 0.1
"""Least share of what was gained that must be lost again; smaller dips are what late epochs do."""
NOISE = 2.0
"""And at least so many standard deviations of one epoch about a smooth curve."""
FEWEST = 5
"""Epochs without which nothing is said of falling."""
_FLOORS = {"r2": 0.0, "auroc": 0.5, "auc": 0.5, "macro_auroc": 0.5, "separation": 0.0, "f1": 0.0, "macro_f1": 0.0}
"""What a trivial predictor reaches at the least, whatever the data."""
_CONSTANT = {"r2": 0.0}
"""Where what the mean scores is known whatever the data: a stronger floor, such as persistence, is not what a head
that learned nothing reaches."""
_CHOICE = ("auroc", "macro_f1", "f1", "r2", "auc", "macro_auroc", "accuracy", "rmse", "mae", "mse")


@dataclass(frozen=True)
class Course:
    """A task's metric: its `last` value, `floor`, and `skill` as a share of the way from floor to perfect, all None
    where unknown. `lost` is the share of what was gained over the epochs that is lost again at the end, and `falling`
    says that it is more than noise. `epochs` were seen, 0 where only a final score is known."""

    metric: str
    last: float | None
    floor: float | None
    skill: float | None
    lost: float = 0.0
    falling: bool = False
    epochs: int = 0

    @property
    def standing(self) -> Standing:
        """`floor` nothing learned, `fell` learned and lost, `poor` less than half of the way, `fair`, or `unknown`."""
        if self.skill is not None and self.skill <= FLAT and not self._beats_the_mean:
            return "floor"
        if self.falling:
            return "fell"
        if self.skill is None:
            return "unknown"
        return "fair" if self.skill >= FAIR else "poor"

    @property
    def _beats_the_mean(self) -> bool:
        constant = _CONSTANT.get(self.metric)
        return constant is not None and self.last is not None and self.last > constant + FLAT


def late(count: int) -> slice:
    """The last fifth of `count` rows, one at least."""
    return slice(count - max(1, count // 5), count)


def course_of(case: Case, task: str, *, judged: bool = True) -> Course | None:
    """The course of `task` by its primary metric, or by its loss where no metric is known. None where neither is.

    Where it stands is told by the score of the judged split, unless that is not known or `judged` is false; whether it
    fell, by validation over the epochs.
    """
    found = case.score(task)
    name, values = series(case, task)
    if name is None:
        return _by_loss(case, task) if found is None else Course(found[0], *_said(found[1]))
    known = (case.metrics or {}).get("val", {}).get(task, {}).get(name)
    sign = sign_of(name)
    floor = known.floor if known is not None and known.floor is not None else _FLOORS.get(name)
    last = float(np.median(values[late(len(values))]))
    skill = _skill(last, floor, known.best if known is not None else None, sign)
    lost = _fall(sign * values, None if floor is None else sign * floor)
    if not judged or found is None or found[1].skill is None:
        return Course(name, last, floor, skill, *lost, len(values))
    return Course(found[0], *_said(found[1]), *lost, len(values))


def standing_of(case: Case, task: str) -> Standing:
    """Where `task` stands, `unknown` where nothing tells it."""
    found = course_of(case, task)
    return "unknown" if found is None else found.standing


def series(case: Case, task: str) -> tuple[str | None, NDArray[np.float64]]:
    """Name and finite values over epochs of the task's primary metric, or of the first known one; None without any."""
    table = (case.scores or {}).get(task, {})
    found = case.score(task)
    wanted = (found[0] if found else None, case.tasks[task].primary if task in case.tasks else None, *_CHOICE, *table)
    for name in wanted:
        if name is not None and name in table and sign_of(name):
            values = table[name][np.isfinite(table[name])]
            if len(values):
                return name, values
    return None, np.zeros(0)


def _said(score: Score) -> tuple[float | None, float | None, float | None]:
    return score.value, score.floor, score.skill


def _by_loss(case: Case, task: str) -> Course | None:
    """The task's loss against its floor loss: of validation, or else of training."""
    floor = case.tasks[task].floor_loss if task in case.tasks else None
    losses = case.losses or {}
    table = losses.get("val") or losses.get("train") or {}
    values = table.get(task, np.zeros(0))
    values = values[np.isfinite(values)]
    if floor is None or floor <= 0 or not len(values):
        return None
    last = float(np.median(values[late(len(values))]))
    return Course("loss", last, floor, 1 - last / floor, *_fall(-values, -floor), len(values))


def _skill(last: float, floor: float | None, best: float | None, sign: int) -> float | None:
    if floor is None:
        return None
    way = (best if best is not None else (0.0 if sign < 0 else 1.0)) - floor
    return (last - floor) / way if way * sign > 0 else None


def _fall(values: NDArray[np.float64], floor: float | None) -> tuple[float, bool]:
    """Share of the gain that is lost at the end, and whether it is more than noise; more is better in `values`."""
    if len(values) < FEWEST:
        return 0.0, False
    last = float(np.median(values[late(len(values))]))
    best = float(max(smooth(values).max(), last))
    start = floor if floor is not None else float(values[0])
    if best <= start:
        return 0.0, False
    lost = (best - last) / (best - start)
    return lost, lost > FELL and best - last > NOISE * noise(values)
