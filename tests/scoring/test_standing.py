"""Where a score stands to its floor: a table of cases with near misses."""

from __future__ import annotations

from typing import Any

import pytest

from polyhead.scoring.standing import standing

UP: dict[str, Any] = {"direction": "higher", "best": 1.0}
DOWN: dict[str, Any] = {"direction": "lower", "best": 0.0}


def scored(value: float | None, floor: float | None, skill: float | None, interval: Any = None, **more: Any) -> Any:
    """A score, as much of it as this reads."""
    return {"value": value, "floor": floor, "skill": skill, "interval": interval} | UP | more


@pytest.mark.parametrize(
    ("score", "outcome", "why"),
    [
        (scored(0.9, 0.5, 0.8, [0.8, 0.95]), "beats", "the whole interval is above the floor"),
        (scored(0.9, 0.5, 0.8, [0.49, 0.95]), "even", "skill is above 0, but the interval covers the floor"),
        (scored(0.9, 0.5, 0.8, [0.5, 0.95]), "even", "an interval that touches the floor does not exclude it"),
        (scored(0.9, 0.5, 0.8), "above", "nothing says that it is not by chance"),
        (scored(0.5, 0.5, 0.0), "even", "the floor itself"),
        (scored(0.5, 0.5, 0.0, [0.51, 0.6]), "even", "an interval does not make up for no skill"),
        (scored(0.4, 0.5, -0.2), "below", "nor this"),
        (scored(0.4, 0.5, -0.2, [0.3, 0.55]), "even", "below the floor, perhaps by chance"),
        (scored(0.4, 0.5, -0.2, [0.3, 0.49]), "worse", "the whole interval is below the floor"),
        (scored(2.0, 3.0, 1 / 3, [1.5, 2.9], **DOWN), "beats", "an error: lower is better"),
        (scored(2.0, 3.0, 1 / 3, [1.5, 3.1], **DOWN), "even", "an error whose interval covers the floor"),
        (scored(4.0, 3.0, -1 / 3, [3.1, 5.0], **DOWN), "worse", "an error above the floor"),
        (scored(None, 0.5, None, reason="one class"), "undefined", "no value is not a bad value"),
        (scored(1.0, 1.0, None, reason="floor and best coincide"), "undefined", "no skill is not skill 0"),
        ({}, "undefined", "no score at all"),
    ],
)
def test_where_a_score_stands(score: Any, outcome: str, why: str) -> None:
    assert standing(score) == outcome, why
