"""How a reason names classes, labels or outputs by their indices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NAMED = 8  # more indices than this make a reason unreadable


def remark_on(noun: str, chosen: NDArray[np.bool_], what: str) -> str | None:
    """`noun 2, 5: what` for the indices where `chosen` is true, or None if there is none."""
    found = np.flatnonzero(chosen).tolist()
    if not found:
        return None
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{noun} {', '.join(str(index) for index in found[:NAMED])}{more}: {what}"
