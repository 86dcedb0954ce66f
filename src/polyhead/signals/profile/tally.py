"""Numbers by how often each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """The distinct `values` (value,), ascending, and how often each stands, `count` (value,)."""

    values: Array
    count: NDArray[np.number]

    @property
    def mean(self) -> float:
        """The mean of all numbers."""
        return float(np.average(self.values, weights=self.count))

    @property
    def sd(self) -> float:
        """Their population standard deviation."""
        return float(np.sqrt(np.average((self.values - self.mean) ** 2, weights=self.count)))

    def quantiles(self, shares: Sequence[float]) -> Array:
        """Quantiles, linear between neighbours as NumPy has them."""
        until = np.cumsum(self.count)
        at = np.asarray(shares) * (until[-1] - 1)
        low, high = (self.values[np.searchsorted(until, place, side="right")] for place in (np.floor(at), np.ceil(at)))
        return np.asarray(low + (high - low) * (at - np.floor(at)))
