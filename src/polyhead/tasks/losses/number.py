"""What a loss of numbers is: how many outputs make a prediction, what they cost, and how they read in target units."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Weights

Array = NDArray[np.float64]


class NumberLoss(ABC):
    """A loss of estimates (batch, part, ...) against scaled targets (batch, ...).

    An estimate has `parts` numbers for each number of the target; the first `places` of them are places on the scaled
    target's axis, which bounds then bind. Conventions on factors stand in each class.
    """

    shifted: ClassVar[bool] = False
    """Whether losses are 1 + loss - loss of the constant."""

    @property
    @abstractmethod
    def parts(self) -> int:
        """Outputs for each number of the target."""

    @property
    @abstractmethod
    def places(self) -> int:
        """How many of them, the first ones, are places on the target's axis."""

    @abstractmethod
    def __call__(self, estimate: Tensor, truth: Tensor) -> Tensor:
        """Elementwise losses (batch, ...)."""

    @abstractmethod
    def best_constant(self, truth: Array, weights: Weights | None) -> Array:
        """The estimate (part, ...) with the least mean loss over scaled targets (n, ...)."""

    @abstractmethod
    def decode(self, estimate: Array, scale: TargetScale) -> Decoded:
        """Estimates (batch, part, ...) as predictions (batch, ...) in target units."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What was fitted, as JSON holds it."""


def like(weights: Weights | None, truth: Array) -> Array | None:
    """Weights (n,) that broadcast against targets (n, ...)."""
    return None if weights is None else weights.reshape(-1, *[1] * (truth.ndim - 1))
