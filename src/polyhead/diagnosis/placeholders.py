"""What programs write where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

_ROUND = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999, 1000, 10000, 100000, 1e6, 1e9)
NUMBERS = (*map(float, _ROUND), -32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0)
"""Numbers, those at the ends of integer types among them."""
WORDS = ("nan", "null", "n/a", "na", "#n/a", "nat", "missing", "unknown", "unlabeled", "unlabelled", "?")
"""Names. `none` and 0 are left out: they name the absence of a fault."""
CODES = ("-1", "-999", "-9999")
"""Numbers as names of classes."""
_GRADES = 3  # -1 beside 0 and 1 alone may be a trend: falling, steady, rising


def names_nothing(name: str, others: Sequence[str]) -> Literal["yes", "perhaps", "no"]:
    """Whether a class of this name, beside `others`, says that nothing is known.

    -1 beside 1, or beside other numbers below 0, is a class like others; beside 0, 1 and 2 it hardly is.
    """
    word = name.strip().lower()
    if not others or word not in (*WORDS, *CODES):
        return "no"
    numbers = [float(other) for other in others if is_number(other)]
    if word in WORDS or not numbers:
        return "yes"
    return "no" if min(numbers) != 0 else "yes" if len(numbers) >= _GRADES else "perhaps"


def is_number(name: str) -> bool:
    """Whether a class's name is a finite number."""
    try:
        return bool(np.isfinite(float(name)))
    except ValueError:
        return False
