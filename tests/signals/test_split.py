"""Splits: every window once, recordings whole, shares kept, equal for equal seeds, drawn from labels alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from polyhead.config.data import SplitOptions
from polyhead.signals.split import NAMES, make_split

from .cases import refused, rows, samples

FRACTIONS = st.sampled_from([(0.7, 0.15, 0.15), (0.8, 0.2, 0.0), (0.34, 0.33, 0.33), (0.05, 0.9, 0.05)])


def split(windows, seed=0, /, **options):
    return make_split(windows, SplitOptions.model_validate(options), seed)


def sides(windows, found):
    """The name of the split of each window."""
    side = np.full(len(windows), "none ")
    for name in NAMES:
        side[found[name]] = name
    return side


def labelled(group, label=None):
    columns = {"g": group} | ({} if label is None else {"y": label})
    return rows(columns, group="g", targets={} if label is None else {"y": "y"})


@st.composite
def recordings(draw):
    """(group of each row, label of each row), some labels unknown, some recordings of several classes."""
    counts = draw(st.lists(st.integers(1, 8), min_size=3, max_size=15))
    group = np.repeat(np.arange(len(counts)), counts)
    label = draw(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=len(group), max_size=len(group)))
    return group, label


@given(recordings(), FRACTIONS, st.booleans(), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_every_window_stands_once_no_recording_straddles_and_no_split_is_empty(data, fractions, stratified, seed):
    group, label = data
    windows = labelled(group, label)
    found = split(windows, seed, fractions=fractions, stratify="y" if stratified else [])
    assert sorted(np.concatenate([found[name] for name in NAMES])) == list(range(len(group)))
    of = [set(group[found[name]]) for name in NAMES]
    assert sum(map(len, of)) == len(set(group))
    assert [bool(len(found[name])) for name in NAMES] == [share > 0 for share in fractions]
    assert found.names == tuple(name for name, share in zip(NAMES, fractions, strict=True) if share)
    assert all(np.all(np.diff(found[name]) > 0) for name in NAMES)
    assert (found.by, found.seed, found.straddling) == ("group", seed, 0)


@given(recordings(), st.booleans(), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_equal_seeds_give_equal_splits_whatever_the_signal_holds(data, stratified, seed):
    group, label = data
    options = {"stratify": "y" if stratified else []}
    one = sides(labelled(group, label), split(labelled(group, label), seed, **options))
    other = rows({"g": group, "y": label}, np.random.default_rng(seed).normal(size=(len(group), 2, 3)), group="g")
    assert (one == sides(other, split(other, seed, **options))).all()
    assert (one == sides(other, split(other, seed + 1, seed=seed, **options))).all()


@pytest.mark.parametrize("stratify", [[], "y"])
def test_other_seeds_give_other_splits(stratify):
    windows = labelled(np.arange(40), ["a", "b"] * 20)
    found = [tuple(sides(windows, split(windows, seed, stratify=stratify))) for seed in range(20)]
    assert len(set(found)) == 20


@pytest.mark.parametrize("stratify", [[], "y"])
def test_the_order_of_rows_changes_no_recordings_side(stratify):
    group, label = np.repeat(np.arange(12), 3), np.repeat(list("abc") * 4, 3)
    order = np.random.default_rng(0).permutation(36)
    one = split(labelled(group, label), stratify=stratify)
    two = split(labelled(group[order], label[order]), stratify=stratify)
    assert [set(group[one[name]]) for name in NAMES] == [set(group[order][two[name]]) for name in NAMES]


@given(units=st.integers(3, 400), fractions=FRACTIONS, seed=st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_shares_of_equal_recordings_are_kept_to_within_one(units, fractions, seed):
    assume(min(share for share in fractions if share) * units >= 1)
    found = split(labelled(np.arange(units)), seed, fractions=fractions)
    assert [len(found[name]) for name in NAMES] == pytest.approx([share * units for share in fractions], abs=1)


@given(counts=st.lists(st.integers(20, 120), min_size=1, max_size=4), fractions=FRACTIONS, seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_shares_of_each_class_are_kept_to_within_the_rounding_of_two_splits(counts, fractions, seed):
    label = np.repeat(list("abcd")[: len(counts)], counts)
    found = split(labelled(np.arange(len(label)), label), seed, fractions=fractions, stratify="y")
    for code, count in zip("abcd", counts, strict=False):
        held = [np.count_nonzero(label[found[name]] == code) for name in NAMES]
        assert held == pytest.approx([share * count for share in fractions], abs=2)


def unevenness(label, found):
    """Largest difference between a split's share of a class and that of all windows."""
    names = np.unique(label)
    overall = np.array([np.mean(label == name) for name in names])
    return max(np.abs([np.mean(label[found[one]] == name) for name in names] - overall).max() for one in NAMES)


