"""What "best" means: the monitor over epochs, the best epoch of each task, and when to stop waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from polyhead.scoring.board import KINDS, metrics_of
from polyhead.scoring.metric import Direction, Score

Scores = Mapping[str, Mapping[str, Score]]  # task -> metric -> score
WORST = -1.0  # where a skill is clipped


@dataclass
class Selection:
    """The best epoch so far. Values are kept so that higher is better; undefined values are never best."""

    monitor: str
    value: float | None = None
    epoch: int | None = None
    waited: int = 0
    loss: float | None = None
    tasks: dict[str, float] = field(default_factory=dict)

    @property
    def lower_is_better(self) -> bool:
        """Whether `value` is negated: the monitor is a loss or an error."""
        last = self.monitor.rpartition("/")[2]
        return last == "loss" or any(m.name == last and m.direction == "lower" for k in KINDS for m in metrics_of(k))

    def update(self, epoch: int, value: float | None, loss: float | None = None) -> bool:
        """Whether `value` is the best so far; the first epoch is, even if undefined, so that there always is one.

        Where every task is so far below its floor that all skills are clipped, the validation loss tells epochs apart.
        """
        if self.epoch is None or self._is_better(value) or self._is_less_bad(value, loss):
            self.value, self.epoch, self.waited, self.loss = value, epoch, 0, loss
            return True
        self.waited += 1
        return False

    def _is_better(self, value: float | None) -> bool:
        return value is not None and (self.value is None or value > self.value)

    def _is_less_bad(self, value: float | None, loss: float | None) -> bool:
        clipped = self.monitor.endswith("/skill") and value == self.value == WORST
        return clipped and loss is not None and self.loss is not None and loss < self.loss

    def update_task(self, task: str, value: float | None) -> bool:
        """Whether `value` is the best of `task` so far."""
        if value is None or value <= self.tasks.get(task, float("-inf")):
            return False
        self.tasks[task] = value
        return True

    def state_dict(self) -> dict[str, Any]:
        return asdict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


def monitored(monitor: str, scores: Mapping[str, Scores], losses: Mapping[str, float]) -> float | None:
    """The monitor's value, negated where lower is better, from scores per split and total losses per split."""
    split, _, rest = monitor.partition("/")
    if rest == "skill":
        return mean_skill(scores[split])
    if rest == "loss":
        return -losses[split]
    task, _, metric = rest.partition("/")
    return towards(scores[split][task][metric])


def towards(score: Score) -> float | None:
    """A score's value so that higher is better; None where undefined."""
    direction: Direction | None = score.direction
    return None if score.value is None else -score.value if direction == "lower" else score.value


def primary(scores: Mapping[str, Score]) -> Score:
    """The primary metric's score of one task."""
    return next(score for score in scores.values() if score.primary)


def mean_skill(scores: Scores) -> float | None:
    """Mean over tasks of the primary skill clipped to [-1, 1]; undefined skills are left out."""
    skills = [primary(task).skill for task in scores.values()]
    known = [min(1.0, max(WORST, skill)) for skill in skills if skill is not None]
    return sum(known) / len(known) if known else None
