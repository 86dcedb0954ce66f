"""What a metric is and what a score holds: a value that never stands without its floor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Direction = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """A metric's name, its direction (None: neither way is better) and its best value (None: no best).

    `unit` says whether the value carries the unit of the target, or its square.
    """

    name: str
    direction: Direction | None
    best: float | None
    unit: Literal["", "target", "target^2"] = ""


@dataclass(frozen=True)
class Score:
    """One metric of one task on one split.

    `floor` is the best score of the trivial predictors fitted on the training set, `floor_predictor` which one
    reached it; `skill` is 1 - value/floor for errors and (value - floor)/(best - floor) for scores. What is
    undefined is None, with the `reason`. `interval` is a 95 % bootstrap over recordings, `n` counts known labels.
    """

    value: float | None
    floor: float | None
    ceiling: float | None
    skill: float | None
    n: int
    interval: tuple[float, float] | None
    reason: str | None
    floor_predictor: str | None
    direction: Direction | None
    best: float | None
    unit: str
    primary: bool

    def as_dict(self) -> dict[str, Any]:
        """The score as metrics.json holds it."""
        return asdict(self)
