"""Skill by hand, and where it has no meaning."""

import pytest

from polyhead.scoring.metric import Metric
from polyhead.scoring.skill import skill_of

ERROR = Metric("mae", "lower", 0.0)
SCORE = Metric("auroc", "higher", 1.0)


@pytest.mark.parametrize(
    ("metric", "value", "floor", "skill"),
    [
        (ERROR, 1.0, 4.0, 0.75),
        (ERROR, 4.0, 4.0, 0.0),
        (ERROR, 0.0, 4.0, 1.0),
        (ERROR, 6.0, 4.0, -0.5),
        (SCORE, 0.75, 0.5, 0.5),
        (SCORE, 0.25, 0.5, -0.5),
        (SCORE, 0.5, -1.0, 0.75),
    ],
)
def test_by_hand(metric, value, floor, skill):
    assert skill_of(metric, value, floor).value == pytest.approx(skill)
    assert skill_of(metric, value, floor).reason is None


@pytest.mark.parametrize(
    ("metric", "floor", "reason"),
    [
        (SCORE, 1.0, "no skill: a trivial predictor is already perfect on this split"),
        (ERROR, 0.0, "no skill: a trivial predictor is already perfect on this split"),
        (SCORE, None, "no skill: no floor"),
        (Metric("bias", None, 0.0), 1.0, "no skill: neither direction of bias is better"),
        (Metric("nll", "lower", None), 1.0, "no skill: nll has no best value"),
    ],
)
def test_without_meaning_it_is_none_with_the_reason(metric, floor, reason):
    outcome = skill_of(metric, 0.7, floor)
    assert (outcome.value, outcome.reason) == (None, reason)


def test_a_tiny_floor_is_not_the_best():
    assert skill_of(ERROR, 1e-15, 4e-15).value == pytest.approx(0.75)
