"""Random numbers that are functions of what they are drawn for, whatever was drawn before them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]


def uniform(keys: Keys) -> NDArray[np.float64]:
    """A number in [0, 1) for each key, neighbouring keys included unrelated."""
    return np.asarray((mix(keys) >> np.uint64(11)) * 2.0**-53)


def mix(values: Keys) -> Keys:
    """The step and finaliser of SplitMix64 (Steele, Lea and Flood 2014): neighbours in, unrelated numbers out."""
    values = values * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def mixed(*numbers: int) -> int:
    """One 64-bit number out of several, their order included."""
    total = np.zeros(1, np.uint64)
    for number in numbers:
        total = mix(total ^ np.array([number % 2**64], np.uint64))
    return int(total[0])
