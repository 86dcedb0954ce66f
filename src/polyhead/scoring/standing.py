"""Where a score stands to its floor: the one judgement that the page, its criteria and everybody else use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Standing = Literal["beats", "even", "worse", "undefined"]


def standing(score: Mapping[str, Any]) -> Standing:
    """Where a score, as metrics.json holds it, stands to its floor.

    It beats the floor only when its skill is above 0 and, where it has an interval, the whole interval lies on the
    better side of the floor; it is worse under the mirrored condition; anything between is not distinguishable.
    """
    value, floor, skill = (score.get(key) for key in ("value", "floor", "skill"))
    if value is None or floor is None or skill is None:
        return "undefined"
    low, high = score.get("interval") or (value, value)
    lower_is_better = score.get("direction") == "lower"
    all_better = high < floor if lower_is_better else low > floor
    all_worse = low > floor if lower_is_better else high < floor
    if skill > 0 and all_better:
        return "beats"
    return "worse" if skill < 0 and all_worse else "even"
