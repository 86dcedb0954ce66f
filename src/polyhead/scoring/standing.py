"""Where a score stands to its floor: the one judgement that the page, its criteria and everybody else use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Standing = Literal["beats", "above", "even", "below", "worse", "undefined"]


def standing(score: Mapping[str, Any]) -> Standing:
    """Where a score, as metrics.json holds it, stands to its floor.

    It beats the floor where its skill is above 0 and its whole interval lies on the better side of the floor; it is
    worse under the mirrored condition; anything between is not distinguishable. Without an interval chance is not
    excluded: then it is only above or below.
    """
    value, floor, skill = (score.get(key) for key in ("value", "floor", "skill"))
    if value is None or floor is None or skill is None:
        return "undefined"
    if not score.get("interval"):
        return "above" if skill > 0 else "below" if skill < 0 else "even"
    low, high = score["interval"]
    lower_is_better = score.get("direction") == "lower"
    all_better = high < floor if lower_is_better else low > floor
    all_worse = low > floor if lower_is_better else high < floor
    if skill > 0 and all_better:
        return "beats"
    return "worse" if skill < 0 and all_worse else "even"
