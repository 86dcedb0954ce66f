"""Uncertainty against scipy and torch, on errors that are normal and on some that are not what was said."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from polyhead.scoring.board import fit_reference, score_task

from .cases import drawn, given, training_labels

TRAINING = np.array([0.0, 2.0, 4.0])  # mean 2, variance 8/3
NAMES = ["nll", "coverage_90", "pull_sd"]


def scored(truth, pred, **numbers):
    case = given(truth, pred, **numbers)
    return score_task("regression", case, fit_reference("regression", TRAINING), metrics=NAMES)


def test_by_hand():
    scores = scored([1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 1.0, 4.0], sd=[1.0, 1.0, 2.0, 1.0], low=[1, 1, 2, 5], high=[3] * 4)
    # d/sd = 1, 0, -1, 0; ln sd = ln 2 once; 1 and 2 inside, 3 on the bound, 4 outside of the reversed [5, 3]
    assert scores["nll"].value == pytest.approx(np.log(2) / 4 + 0.5 * 2 / 4 + 0.5 * np.log(2 * np.pi))
    assert scores["coverage_90"].value == pytest.approx(3 / 4)
    assert scores["pull_sd"].value == pytest.approx((2 / 4) ** 0.5)


def test_directions_bests_floors_and_why_there_is_no_skill():
    truth = [1.0, 2.0, 6.0]
    scores = scored(truth, truth, sd=[1.0] * 3, low=truth, high=truth)
    declared = {name: (scores[name].direction, scores[name].best, scores[name].skill) for name in NAMES}
    assert declared == {"nll": ("lower", None, None), "coverage_90": (None, 0.9, None), "pull_sd": (None, 1.0, None)}
    assert scores["nll"].reason == "no skill: nll has no best value"
    assert scores["coverage_90"].reason == "no skill: neither direction of coverage_90 is better"
    # the normal distribution of training, not the mean with the network's own uncertainty
    assert scores["nll"].floor == pytest.approx(-norm.logpdf(truth, 2, (8 / 3) ** 0.5).mean())
    assert scores["nll"].floor_predictor == "mean"
    assert (scores["coverage_90"].floor, scores["pull_sd"].floor) == (None, None)


@pytest.mark.parametrize("kind", ["regression", "forecast", "reconstruction", "masked"])
def test_nll_is_that_of_scipy_and_torch_over_all_numbers(kind):
    torch = pytest.importorskip("torch")
    case = drawn(kind)
    case = replace(case, sd=np.random.default_rng(5).uniform(0.2, 2, size=case.pred.shape))
    truth, pred, sd = (values[case.mask] for values in (case.truth, case.pred, case.sd))
    labels = training_labels(kind)
    nll = score_task(kind, case, fit_reference(kind, labels))["nll"]
    assert nll.value == pytest.approx(-norm.logpdf(truth, pred, sd).mean())
    oracle = torch.nn.functional.gaussian_nll_loss(*map(torch.tensor, (pred, truth, sd**2)), full=True)
    assert nll.value == pytest.approx(float(oracle))
    axes = (0,) if kind == "regression" else (0, 2)
    mean, spread = labels.mean(axis=axes, keepdims=True), labels.std(axis=axes, keepdims=True)
    assert nll.floor == pytest.approx(-norm.logpdf(truth, mean, spread).mean())


def test_honest_uncertainty_covers_ninety_per_cent_and_overconfidence_shows():
    rng = np.random.default_rng(0)
    pred, sd = rng.normal(size=20_000), rng.uniform(0.5, 2, size=20_000)
    truth = rng.normal(pred, sd)
    values = {}
    for factor in (1.0, 0.5):
        reach = norm.ppf(0.95) * factor * sd
        scores = scored(truth, pred, sd=factor * sd, low=pred - reach, high=pred + reach)
        values[factor] = [scores[name].value for name in ("coverage_90", "pull_sd")]
    assert values[1.0] == pytest.approx([0.9, 1.0], abs=0.02)
    # half the standard deviation: covered within .822 instead of 1.645 of them
    assert values[0.5] == pytest.approx([2 * norm.cdf(norm.ppf(0.95) / 2) - 1, 2.0], abs=0.03)


def test_a_unit_shifts_nll_by_its_logarithm_and_moves_nothing_else():
    truth, pred, sd = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0]), np.array([0.5, 1.0, 2.0])
    here, there = (
        scored(
            *(scale * one for one in (truth, pred)),
            **{k: scale * v for k, v in (("sd", sd), ("low", pred), ("high", pred + 1))},
        )
        for scale in (1.0, 1e3)
    )
    assert there["nll"].value == pytest.approx(here["nll"].value + np.log(1e3))
    for name in ("coverage_90", "pull_sd"):
        assert there[name].value == pytest.approx(here[name].value)


@pytest.mark.parametrize("broken", [0.0, -1.0, np.nan, np.inf])
def test_what_is_no_standard_deviation_makes_no_number(broken):
    scores = scored([1.0, 2.0], [1.0, 2.0], sd=[1.0, broken], low=[0.0, np.nan], high=[3.0, 3.0])
    for name in ("nll", "pull_sd"):
        assert (scores[name].value, scores[name].reason) == (
            None,
            "1 of 2 standard deviations are not positive numbers",
        )
    assert (scores["coverage_90"].value, scores["coverage_90"].reason) == (None, "1 of 2 bounds are not finite")
    assert scores["r2"].value == 1.0


def test_one_number_has_no_spread_of_pulls():
    assert scored([1.0], [2.0], sd=[1.0])["pull_sd"].reason == "fewer than 2 known labels"


def test_a_run_without_the_training_spread_has_no_floor_of_nll():
    reference = replace(fit_reference("regression", TRAINING), sd=())
    case = given([1.0, 2.0], [1.0, 2.0], sd=[1.0, 1.0])
    nll = score_task("regression", case, reference)["nll"]
    assert (nll.floor, nll.floor_predictor) == (None, None)
    assert nll.value == pytest.approx(0.5 * np.log(2 * np.pi))
