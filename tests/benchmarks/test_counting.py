"""How the fault benchmark counts: intervals, harm, ranks and remedies, on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from faults.case import Outcome, Said, outcome_of
from faults.fault import Fault, nothing
from faults.harm import harm
from faults.recipe import Recipe
from faults.results import Results, counted, wilson

FAULT = Fault(
    "1",
    ("loss-dominance", "weight-lag"),
    (1, 2, 3),
    nothing,
    {"ph": ("rate",)},
    ("balance", "tasks.*.scale"),
    frozenset(("below-floor",)),
    called="loud",
)


def outcome(seed: int, *ids: str, recipe: str = "ph", keys: tuple[str, ...] = (), score: float = 0.1) -> Outcome:
    said = tuple(Said(id, "warning", keys=keys) for id in ids)
    return Outcome(f"{recipe}-{seed}", "fault", "run", recipe, seed, "loud", "severe", said, score=score, twin=0.9)


@pytest.mark.parametrize(("hits", "n"), [(0, 300), (1, 300), (7, 10), (10, 10)])
def test_interval_is_wilsons(hits: int, n: int) -> None:
    reference = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((reference.low, reference.high), abs=1e-5)


def test_no_alarm_in_sixty_runs_proves_little_and_in_three_hundred_more() -> None:
    assert wilson(0.0, 60)[1] > 0.05
    assert wilson(0.0, 300)[1] < 0.013


def test_ten_losses_hurt_and_ten_differences_about_zero_do_not() -> None:
    healthy = np.full(10, 0.9)
    assert harm(healthy, healthy - 0.2 - 0.01 * np.arange(10)).manifest
    assert not harm(healthy, healthy + 0.1 * (-1.0) ** np.arange(10)).manifest
    assert not harm(healthy, healthy + 0.2).manifest, "a gain is no harm"
    assert not harm(healthy, healthy).manifest
    assert not harm(healthy[:5], healthy[:5] - 0.5).manifest, "five pairs are too few"


def found(*outcomes: Outcome) -> Results:
    return counted(outcomes, {"loud": FAULT})


def test_rank_is_that_of_the_first_cause() -> None:
    told = found(outcome(0, "overfitting", "below-floor", "weight-lag"))
    one = told.planted[0]
    assert not told.own(one)
    assert told.any_cause(one)
    assert not told.within(1)(one)
    assert not told.within(2)(one)
    assert told.within(3)(one)


def test_symptoms_are_right_and_no_cause() -> None:
    told = found(outcome(0, "below-floor"), outcome(1, "overfitting"))
    assert [told.any_cause(one) for one in told.planted] == [False, False]
    assert [told.any_right(one) for one in told.planted] == [True, False]
    assert told.alarms() == {"below-floor": {"right": 1, "alarms": 1}, "overfitting": {"right": 0, "alarms": 1}}


def test_interval_counts_a_cell_once_however_many_seeds_it_has() -> None:
    told = found(*(outcome(seed, "loss-dominance") for seed in range(8)), outcome(0, recipe="iq"))
    share = told.share(told.planted, told.own)
    assert (share.value, share.cells, share.runs) == (0.5, 2, 9)


def test_harm_is_tested_over_the_pairs_of_all_recipes() -> None:
    told = found(*(outcome(seed, recipe=recipe, score=0.1 * seed) for seed in range(5) for recipe in ("ph", "iq")))
    assert told.harms["loud", "severe"].pairs == 10
    assert {told.nature(one) for one in told.planted} == {"manifest"}


@pytest.mark.parametrize(("key", "accepted"), [("tasks.rate.scale", True), ("balance", True), ("train.lr", False)])
def test_star_stands_for_one_name_in_a_remedy(key: str, accepted: bool) -> None:
    told = found(outcome(0, "loss-dominance", keys=(key,)))
    assert told.remedied(told.planted[0]) is accepted


def test_outcomes_survive_json() -> None:
    one = outcome(3, "below-floor", keys=("balance",))
    assert outcome_of(one.as_dict()) == one


def test_rows_and_clean_labels_stay_together() -> None:
    values = np.arange(6.0)
    recipe = Recipe({"x": values, "run": np.repeat([0, 1], 3)}, {"data": {"group": "run"}}, clean={"y": values.copy()})
    recipe.keep(np.array([5, 0, 1]))
    recipe.append(np.array([0]), run=np.array([9]))
    assert recipe.arrays["x"].tolist() == recipe.clean["y"].tolist() == [5, 0, 1, 5]
    assert recipe.arrays["run"].tolist() == [1, 0, 0, 9]
