"""What the trivial predictors of a task learned from the training labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Reference:
    """Constants of the training labels; everything a floor needs besides the split it is scored on.

    `prior` holds the share of each class: (class,) for classification, (negative, positive) for binary, empty
    otherwise. `mean` and `median` are in target units, one per output (regression) or per channel over all
    windows and steps (forecast), empty otherwise. `n` counts the training labels behind them.
    """

    kind: str
    n: int
    prior: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    median: tuple[float, ...] = ()

    @property
    def positive_share(self) -> float:
        """Share of positives among the training labels of a binary task."""
        return self.prior[1]

    @property
    def majority(self) -> int:
        """Index of the most frequent training class; the lowest index among equals."""
        return max(range(len(self.prior)), key=lambda index: self.prior[index])

    def as_dict(self) -> dict[str, Any]:
        """The reference as plain values that JSON can hold."""
        plain = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Reference:
        """The reference that `as_dict` wrote, after a way through JSON or not."""
        constants = {key: tuple(plain[key]) for key in ("prior", "mean", "median")}
        return cls(kind=plain["kind"], n=plain["n"], **constants)
