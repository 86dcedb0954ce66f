"""Weights that even out a target: by hand, against numpy's histograms, of mean 1, and indifferent to units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.experiment import ReweightingOptions
from polyhead.signals import reweighting
from polyhead.signals.reweighting import effective_size, fit_weights
from polyhead.signals.target import Target

from .cases import refused


def target(values, mask=None):
    values = np.asarray(values)
    return Target(values, np.ones(len(values), bool) if mask is None else np.asarray(mask))


def weights(values, mask=None, train=None, **options):
    index = np.arange(len(values)) if train is None else np.asarray(train)
    return fit_weights({"t": (target(values, mask), ReweightingOptions.model_validate(options))}, index)


def test_three_to_one_in_two_bins_by_hand():
    found = weights([0.0, 0.1, 0.2, 1.0], nbins=2)
    assert found.values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])  # (4 / 2) / 3 and (4 / 2) / 1
    assert found.effective == pytest.approx(3.0)  # 4^2 / (3 * 4/9 + 4)
    assert found.as_dict() == {
        "windows": 4,
        "effective": pytest.approx(3.0),
        "share": pytest.approx(0.75),
        "largest": pytest.approx(2.0),
        "targets": {
            "t": {
                "known": 4,
                "effective": pytest.approx(3.0),
                "share": pytest.approx(0.75),
                "largest": pytest.approx(2.0),
                "bins": [2],
                "empty": 0,
            }
        },
    }


def test_empty_bins_count_for_nothing():
    found = weights([0.0, 0.0, 0.0, 10.0], nbins=10)
    assert found.values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    assert found.targets["t"].values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    assert found.as_dict()["targets"]["t"]["empty"] == 8


NUMBERS = np.random.default_rng(0).gamma(2.0, size=(5000, 4)) * [1, 10, 0.1, 3]


def test_one_output_has_the_bins_of_numpy():
    values = np.append(NUMBERS[:, 0], [0.0, 30.0])  # the largest value belongs to the last bin
    counts, edges = np.histogram(values, 30)
    place = np.minimum(np.searchsorted(edges, values, side="right") - 1, 29)
    assert weights(values).values == pytest.approx(len(values) / np.count_nonzero(counts) / counts[place])


@pytest.mark.parametrize(
    ("outputs", "options", "bins"),
    [
        (2, {"nbins_2d": [5, 7]}, (5, 7)),
        (2, {"nbins": 6}, (6, 6)),
        (3, {"nbins_2d": [4, 6]}, (4, 6, 6)),
        (3, {"nbins": 5}, (5, 5, 5)),
        (4, {"nbins": 3}, (3, 3, 3, 3)),
    ],
)
def test_several_outputs_have_the_bins_of_numpy(outputs, options, bins):
    values = NUMBERS[:, :outputs]
    counts, edges = np.histogramdd(values, bins)
    where = [
        np.clip(np.searchsorted(edge, column, "right") - 1, 0, n - 1)
        for edge, column, n in zip(edges, values.T, bins, strict=True)
    ]
    found = weights(values, **options)
    assert found.values == pytest.approx(5000 / np.count_nonzero(counts) / counts[tuple(where)])
    assert found.as_dict()["targets"]["t"]["bins"] == list(bins)
    assert found.as_dict()["targets"]["t"]["empty"] == np.count_nonzero(counts == 0)


def test_more_bins_than_can_be_numbered_are_still_told_apart():
    values = np.random.default_rng(0).normal(size=(25, 20))[[*range(25), *range(25), 0]]
    found = weights(values, nbins=1000)  # 10^60 bins, 25 of which hold windows: one 3, the others 2
    assert found.values == pytest.approx(51 / 25 / np.array([3] + [2] * 24 + [3] + [2] * 24 + [3]))
    assert found.as_dict()["targets"]["t"]["empty"] == 1000**20 - 25


def test_the_first_of_many_outputs_tells_bins_apart_as_the_last_does():
    values = np.zeros((4, 24))
    values[3, 0] = 1.0  # in 64 bits, 1000^23 times this bin would be lost
    assert weights(values, nbins=1000).values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])


NUMBER_LISTS = st.lists(st.floats(-100, 100), min_size=1, max_size=60)


@given(NUMBER_LISTS, st.integers(1, 40), st.one_of(st.none(), st.floats(1.001, 5)))
@settings(max_examples=200, deadline=None)
def test_the_mean_weight_is_one_and_no_weight_exceeds_the_cap(values, nbins, cap):
    found = weights(values, nbins=nbins, cap=cap).values
    assert found.mean() == pytest.approx(1, abs=1e-12)
    assert found.min() > 0
    assert cap is None or found.max() <= cap * (1 + 1e-12)


def test_a_cap_takes_from_the_largest_and_gives_to_all_others_alike():
    values = np.repeat([0.0, 1.0, 2.0], [70, 25, 5])
    free, capped = weights(values, nbins=3).values, weights(values, nbins=3, cap=2.0).values
    assert free[-1] == pytest.approx(100 / 3 / 5)
    assert capped[-1] == pytest.approx(2.0)
    assert capped[0] / capped[70] == pytest.approx(free[0] / free[70])
    # 5 windows weigh 10; the others 66.67 as they were, brought to 90: 100/3/70 * 90/66.67 = .6429
    assert capped[0] == pytest.approx(9 / 14)


def test_a_weight_that_the_rescaling_lifts_over_the_cap_is_capped_too():
    values = np.repeat([0.0, 1.0, 2.0], [85, 10, 5])  # free: .392, 3.333, 6.667
    capped = weights(values, nbins=3, cap=3.5).values
    assert capped[[85, 95]] == pytest.approx([3.5, 3.5])  # 3.333 * (100 - 17.5) / 66.67 = 4.125 > 3.5
    assert capped[0] == pytest.approx((100 - 15 * 3.5) / 85)


@given(NUMBER_LISTS, st.integers(-20, 20), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_the_unit_of_a_target_changes_no_weight(values, power, nbins):
    # powers of two leave every digit, so that no value lies on another side of an edge
    values = np.round(np.array(values), 3)
    scaled = values * 2.0**power
    assert weights(scaled, nbins=nbins).values == pytest.approx(weights(values, nbins=nbins).values)


@pytest.mark.parametrize(("scale", "offset"), [(1e3, 0.0), (1e-3, 0.0), (1.8, 32.0)])
def test_units_of_measured_values_change_no_weight(scale, offset):
    assert weights(NUMBERS * scale + offset, nbins=6).values == pytest.approx(weights(NUMBERS, nbins=6).values)


def test_unknown_labels_weigh_one_and_are_in_no_bin():
    values = [0.0, 0.0, 1.0, np.nan, 1e9]
    found = weights(values, [True, True, True, False, False], nbins=2)
    assert found.values == pytest.approx([0.75, 0.75, 1.5, 1, 1])
    assert found.as_dict()["targets"]["t"]["known"] == 3
    assert weights(values, [False] * 5).values == pytest.approx([1] * 5)


def test_only_training_windows_count():
    found = weights([99.0, 0.0, 5.0, 0.0, 1.0], train=[1, 3, 4], nbins=2)
    assert found.values == pytest.approx([0.75, 0.75, 1.5])


def test_classes_in_words_are_their_own_bins():
    found = weights(["x", "x", "x", "y"], nbins=30)
    assert found.values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
    assert found.as_dict()["targets"]["t"]["bins"] == [2]


def test_a_constant_target_is_one_bin():
    assert weights([3.0] * 5).values == pytest.approx([1] * 5)


def test_several_targets_multiply_and_the_product_has_mean_one():
    one, two = [0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]
    options = ReweightingOptions(nbins=2)
    found = fit_weights({"a": (target(one), options), "b": (target(two), options)}, np.arange(4))
    product = np.array([2 / 3, 2 / 3, 2 / 3, 2]) * [2, 2 / 3, 2 / 3, 2 / 3]  # 4/3, 4/9, 4/9, 4/3; mean 8/9
    assert found.values == pytest.approx(product / (8 / 9))
    assert found.values.mean() == pytest.approx(1, abs=1e-15)
    assert set(found.targets) == {"a", "b"}
    assert found.effective == pytest.approx(16 / (2 * 1.5**2 + 2 * 0.5**2))


def test_it_does_not_depend_on_how_many_labels_are_held_at_a_time(monkeypatch):
    whole = weights(NUMBERS[:, :3], nbins=7).values
    monkeypatch.setattr(reweighting, "_CHUNK", 13)
    assert (weights(NUMBERS[:, :3], nbins=7).values == whole).all()


@pytest.mark.parametrize("outputs", [1, 4])
def test_bins_for_two_outputs_are_refused_where_there_are_not(outputs):
    refused(lambda: weights(NUMBERS[:, :outputs], nbins_2d=[4, 4]), "reweighting.t", f"this one has {outputs}")


def test_equal_weights_are_as_many_windows_as_there_are():
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_size(np.array([1.0, 0.0, 0.0])) == pytest.approx(1)
