"""What balancing takes of the time of training."""

from __future__ import annotations

from dataclasses import dataclass

from polyhead.config.balance import Balance as BalanceOptions
from polyhead.config.balance import GradientOptions


@dataclass
class Price:
    """Seconds that the steps of some tasks took in all, and of these balancing beyond what the plain sum takes."""

    options: BalanceOptions
    tasks: int
    steps: float = 0.0
    balancing: float = 0.0

    @property
    def share(self) -> float | None:
        """Share of balancing in the time of the steps; None before the first epoch is over."""
        return self.balancing / self.steps if self.steps else None

    @property
    def line(self) -> str:
        """Which balance, where it looked, and what part of the steps' time it took."""
        where = ""
        if isinstance(self.options, GradientOptions):
            every = self.options.every
            where = f" at {self.options.at}" + (f" every {every} steps" if every > 1 else "")
        alone = ", of one task alone" if self.tasks == 1 else ""
        return f"balance {self.options.method}{where}{alone}: {self.share or 0:.1%} of the time of the steps"
