"""Where a bearing's faults strike: kinematic orders from geometry, and the load that each strike meets."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

# Half-extent of the load zone over the diameter (Stribeck's epsilon): 0.5 is zero clearance, a zone of +-90 degrees.
LOAD_ZONE = 0.5
# Load-deflection exponent of balls (Harris and Kotzalas, Rolling Bearing Analysis, 5th ed. 2006, chapter 7).
BALL_EXPONENT = 1.5


@dataclass(frozen=True)
class Geometry:
    """A ball bearing with a fixed outer and a turning inner race.

    The properties are orders, frequencies in multiples of the shaft's (Randall and Antoni, Rolling element bearing
    diagnostics: a tutorial, Mechanical Systems and Signal Processing 25, 2011, equations 1 to 4).
    """

    balls: int
    ball_mm: float
    pitch_mm: float
    contact_deg: float = 0.0

    @property
    def ratio(self) -> float:
        """Ball over pitch diameter, times the cosine of the contact angle."""
        return self.ball_mm / self.pitch_mm * cos(radians(self.contact_deg))

    @property
    def cage(self) -> float:
        """FTF: turns of the cage."""
        return (1 - self.ratio) / 2

    @property
    def outer(self) -> float:
        """BPFO: balls that pass a point of the outer race."""
        return self.balls * self.cage

    @property
    def inner(self) -> float:
        """BPFI: balls that pass a point of the inner race."""
        return self.balls * (1 + self.ratio) / 2

    @property
    def spin(self) -> float:
        """BSF: turns of a ball about itself; a spot on it strikes a race twice a turn."""
        return self.pitch_mm / (2 * self.ball_mm) * (1 - self.ratio**2)

    def strikes(self, fault: str) -> float:
        """Strikes of a fault per turn of the shaft."""
        return {"outer": self.outer, "inner": self.inner, "ball": 2 * self.spin}[fault]

    def turn(self, fault: str) -> float:
        """Order at which the fault itself travels through the load zone."""
        return {"outer": 0.0, "inner": 1.0, "ball": self.cage}[fault]


SKF_6205 = Geometry(balls=9, ball_mm=7.94, pitch_mm=39.04)


def load_at(angle: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share of the largest ball load at `angle` (rad) from the load's direction, in [0, 1] (Stribeck)."""
    share = 1 - (1 - np.cos(angle)) / (2 * LOAD_ZONE)
    return np.asarray(np.clip(share, 0, None) ** BALL_EXPONENT, dtype=np.float64)
