"""A fault: where and how it is planted, what may rightly be said of it, and what mends it. All declared beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from faults.recipe import Recipe

DOSES = ("mild", "medium", "severe")
UNLEARNED = frozenset(
    (
        *("below-floor", "below-majority", "constant-output", "probability-collapse", "stalled-training"),
        "loss-metric-divergence",
    )
)
"""What follows where a task is hardly learned."""
POORLY = UNLEARNED | {"overfitting", "stale-checkpoint", "weak-slice"}
"""What follows where labels are wrong: training learns them by heart, validation gets worse."""
WILD = UNLEARNED | {
    *("learning-rate", "exploding-gradient", "vanishing-gradient", "non-finite", "dead-units", "rank-collapse"),
    *("initial-loss", "stale-checkpoint", "overfitting", "frozen-parameters"),
}
"""What follows where steps or activations are far too large or too small."""

Plant = Callable[[Recipe, Any], None]
Reach = Literal["run", "static"]
"""`run`: the fault may do harm, which a training shows; `static`: it flatters or hides, and is looked for in
configuration and data before training."""


@dataclass(frozen=True)
class Fault:
    """One row of the catalogue, planted in three doses.

    `causes` are ids that name the fault: its own first, then those that say the same in other words. `follows` are
    symptoms that are right to be reported, but no cause. `fixes` are the keys that an accepted remedy sets; `data`
    stands for a remedy in the data. `harms` maps a recipe to the tasks whose score tells whether a dose hurts, in the
    metric `by`. `held_out` marks families that no threshold was looked at on. Loops and tables of metrics take the dose
    as it is, plant `nothing` and are `called` by name.
    """

    row: str
    causes: tuple[str, ...]
    doses: Sequence[Any]
    plant: Plant
    harms: Mapping[str, tuple[str, ...]]
    fixes: tuple[str, ...] = ("data",)
    follows: frozenset[str] = frozenset()
    reach: Reach = "run"
    by: Literal["score", "decision"] = "score"
    held_out: bool = False
    called: str = ""

    @property
    def id(self) -> str:
        """The check that is meant."""
        return self.causes[0]

    @property
    def name(self) -> str:
        """Names the fault: no two plants are called alike."""
        return self.called or self.plant.__name__.strip("_").replace("_", "-")

    @property
    def accepted(self) -> frozenset[str]:
        """Every id that is right here."""
        return self.follows | frozenset(self.causes)

    def dosed(self) -> Iterator[tuple[str, Any]]:
        """Each dose by its name."""
        yield from zip(DOSES, self.doses, strict=True)


def nothing(recipe: Recipe, dose: Any) -> None:
    """The plant of faults that are no edit of a recipe."""
