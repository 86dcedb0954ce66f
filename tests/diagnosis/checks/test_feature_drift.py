"""Drift, clipping and death of channels, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.feature_drift import CHECK, Drift, measure

from ..cases import Row, columns, fires, found, healthy
from ..profiles import inputs, normal, with_profile

BASE = "machines"
KEY = ("train", "signal.0")
RNG = np.random.default_rng(9)


def known(case: Case, skill: float | None) -> Case:
    if skill is None:
        return replace(case, metrics=None, losses=None)
    scores = {
        task: {metric: replace(score, skill=skill) for metric, score in scored.items()}
        for task, scored in case.metrics[case.judged].items()
    }
    return replace(case, metrics={case.judged: scores}, losses=None)


def over_epochs(skill=None, epochs=100, **values):
    """A foreign log of one feature, whose statistics stay at mean 0.015, sd 0.634 unless said."""

    def edit(case: Case) -> Case:
        still = {"epoch": np.arange(1.0, epochs + 1), "mean": np.full(epochs, 0.015), "std": np.full(epochs, 0.634)}
        return replace(known(case, skill), features={KEY: columns(still, **values)}, profile=None)

    return edit


def plant(case: Case) -> Case:
    """A mean that ends one of its own standard deviations away."""
    return over_epochs(mean=np.r_[np.full(80, 0.015), np.full(20, 0.7)])(case)


def ranges(skill=None, timed=True, **splits):
    def edit(case: Case) -> Case:
        splits_ = {"train": normal(), "val": normal(), "test": normal()} | splits
        return with_profile(known(case, skill), inputs=inputs(timed=timed, **{"0": splits_}))

    return edit


CUT = norm.isf(0.03)
CLIPPED = normal(at_max=0.03, quantiles={key: min(value, CUT) for key, value in normal().quantiles.items()})
RESTING = normal(at_min=0.03, quantiles={**normal(60.0).quantiles, **dict.fromkeys(("0", "0.001", "0.01"), 0.0)})
BURSTS = normal(at_max=0.03, quantiles={**normal(60.0).quantiles, **dict.fromkeys(("0.99", "0.999", "1"), 4095.0)})
LEVELS = normal(at_max=0.3, quantiles={"0.05": 1, "0.25": 1, "0.5": 2, "0.75": 3, "0.95": 3})
WANDER = 0.02 * RNG.normal(size=100)
ROWS: tuple[Row, ...] = (
    ("drift", plant, True, "1.08 of its spread"),
    ("slope", over_epochs(mean=np.linspace(0, 1, 100)), True, "1.26 of its spread"),
    ("died", over_epochs(std=np.r_[np.full(50, 0.634), np.full(50, 0.01)]), True, "1.6 % of its spread is left"),
    ("still", over_epochs(), False, "the published run"),
    ("small drift", over_epochs(mean=np.linspace(0, 0.5, 100) + WANDER), False, "0.64 of its spread"),
    ("noise", over_epochs(mean=RNG.normal(size=100), std=0.1), False, "from epoch to epoch, not over epochs"),
    ("short", over_epochs(epochs=8, mean=np.linspace(0, 5, 8)), False, "eight epochs"),
    ("drift, harmless", over_epochs(skill=0.95, mean=np.linspace(0, 1, 100)), False, "tasks are solved: a note"),
    ("dead in test", ranges(test=normal(0.0, 0.0, still=1.0)), True, "moves in training"),
    (
        "dead everywhere",
        ranges(**dict.fromkeys(("train", "val", "test"), normal(0.0, 0.0, still=1.0))),
        False,
        "constant",
    ),
    ("clipped and failing", ranges(0.2, train=CLIPPED), True, "3 % at the limit"),
    ("clipped and well", ranges(0.9, train=CLIPPED), False, "a note"),
    ("at rest and failing", ranges(0.2, train=RESTING), False, "0 or about 60: a value of its own, no limit"),
    ("bursts that saturate", ranges(0.2, train=BURSTS), True, "4095 is a limit, though little lies below it"),
    ("levels", ranges(0.2, train=LEVELS), False, "a setting with three values"),
    ("not timed", ranges(0.2, timed=False, train=CLIPPED), False, "known inputs are settings"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_published_run_does_not_drift():
    (drift,) = measure(over_epochs()(healthy(BASE)))
    assert isinstance(drift, Drift)
    assert (drift.moved, drift.spread) == (0.0, 1.0)


def test_drift_by_hand():
    """(0.7 - 0.015) / 0.634 = 1.0804."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.evidence[0].value == pytest.approx(1.0804, abs=1e-4)
    assert finding.scope.channel == "signal.0"