def test_stratified_recordings_of_one_class_are_closer_to_the_whole_than_chance():
    rng = np.random.default_rng(0)
    kind = np.repeat(list("abcd"), [4, 8, 12, 16])
    counts = rng.integers(5, 20, len(kind))
    group, label = np.repeat(np.arange(len(kind)), counts), np.repeat(kind, counts)
    windows = labelled(group, label)
    even = [unevenness(label, split(windows, seed, stratify="y")) for seed in range(20)]
    chance = [unevenness(label, split(windows, seed)) for seed in range(20)]
    assert np.mean(even) < 0.6 * np.mean(chance)
    assert max(even) < 0.15


def test_stratified_recordings_of_several_classes_are_closer_to_the_whole_than_chance():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(30), 40)
    mostly = rng.integers(0, 3, 30)
    label = np.where(rng.random(1200) < 0.7, mostly[group], rng.integers(0, 3, 1200))
    windows = labelled(group, label.astype(float))
    even = [unevenness(label, split(windows, seed, stratify="y")) for seed in range(20)]
    chance = [unevenness(label, split(windows, seed)) for seed in range(20)]
    assert np.mean(even) < 0.6 * np.mean(chance)


def test_unknown_labels_are_spread_as_a_class_of_their_own():
    label = ["a"] * 40 + [""] * 40
    found = split(labelled(np.arange(80), label), stratify="y", fractions=[0.5, 0.25, 0.25])
    unknown = [np.count_nonzero(found[name] >= 40) for name in NAMES]
    assert unknown == [20, 10, 10]


def test_a_known_class_stands_in_training_before_anywhere_else():
    label = ["common"] * 20 + ["rare"]
    for seed in range(10):
        windows = labelled(np.arange(21), label)
        assert 20 in split(windows, seed, stratify="y")["train"]


def test_a_class_of_three_recordings_stands_in_every_split():
    kind = np.repeat(list("abcd"), 3)
    found = split(labelled(np.arange(12), kind), stratify="y")
    assert [sorted(kind[found[name]]) for name in NAMES] == [list("abcd")] * 3


def test_classes_of_two_recordings_share_out_validation_and_test_and_are_all_trained_on():
    kind = np.repeat(list("abcdef"), 2)
    for seed in range(10):
        found = split(labelled(np.arange(12), kind), seed, stratify="y")
        assert [len(found[name]) for name in NAMES] == [6, 3, 3]
        assert sorted(kind[found["train"]]) == list("abcdef")


@pytest.mark.parametrize(
    ("options", "data", "words"),
    [
        ({}, {"g": [0, 1]}, "2 recordings cannot fill 3 splits"),
        ({"fractions": [0.5, 0.5, 0.0]}, {"g": [0]}, "1 recordings cannot fill 2 splits"),
        ({"stratify": "z"}, {"g": range(9)}, "no target or column 'z' to stratify by; there are g"),
        ({"stratify": "g"}, {"g": np.arange(1001) / 7}, "1,001 distinct values.*quantity rather than classes"),
        ({"stratify": "g"}, {"g": np.arange(20) / 7}, "20 distinct values.*quantity rather than classes"),
    ],
)
def test_what_cannot_be_split_is_refused(options, data, words):
    refused(lambda: split(rows(data, group="g"), **options), words)


def test_two_recordings_fill_two_splits():
    found = split(labelled([0, 0, 1]), fractions=[0.5, 0.5, 0.0])
    assert sorted(len(found[name]) for name in NAMES) == [0, 1, 2]


def test_shares_that_sum_to_one_only_nearly_lose_no_window():
    windows = rows({}, np.zeros((1000, 1, 1000), np.int8), window={"length": 1, "stride": 1})
    found = split(windows, by="window", fractions=[0.333333, 0.333333, 0.3333331])
    assert sum(len(found[name]) for name in NAMES) == 1_000_000


