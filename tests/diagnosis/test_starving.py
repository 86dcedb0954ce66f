"""Which tasks have no voice by intent, and which have diverged."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.starving import diverged, unweighted


def case(losses: list[float], floor: float | None = None, first: float | None = None) -> Case:
    """A task with these training losses over epochs, and a loss of the first step."""
    table = {"epoch": np.arange(1.0, len(losses) + 1), "a": np.array(losses)}
    steps = None if first is None else {"step": np.zeros(1), "loss.a": np.array([first])}
    return Case("a log", {"a": TaskFacts("a", floor_loss=floor)}, losses={"train": table}, steps=steps)


@pytest.mark.parametrize(
    ("made", "expected", "why"),
    [
        (case([1.0, 1.0, 2.5, 2.5]), True, "2.5 times its start"),
        (case([1.0, 9.0, 1.9, 1.9]), False, "it came back"),
        (case([1.0, 1.0, 2.5, 2.5], floor=2.0), False, "it started below the best constant"),
        (case([2.5, 2.5, 2.5, 2.5], first=1.0), True, "the first epoch was past the rise"),
        (case([-1.0, -1.2, -1.4, -1.5]), False, "a loss below 0 that falls"),
        (case([0.0, 0.0, 0.1, 0.1]), False, "nothing is twice 0"),
        (case([float("nan")] * 4), False, "no finite loss"),
    ],
)
def test_diverged(made: Case, expected: bool, why: str):
    assert diverged(made, "a") is expected, why


@pytest.mark.parametrize(("weights", "expected"), [([0.0, 0.0], True), ([0.0, 0.1], False), ([np.nan] * 2, False)])
def test_a_weight_of_0_in_a_log(weights: list[float], expected: bool):
    log = {"epoch": np.array([1.0, 2.0]), "weight_a": np.array(weights)}
    assert unweighted(Case("a log", {"a": TaskFacts("a")}, weights=log), "a") is expected
