"""How targets are scaled for their loss, and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TargetScale:
    """scaled = (f(target) - offset) / scale, with f the logarithm above `log_floor` or nothing.

    `offset` and `scale` are per output (output,) of a regression, per channel (channel, 1) of a signal.
    """

    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    log: bool = False
    log_floor: float = 0.0

    def scaled(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Targets (n, ...) in the units of the loss."""
        moved = np.log(np.maximum(target, self.log_floor)) if self.log else target
        return np.asarray((moved - self.offset) / self.scale)

    def physical(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `scaled`. What is too large for float64 becomes Inf."""
        moved = scaled * self.scale + self.offset
        with np.errstate(over="ignore"):
            return np.exp(moved) if self.log else np.asarray(moved)

    def spread(self, scaled: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
        """A standard deviation in target units, from one in scaled units about `scaled`.

        Under a logarithm by the delta method: sd of exp(x) is about exp(x) times that of x, good while that is small.
        """
        physical = sd * self.scale
        return self.physical(scaled) * physical if self.log else np.asarray(physical)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return asdict(self) | {"offset": self.offset.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TargetScale:
        """The inverse of `as_dict`."""
        return cls(np.array(state["offset"]), np.array(state["scale"]), state["log"], state["log_floor"])
