"""Groups by truth, and what is drawn of each: numbers by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from polyhead.report.figures.resolution import groups_by_truth, half_width, resolution_panels


def test_the_half_width_of_known_spreads() -> None:
    """Of 0 .. 100 the 16th and 84th percentile are 16 and 84; of a normal it is 0.9945 standard deviations."""
    assert half_width(np.arange(101.0)) == 34
    assert half_width(np.arange(101.0) + 1000) == 34
    normal = np.random.default_rng(0).normal(size=200_000)
    assert half_width(normal) == pytest.approx(0.99446, abs=0.01)


def test_groups_are_of_one_size_and_rise() -> None:
    truth = np.random.default_rng(1).permutation(1000) / 7
    groups = groups_by_truth(truth)
    assert [group.size for group in groups] == [100] * 10
    assert all(truth[a].max() < truth[b].min() for a, b in pairwise(groups))


@pytest.mark.parametrize(
    ("truth", "sizes"),
    [
        (np.arange(100.0), [20] * 5),  # no group below 20
        (np.arange(39.0), []),
        (np.repeat([1.0, 2.0, 3.0], [40, 19, 25]), [40, 25]),  # few values: a group of each that has enough
        (np.ones(500), [500]),
    ],
)
def test_sizes_of_groups(truth: np.ndarray, sizes: list[int]) -> None:
    assert [group.size for group in groups_by_truth(truth)] == sizes


def test_windows_of_one_truth_stay_together() -> None:
    """Half of all windows are capped at 125, as remaining life often is."""
    truth = np.minimum(np.arange(400.0), 200)
    groups = groups_by_truth(truth)
    assert sum(group.size for group in groups) == 400
    assert [group.size for group in groups if (truth[group] == 200).any()] == [200]
    assert all(group.size >= 20 for group in groups)


def test_what_is_drawn() -> None:
    """Truth from 10 to 30 in two halves: the first predicted 1 too high, the second 10 % low, each with +-2 % of
    the truth on a third of the windows each."""
    truth = np.concatenate([np.full(60, 10.0), np.full(60, 30.0)])
    part = np.tile([-0.02, 0.0, 0.02], 40)
    pred = np.where(truth == 10, truth + 1, truth * 0.9) + part * truth
    bias, relative = resolution_panels("e", truth, pred, "MeV")
    axes = bias.figure.axes[0]
    middle = next(line for line in axes.lines if line.get_label() == "median")
    assert middle.get_xdata() == pytest.approx([10, 30])
    assert middle.get_ydata() == pytest.approx([1, -3])
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((-3.6, 1.2))
    assert axes.get_title(loc="left") == "prediction − truth, MeV"
    assert "2 groups of 60 windows each" in bias.caption
    shares = next(line for line in relative.figure.axes[0].lines if line.get_label() == "each group")
    assert shares.get_ydata() == pytest.approx([2, 2])
    assert (bias.name, relative.name) == ("error-e", "resolution-e")


@pytest.mark.parametrize(
    ("truth", "count"),
    [
        (np.linspace(-1, 1, 200), 1),  # no ratio to a truth around 0
        (np.linspace(0, 1, 200), 1),
        (np.linspace(290, 310, 200), 1),  # a ratio says nothing more
        (np.linspace(15, 60, 200), 2),
        (np.linspace(15, 60, 30), 0),
    ],
)
def test_when_a_relative_error_says_something(truth: np.ndarray, count: int) -> None:
    assert len(resolution_panels("e", truth, truth + 0.1, "")) == count
