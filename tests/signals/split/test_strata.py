"""Stratifying by several labels: shares of each are kept, at the size of real tables and without a sample."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from polyhead.config.data import SplitOptions
from polyhead.signals.split import NAMES, make_split
from polyhead.signals.split.strata import strata_of
from polyhead.signals.target import Target
from polyhead.signals.windows import WindowSet

from ..cases import refused, rows


def split(windows, seed=0, /, **options):
    return make_split(windows, SplitOptions.model_validate(options), seed)


def shares(label, found):
    """Share of each class (row) that each split (column) holds."""
    return np.array([[np.mean(np.isin(np.flatnonzero(label == c), found[n])) for n in NAMES] for c in np.unique(label)])


@given(counts=st.lists(st.integers(30, 90), min_size=6, max_size=6), seed=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_shares_of_all_classes_of_two_labels_are_kept(counts, seed):
    one = np.repeat(np.tile([0, 1], 3), counts)
    two = np.repeat(np.repeat(["a", "b", "c"], 2), counts)
    windows = rows({"one": one, "two": two}, targets={"one": "one", "two": "two"})
    found = split(windows, seed, stratify=["one", "two"])
    for label in (one, two):
        for name, held in zip(np.unique(label), shares(label, found), strict=True):
            assert held * np.sum(label == name) == pytest.approx(
                np.array([0.7, 0.15, 0.15]) * np.sum(label == name), abs=3
            )


def test_each_label_is_more_even_than_where_only_the_other_is_stratified():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 25)
    one = np.where(rng.random(1000) < 0.8, rng.integers(0, 3, 40)[group], rng.integers(0, 3, 1000))
    two = np.where(rng.random(1000) < 0.8, rng.integers(0, 4, 40)[group], rng.integers(0, 4, 1000))
    windows = rows({"g": group, "one": one, "two": two}, group="g", targets={"one": "one", "two": "two"})

    def uneven(label, by):
        each = [
            np.abs(shares(label, split(windows, seed, stratify=by)) - [0.7, 0.15, 0.15]).max() for seed in range(10)
        ]
        return np.mean(each)

    assert uneven(one, ["one", "two"]) < 0.7 * uneven(one, ["two"])
    assert uneven(two, ["one", "two"]) < 0.7 * uneven(two, ["one"])


def test_columns_stratify_as_targets_do_and_missing_values_are_a_class():
    load = np.repeat([1.0, 2.0, np.nan], 40)
    site = np.repeat(np.tile(["x", ""], 3), 20)
    windows = rows({"load": load, "site": site, "y": np.zeros(120)}, targets={"y": "y"})
    found = split(windows, stratify=["load", "site"], fractions=[0.5, 0.25, 0.25])
    for label in (np.nan_to_num(load), site):
        assert shares(label, found) == pytest.approx(np.array([[0.5, 0.25, 0.25]] * len(np.unique(label))), abs=0.05)


def test_units_alike_are_one_group_and_unknown_labels_need_not_train():
    label = ["a", "b", "b", "a", "a", "b", "", "b", "b", "b", "a", "a"]  # a pair each: ab, ba, ab, -b, bb, aa
    windows = rows({"g": np.repeat(np.arange(6), 2), "y": label}, group="g", targets={"y": "y"})
    found = strata_of(windows, np.arange(12), windows.recording, 6, ["y"])
    assert len({*found.group[:3]}) == 1
    assert len({*found.group}) == 4
    assert (found.known.tolist(), found.total.tolist()) == ([True, True, False], [5.0, 6.0, 1.0])
    held = {(int(g), int(c)): n for g in range(4) for c, n in _held(found, g)}
    assert [held.get((int(g), c), 0) for g in found.group[[0, 3, 4, 5]] for c in range(3)] == [
        1,
        1,
        0,
        0,
        1,
        1,
        0,
        2,
        0,
        2,
        0,
        0,
    ]


def _held(found, group):
    at = slice(found.edge[group], found.edge[group + 1])
    return zip(found.label[at], found.count[at], strict=True)


def test_each_output_of_a_multi_label_target_is_a_label():
    rng = np.random.default_rng(0)
    values = (rng.random((600, 4)) < [0.5, 0.2, 0.1, 0.05]).astype(float)
    windows = rows({"y": values}, targets={"y": "y"})
    for seed in range(3):
        found = split(windows, seed, stratify="y")
        for output in values.T:
            held = np.array([output[found[name]].sum() for name in NAMES])
            assert held == pytest.approx(output.sum() * np.array([0.7, 0.15, 0.15]), abs=3)


def test_no_label_of_several_is_unseen_in_training():
    for seed in range(30):  # without the rule that a class trains first, two in three of these splits lack one
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(12), rng.integers(1, 8, 12))
        one, two = (rng.choice(5, 12)[group] for _ in range(2))
        windows = rows({"g": group, "one": one, "two": two}, group="g", targets={"one": "one", "two": "two"})
        found = split(windows, seed, stratify=["one", "two"], fractions=[0.5, 0.25, 0.25])
        for label in (one, two):
            assert set(label[found["train"]]) == set(label)


def test_an_empty_split_is_filled_without_the_last_recording_of_a_class():
    group = np.repeat([0, 1], [10, 9])  # both must train, for a and for b; the first one can be spared
    windows = rows({"g": group, "y": list("aaaaaaaaaa" + "aaaabbbbb")}, group="g", targets={"y": "y"})
    for seed in range(5):
        found = split(windows, seed, stratify="y", fractions=[0.5, 0.5, 0.0])
        assert set(group[found["val"]]) == {0}
        assert set(group[found["train"]]) == {1}


def test_a_quantity_is_no_label_whatever_it_stands_beside():
    windows = rows({"y": np.arange(1001) / 7, "z": np.zeros(1001)}, targets={"y": "y", "z": "z"})
    refused(lambda: split(windows, stratify=["z", "y"]), "'y' has 1,001 distinct values.*quantity")


def folds_of(windows, count, seed):
    return [split(windows, seed, folds=count, fold=fold + 1, stratify="y")["test"] for fold in range(count)]


def test_folds_are_as_even_as_those_of_scikit_learn():
    ours, theirs = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        size = rng.integers(3, 30, 40)
        group = np.repeat(np.arange(40), size)
        label = np.where(rng.random(len(group)) < 0.7, rng.integers(0, 4, 40)[group], rng.integers(0, 4, len(group)))
        windows = rows({"g": group, "y": label}, group="g", targets={"y": "y"})
        their = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(group, label, group)
        for tests, kept in ((folds_of(windows, 5, seed), ours), ([test for _, test in their], theirs)):
            held = np.array([np.bincount(label[test], minlength=4) for test in tests]) / np.bincount(label)
            kept.append(np.sqrt(np.mean((held - 0.2) ** 2)))
    assert np.mean(ours) < 1.05 * np.mean(theirs)


def large(count, recordings=None):
    """A table of `count` rows with two labels and no sample at all."""
    rng = np.random.default_rng(0)
    row, zero = np.arange(count), np.zeros(count, np.int64)
    recording = row if recordings is None else np.sort(rng.integers(0, recordings, count))
    known = np.ones(count, bool)
    words = np.array([f"modulation {number}" for number in range(24)])
    targets = {
        "modulation": Target(words[rng.integers(0, 24, count)], known),
        "snr": Target(rng.integers(-10, 16, count) * 2.0, known),
    }
    names = tuple(map(str, range(int(recording[-1]) + 1)))
    return WindowSet({}, targets, {}, names, recording, row, zero, row, 0, 0, 0, False, None)


@pytest.mark.parametrize("recordings", [None, 2000])
def test_a_table_of_many_rows_is_split_at_once(recordings):
    windows = large(200_000, recordings)
    began = time.process_time()
    found = split(windows, stratify=["modulation", "snr"])
    assert time.process_time() - began < 3  # .2 s on a quiet machine; unit by unit it would be minutes
    for target in windows.targets.values():
        assert shares(target.values, found) == pytest.approx(
            np.array([[0.7, 0.15, 0.15]] * len(np.unique(target.values))), abs=5e-3
        )
