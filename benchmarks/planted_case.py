"""A case of the planted set: a fault or none, what may rightly be said of it, and how it is made and diagnosed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from polyhead.diagnosis.diagnose import Diagnosis

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

Diagnosed = Callable[[Path], Diagnosis]
"""Makes the case in a folder, or finds it there, and diagnoses it."""


@dataclass(frozen=True)
class PlantedCase:
    """`plants` is the id of the fault, None where nothing is wrong; `follows` are the ids that may also be said of it,
    written down before any result was seen. `dose` is mild, medium or severe."""

    name: str
    plants: str | None
    dose: str
    follows: frozenset[str]
    diagnose: Diagnosed

    @property
    def accepted(self) -> frozenset[str]:
        """Every id that is right here."""
        return self.follows | ({self.plants} if self.plants else frozenset())