def test_clipping_is_noted():
    (finding,) = found(CHECK, ranges(0.9, train=CLIPPED)(healthy(BASE)))
    assert finding.severity == "note"


@pytest.mark.parametrize("unit", [1e-6, -1.0, 1e6])
def test_units_do_not_matter(unit):
    case = plant(healthy(BASE))
    table = case.features[KEY]
    scaled = columns(table, mean=unit * table["mean"], std=abs(unit) * table["std"])
    other = replace(case, features={KEY: scaled})
    assert abs(found(CHECK, other)[0].evidence[0].value) == pytest.approx(1.0804, abs=1e-4)


@pytest.mark.parametrize("share", [0.01, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("side", [1, -1])
def test_a_cut_tail_is_dense_at_the_cut(share, side):
    """200000 normal values with so many at a limit of 0, either side, in other units."""
    x = np.random.default_rng(0).normal(size=200_000)
    x = 40 * side * np.minimum(x - norm.isf(share), 0)
    at = {key: float(np.quantile(x, float(key))) for key in normal().quantiles}
    ends = {"at_max": float((x == x.max()).mean()), "at_min": float((x == x.min()).mean())}
    (one,) = (
        each
        for each in measure(ranges(0.2, train=normal(quantiles=at, **ends))(healthy(BASE)))
        if not isinstance(each, Drift)
    )
    assert one.beside > 0.2


def test_density_by_hand():
    """From 0 to the 5 % quantile at 58.36 lie 0.05 - 0.03; from there to the 25 % quantile at 59.33 lie 0.2."""
    (one,) = (each for each in measure(ranges(0.2, train=RESTING)(healthy(BASE))) if not isinstance(each, Drift))
    assert one.beside == pytest.approx(0.02 / 58.355 / (0.2 / 0.9704), rel=1e-3)


def test_a_channel_that_is_mostly_clipped_is_one():
    """Normal values cut at -1 and 1 have 16 % at each end, and quantiles of 5 % and 95 % at the ends as well."""
    at = {key: float(np.clip(value, -1, 1)) for key, value in normal().quantiles.items()}
    case = ranges(0.2, train=normal(quantiles=at, at_min=0.16, at_max=0.16))(healthy(BASE))
    assert fires(CHECK, case)


def test_a_channel_that_is_mostly_zero_is_not_clipped():
    """An energy that most windows lack."""
    at = {key: max(0.0, value) for key, value in normal().quantiles.items()}
    case = ranges(0.2, train=normal(quantiles=at, at_min=0.5))(healthy(BASE))
    assert not fires(CHECK, case)


def bounded(train: float, val: float, test: float) -> Case:
    """A channel with so many samples at its upper limit in each split, of a task that fails."""
    shares = {"train": train, "val": val, "test": test}
    return ranges(0.2, **{split: replace(CLIPPED, at_max=share) for split, share in shares.items()})(healthy(BASE))


@pytest.mark.parametrize(
    ("shares", "expected", "why"),
    [
        ((0.16, 0.16, 0.15), False, "bounded by definition: as often everywhere"),
        ((0.03, 0.011, 0.012), False, "less than three times as often: what few windows scatter"),
        ((0.16, 0.16, 0.02), True, "eight times as often where it was trained on"),
        ((0.012, 0.012, 0.05), True, "four times as often in test"),
    ],
)
def test_a_limit_that_every_split_meets_alike_is_the_channels_own(shares, expected, why):
    assert fires(CHECK, bounded(*shares)) is expected, why


def test_the_least_share_is_of_the_same_side():
    """Test lies at the lower limit, which is another one than that of training."""
    other = replace(CLIPPED, at_max=1e-4, at_min=0.03)
    assert fires(CHECK, ranges(0.2, train=CLIPPED, val=CLIPPED, test=other)(healthy(BASE)))
