"""How far each task came from what a constant scores: what tells an oddity that did harm from one that did none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.finding import Fact
from polyhead.scoring.metric import Score


@dataclass(frozen=True)
class Progress:
    """Where a task ended: 0 at its floor, 1 perfect, below 0 worse than a constant; `interval` 95 %, where one is
    known. `source` says what it is taken from."""

    task: str
    value: float
    interval: tuple[float, float] | None
    source: str

    @property
    def upper(self) -> float:
        """The upper end of the interval, the value itself without one."""
        return self.value if self.interval is None else self.interval[1]

    def fact(self, threshold: float) -> Fact:
        """The progress as evidence, held against `threshold`."""
        return Fact(f"progress of {self.task}", self.value, self.interval, threshold, self.source)


def progress_of(case: Case) -> list[Progress]:
    """Every weighted task whose floor is known, the worst first: by the skill of its primary metric, else by the loss
    of the last fifth of training against that of the best constant."""
    found = [one for task in case.tasks if case.tasks[task].weight and (one := _progress(case, task)) is not None]
    return sorted(found, key=lambda one: one.value)


def _progress(case: Case, task: str) -> Progress | None:
    scored = case.score(task)
    if scored is not None and scored[1].skill is not None:
        return Progress(task, scored[1].skill, skill_interval(scored[1]), f"skill on {case.judged}")
    floor, losses = case.tasks[task].floor_loss, training_loss(case, task)
    if floor is None or floor <= 0 or not len(losses):
        return None
    late = losses[-max(1, len(losses) // 5) :]
    return Progress(task, 1 - float(np.median(late)) / floor, None, "training loss against that of the best constant")


def training_loss(case: Case, task: str) -> NDArray[np.float64]:
    """The task's own finite losses over epochs, of training where there are some, else of validation."""
    losses = case.losses or {}
    phase = losses.get("train") or losses.get("val") or {}
    values = phase.get(task, np.zeros(0))
    return values[np.isfinite(values)]


def at_floor(case: Case, task: str) -> bool:
    """Whether the judged score of a task is no better than its floor, by its interval where there is one."""
    _, score = case.score(task) or ("", None)
    if score is None or score.skill is None:
        return False
    low, high = score.interval or (float("nan"), float("nan"))
    return score.skill <= 0 or (score.floor is not None and low <= score.floor <= high)


def skill_interval(score: Score) -> tuple[float, float] | None:
    """The interval of a score as one of its skill; None without an interval, or a floor and a best to place it by."""
    if score.interval is None or score.floor is None or score.best is None or score.best == score.floor:
        return None
    low, high = sorted((end - score.floor) / (score.best - score.floor) for end in score.interval)
    return low, high