def test_a_column_holds_recordings_together():
    columns = {"g": np.repeat(np.arange(12), 2), "unit": np.repeat(list("abcdef"), 4)}
    windows = rows(columns, group="g", split={"by": "unit"})
    for seed in range(10):
        found = split(windows, seed, by="unit")
        of = [set(columns["unit"][found[name]]) for name in NAMES]
        assert sum(map(len, of)) == 6
        assert found.by == "unit"


def test_a_column_that_cuts_recordings_is_refused():
    columns = {"g": [0, 0, 1, 1, 2, 2], "unit": list("aabcdd")}
    error = refused(lambda: split(rows(columns, group="g"), by="unit"), "'unit' has 2 values within recording '1'")
    assert error.check == "split-leakage"


SIGNAL = np.zeros((4, 1, 12))


@pytest.mark.parametrize(
    ("cut", "horizon", "share"),
    [
        ({"length": 4, "stride": 4}, 0, None),
        ({"length": 4, "stride": 3}, 0, "25%"),
        ({"length": 3, "stride": 3}, 1, "25%"),
        ({"length": 3, "stride": 4}, 1, None),
        ({"length": 12, "stride": 1}, 0, None),
        (None, 2, None),
    ],
)
def test_windows_that_share_samples_are_dealt_out_only_on_request(cut, horizon, share):
    windows = rows({}, SIGNAL, horizon, window=cut)
    if share is None:
        assert split(windows, by="window").by == "window"
    else:
        error = refused(lambda: split(windows, by="window"), f"share {share}", "allow_overlap: true")
        assert error.check == "split-leakage"
    assert split(windows, by="window", allow_overlap=True).by == "window"


def test_sampled_windows_that_share_samples_are_dealt_out_only_on_request():
    groups = {"g": np.repeat([0, 1], 10)}
    refused(lambda: split(samples(4, 2, np.zeros((20, 1)), groups, group="g"), by="window"), "share 50%")
    assert split(samples(4, 4, np.zeros((20, 1)), groups, group="g"), by="window").by == "window"


def test_recordings_cut_by_windows_are_counted():
    windows = rows({"g": np.repeat([0, 1, 2], 10)}, group="g")
    found = split(windows, by="window", fractions=[0.4, 0.3, 0.3])
    cut = sum(len(set(sides(windows, found)[10 * i : 10 * i + 10])) > 1 for i in range(3))
    assert found.straddling == cut > 0


def test_a_given_column_is_followed():
    windows = rows({"s": ["train", "val", "test", "validation", "train"]})
    found = split(windows, column="s")
    assert [found[name].tolist() for name in NAMES] == [[0, 4], [1, 3], [2]]
    assert (found.by, found.straddling) == ("s", 0)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["train", "val", "dev"], "holds 'dev', expected train, val or test"),
        (["train", "val", ""], "holds ''"),
        ([0, 1, 2], "holds '0'"),
        (["train", "test", "test"], "1 recordings cannot fill 2 splits"),
        (["val", "val", "test"], "no window is left for train"),
    ],
)
def test_a_given_column_that_does_not_name_splits_is_refused(column, words):
    refused(lambda: split(rows({"s": column}), column="s"), words)


def test_a_recording_that_a_given_column_cuts_is_refused_by_name():
    windows = rows({"g": list("aabbcc"), "s": ["train", "train", "val", "test", "val", "val"]}, group="g")
    error = refused(lambda: split(windows, column="s"), "recording 'b' stands in val and test")
    assert error.check == "split-leakage"


def test_a_given_column_of_many_recordings_is_read_at_once():
    count = 200_000  # a loop over recordings would take minutes
    windows = rows({"s": np.where(np.arange(count) % 5, "train", "val")})
    assert len(split(windows, column="s")["val"]) == count / 5


def test_a_split_that_loses_windows_is_noticed(monkeypatch):
    monkeypatch.setattr("polyhead.signals.split.making._draw", lambda *_: np.array([0, 1, -2]))
    with pytest.raises(AssertionError, match="every window exactly once"):
        split(labelled(np.arange(3)))


def test_a_split_that_cuts_recordings_unasked_is_noticed(monkeypatch):
    monkeypatch.setattr("polyhead.signals.split.making.units_of", lambda windows, *_: np.arange(len(windows)))
    with pytest.raises(AssertionError, match="recordings straddle"):
        split(labelled(np.repeat([0, 1], 10)))
