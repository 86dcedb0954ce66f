"""Samplers: what each batch holds, that windows come as often as said, and that epochs are of equal length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.data import SamplerOptions
from polyhead.signals.order import batches
from polyhead.signals.sampler import build_sampler

from .cases import refused, rows


def sampler(windows, index, /, **options):
    return build_sampler(SamplerOptions.model_validate(options), windows, np.asarray(index))


def labelled(system, label):
    return rows({"s": system, "y": label}, targets={"y": "y"}, slices=["s"])


def every(windows):
    return np.arange(len(windows))


@st.composite
def systems(draw):
    """(system, label) of each window; labels a, b or unknown."""
    count = draw(st.integers(1, 60))
    system = draw(st.lists(st.sampled_from("uvwx"), min_size=count, max_size=count))
    label = draw(st.lists(st.sampled_from(["a", "b", "b", "b", ""]), min_size=count, max_size=count))
    return np.array(system), np.array(label)


def test_shuffle_draws_what_a_run_that_is_resumed_drew_before():
    windows = rows({}, np.zeros((50, 1)))
    index = np.arange(10, 50)
    found = sampler(windows, index, name="shuffle").batches(8, 3, 5)
    assert [one.tolist() for one in found] == [one.tolist() for one in batches(index, 8, 3, 5)]


@given(systems(), st.integers(1, 9), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_batches_of_one_system_hold_every_window_once(data, size, seed, epoch):
    system, label = data
    index = np.arange(len(system))[1:] if len(system) > 1 else np.arange(1)
    parts = sampler(labelled(system, label), index, name="same_system", by="s").batches(size, seed, epoch)
    assert sorted(np.concatenate(parts)) == index.tolist()
    assert all(len(set(system[part])) == 1 for part in parts)
    for part in parts:
        alone = np.count_nonzero(system[index] == system[part[0]]) == 1
        assert len(part) <= size + 1
        assert len(part) > 1 or alone or size == 1


@given(systems(), st.integers(2, 9), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=200, deadline=None)
def test_every_batch_holds_both_classes_where_its_system_does(data, size, seed, epoch):
    system, label = data
    if not {"a", "b"} <= set(label):
        return
    windows = labelled(system, label)
    parts = sampler(windows, every(windows), name="both_classes", by="s", target="y").batches(size, seed, epoch)
    assert set(np.concatenate(parts)) == set(range(len(system)))
    for part in parts:
        here = set(label[system == system[part[0]]])
        assert len(set(system[part])) == 1
        assert {"a", "b"} <= set(label[part]) or not {"a", "b"} <= here
        assert len(part) <= size + 2
    for name in set(system):
        mine = [part for part in parts if system[part[0]] == name]
        assert len(mine) <= -(-np.count_nonzero(system == name) // size)
        counts = np.bincount(np.concatenate(mine), minlength=len(system))
        for word in set(label[system == name]):
            times = counts[(system == name) & (label == word)]
            assert times.max() - times.min() <= 1
            if len(times) >= len(mine) or word == "":
                assert times.max() == 1


def test_a_rare_class_comes_again_in_each_batch_and_batches_are_of_even_size():
    label = np.array(["b"] * 98 + ["a"] * 2)
    windows = labelled(["u"] * 100, label)
    parts = sampler(windows, every(windows), name="both_classes", by="s", target="y").batches(10, 0, 0)
    assert [np.count_nonzero(label[part] == "a") for part in parts] == [1] * 10
    assert sorted(len(part) for part in parts) == [10, 10] + [11] * 8  # 98 + 10 windows in 10 batches


def balanced(counts, unknown=0):
    label = np.repeat([*"abcdefgh"[: len(counts)], ""], [*counts, unknown])
    windows = labelled(["u"] * len(label), label)
    return label, sampler(windows, every(windows), name="class_balanced", target="y")


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 9), st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_classes_are_drawn_equally_often(counts, unknown, epoch):
    label, found = balanced(counts, unknown)
    drawn = label[np.concatenate(found.batches(4, 1, epoch))]
    held = [np.count_nonzero(drawn == word) for word in "abcdefgh"[: len(counts)]]
    assert max(held) - min(held) <= 1
    assert np.count_nonzero(drawn == "") == unknown
    assert len(drawn) == len(label)


def test_what_is_left_over_goes_round_the_classes():
    label, found = balanced([7, 2, 2])  # 11 windows, 3 classes: 33 in three epochs
    drawn = np.concatenate([np.concatenate(found.batches(4, 0, epoch)) for epoch in range(3)])
    assert [np.count_nonzero(label[drawn] == word) for word in "abc"] == [11, 11, 11]


def test_all_windows_of_a_frequent_class_come_before_one_comes_again():
    label, found = balanced([90, 10])
    drawn = [np.concatenate(found.batches(8, 0, epoch)) for epoch in range(9)]
    common = np.concatenate([one[label[one] == "a"] for one in drawn])
    assert len(common) == 450
    assert np.bincount(common).tolist() == [5] * 90
    first = np.concatenate([one[label[one] == "a"] for one in drawn[:1]])
    assert len(set(first)) == 50
    rare = drawn[0][label[drawn[0]] == "b"]
    assert np.bincount(rare)[90:].tolist() == [5] * 10


OPTIONS = [
    {"name": "shuffle"},
    {"name": "same_system", "by": "s"},
    {"name": "both_classes", "by": "s", "target": "y"},
    {"name": "class_balanced", "target": "y"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda one: one["name"])
def test_batches_are_a_function_of_seed_and_epoch_and_epochs_are_of_equal_length(options):
    rng = np.random.default_rng(0)
    windows = labelled(rng.choice(list("uvw"), 97), rng.choice(["a", "b", "b", "b", ""], 97))
    found = sampler(windows, every(windows), **options)

    def drawn(seed, epoch):
        return [part.tolist() for part in found.batches(5, seed, epoch)]

    assert drawn(1, 2) == drawn(1, 2)
    assert len({str(drawn(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9
    assert len({len(drawn(0, epoch)) for epoch in range(20)}) == 1
    later = drawn(1, 7)
    assert [part.tolist() for part in sampler(windows, every(windows), **options).batches(5, 1, 7)] == later


def test_batches_do_not_come_system_by_system():
    windows = labelled(np.repeat(list("uv"), 40), ["a"] * 80)
    found = sampler(windows, every(windows), name="same_system", by="s").batches(4, 0, 0)
    first = [part[0] < 40 for part in found]
    assert len(found) == 20
    assert first != sorted(first)
    assert first != sorted(first, reverse=True)


@pytest.mark.parametrize(
    ("options", "label", "words"),
    [
        ({"name": "both_classes", "by": "s", "target": "y"}, list("abc") * 3, "two classes, 'y' has 3"),
        ({"name": "both_classes", "by": "s", "target": "y"}, ["a"] * 9, "two classes, 'y' has 1"),
        ({"name": "class_balanced", "target": "z"}, ["a"] * 9, "no target 'z'; there are y"),
        ({"name": "class_balanced", "target": "y"}, [""] * 9, "0 distinct values"),
        ({"name": "class_balanced", "target": "y"}, np.arange(1001.0), "1,001 distinct values"),
        ({"name": "class_balanced", "target": "y"}, np.arange(60) / 7, "60 distinct values in training, which are no"),
        ({"name": "class_balanced", "target": "y"}, np.zeros((9, 2)), "2 values per window"),
    ],
)
def test_a_target_without_such_classes_is_refused(options, label, words):
    windows = rows({"s": ["u"] * len(label), "y": label}, targets={"y": "y"}, slices=["s"])
    refused(lambda: sampler(windows, every(windows), **options), words)
