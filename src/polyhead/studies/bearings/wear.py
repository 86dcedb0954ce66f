"""How a bearing goes from new to failed: fractions of life, and the strength of its fault over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Share of the wobble that one snapshot leaves to the next.
MEMORY = 0.7


def snapshot_times(count: int, end: float) -> NDArray[np.float64]:
    """Elapsed fractions of life (snapshot,), from 0 to `end`, equally spaced; an `end` of 1 is the failure."""
    return np.linspace(0.0, end, count)


def wobble(count: int, spread: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A stationary first-order process (snapshot,) with standard deviation `spread`."""
    steps = rng.standard_normal(count)
    values = np.empty(count)
    values[0] = steps[0]
    for i in range(1, count):
        values[i] = MEMORY * values[i - 1] + np.sqrt(1 - MEMORY**2) * steps[i]
    return spread * values


def strength_db(
    elapsed: NDArray[np.float64], onset: float, start_db: float, final_db: float, curve: float
) -> NDArray[np.float64]:
    """Strength of the fault in dB (snapshot,), -inf before the onset.

    It grows from `start_db` at the onset to `final_db` at failure along s^`curve`, s being the share of the time in
    between: an exponential growth of the amplitude at `curve` 1, a slow start above 1, a fast one below.
    """
    share = np.clip((elapsed - onset) / (1 - onset), 0, 1)
    grown = start_db + (final_db - start_db) * share**curve
    return np.where(elapsed >= onset, grown, -np.inf)


def lifetime_hours(load_kn: float, shaft_hz: float, rating_kn: float, rng: np.random.Generator) -> float:
    """A life in hours: the rating life L10 = (C/P)^3 million turns (ISO 281) with Weibull scatter of slope 1.5.

    Divided by 20, as accelerated tests overload their bearings.
    """
    rating_hours = (rating_kn / load_kn) ** 3 * 1e6 / (3600 * shaft_hz) / 20
    # 10 % fail before L10: the scale of a Weibull of slope 1.5 is L10 / 0.105^(1/1.5).
    return float(rating_hours / 0.1054 ** (1 / 1.5) * rng.weibull(1.5))
