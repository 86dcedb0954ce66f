"""Splits that a column gives, that hold values out, that are folds, and what is judged of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.data import SplitOptions, WindowOptions
from polyhead.signals.split import NAMES, fold_names, judged, last_windows, make_split

from ..cases import refused, rows, samples


def split(windows, seed=0, /, **options):
    return make_split(windows, SplitOptions.model_validate(options), seed)


def names(windows, seed=0, /, **options):
    return fold_names(windows, SplitOptions.model_validate(options), seed)


COLUMNS = {
    "g": np.repeat(np.arange(24), 2),
    "load": np.repeat([0, 1, 2, 3], 12),
    "speed": np.tile(np.repeat([10.0, 20.0, 30.0], 4), 4),
    "site": np.repeat(np.tile(["x", "y"], 12), 2),
    "y": np.repeat(np.tile(["a", "a", "b"], 8), 2),
}


def windows(**columns):
    data = COLUMNS | columns
    return rows(data, group="g", targets={"y": "y"})


def where(found, name, column):
    return sorted(set(np.asarray(COLUMNS[column])[found[name]].tolist()))


def test_values_are_held_out_and_the_rest_trains():
    found = split(windows(), hold_out={"val": {"load": [2]}, "test": {"load": [3]}})
    assert [where(found, name, "load") for name in NAMES] == [[0, 1], [2], [3]]
    assert (found.left_out, found.straddling, found.by) == (0, 0, "group")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"load": ["3"]}, (np.asarray(COLUMNS["load"]) == 3)),
        ({"load": [3.0, 1]}, np.isin(COLUMNS["load"], [1, 3])),
        ({"site": ["y"]}, np.asarray(COLUMNS["site"]) == "y"),
        ({"speed": {"min": 15}}, np.asarray(COLUMNS["speed"]) > 15),
        ({"load": {"max": 1}, "speed": [30]}, (np.asarray(COLUMNS["load"]) < 2) & (np.asarray(COLUMNS["speed"]) == 30)),
    ],
)
def test_values_are_told_by_number_word_or_range_and_several_columns_must_all_hold(held, expected):
    found = split(windows(), hold_out={"test": held})
    assert found["test"].tolist() == np.flatnonzero(expected).tolist()
    rest = 48 - len(found["test"])
    assert len(found["val"]) == pytest.approx(rest * 0.15 / 0.85, abs=2)


def test_validation_is_drawn_by_recording_evenly_over_classes():
    for seed in range(5):
        found = split(windows(), seed, hold_out={"test": {"load": [3]}}, stratify="y", fractions=[0.6, 0.3, 0.1])
        assert len(found["val"]) == 12  # a third of 36
        assert np.count_nonzero(COLUMNS["y"][found["val"]] == "b") == 4
        assert not set(COLUMNS["g"][found["val"]]) & set(COLUMNS["g"][found["train"]])
    drawn = {tuple(split(windows(), seed, hold_out={"test": {"load": [3]}})["val"]) for seed in range(5)}
    assert len(drawn) > 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hold_out": {"test": {"load": [4]}}}, "hold_out.test.load: no window.*'load' holds 0, 1, 2, 3"),
        ({"hold_out": {"test": {"load": [1], "speed": [99]}}}, "hold_out.test.speed.*'speed' holds 10, 20, 30"),
        ({"hold_out": {"val": {"load": [1]}, "test": {"speed": [10]}}}, "4 windows are held out for both val and test"),
        ({"hold_out": {"test": {"site": {"min": 2}}}}, "hold_out.test.site: a range needs numbers"),
        ({"hold_out": {"val": {"load": [0, 1]}, "test": {"load": [2, 3]}}}, "no window is left for train"),
        ({"hold_out": {"test": {"load": {"min": 0}}}}, "no window is left for train"),
    ],
)
def test_what_cannot_be_held_out_is_refused(options, words):
    refused(lambda: split(windows(), **options), words)


def test_a_recording_that_held_out_values_would_cut_is_refused_by_name():
    load = COLUMNS["load"].copy()
    load[7] = 3
    error = refused(
        lambda: split(windows(load=load), hold_out={"test": {"load": [3]}}), "recording '3' stands in train"
    )
    assert error.check == "split-leakage"
    error = refused(lambda: split(windows(), by="speed", hold_out={"test": {"load": [3]}}), "speed '10' stands in")
    assert error.check == "split-leakage"


def test_a_given_column_without_validation_has_it_drawn_from_what_trains():
    side = np.where(COLUMNS["load"] == 3, "test", "train")
    for seed in range(5):
        found = split(windows(s=side), seed, column="s", stratify="y", fractions=[0.6, 0.3, 0.1])
        assert found["test"].tolist() == list(range(36, 48))
        assert (len(found["val"]), np.count_nonzero(COLUMNS["y"][found["val"]] == "b")) == (12, 4)
        assert found.by == "s"


def test_a_machine_that_a_given_column_would_cut_is_refused_by_name():
    side = np.repeat(["train", "val", "test"], 4)
    data = {"g": np.repeat(np.arange(6), 2), "m": np.repeat(["a", "b", "c", "c"], [4, 2, 2, 4]), "s": side}
    cut = rows(data, group="g", split={"by": "m", "column": "s"})
    error = refused(lambda: split(cut, by="m", column="s"), "'s': m 'c' stands in val and test")
    assert error.check == "split-leakage"
    assert split(cut, column="s")["test"].tolist() == [8, 9, 10, 11]


@st.composite
def recordings(draw):
    counts = draw(st.lists(st.integers(1, 6), min_size=6, max_size=20))
    group = np.repeat(np.arange(len(counts)), counts)
    label = draw(st.lists(st.sampled_from(["a", "b", ""]), min_size=len(group), max_size=len(group)))
    return group, label


@given(recordings(), st.integers(2, 5), st.booleans(), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_every_window_is_tested_in_exactly_one_fold(data, folds, stratified, seed):
    group, label = data
    made = rows({"g": group, "y": label}, group="g", targets={"y": "y"})
    options = {"folds": folds, "stratify": ["y"] if stratified else []}
    assert names(made, seed, **options) == tuple(str(n + 1) for n in range(folds))
    found = [split(made, seed, **options, fold=n + 1) for n in range(folds)]
    assert sorted(np.concatenate([one["test"] for one in found])) == list(range(len(group)))
    for one in found:
        assert one.straddling == one.left_out == 0
        assert all(len(one[name]) for name in NAMES)
    assert split(made, seed, **options)["test"].tolist() == found[0]["test"].tolist()


def test_folds_are_of_one_size_and_of_even_classes():
    made = windows()
    for fold in range(1, 5):
        test = split(made, folds=4, fold=fold, stratify="y")["test"]
        assert (len(test), np.count_nonzero(COLUMNS["y"][test] == "b")) == (12, 4)


def test_each_value_of_a_column_is_left_out_once():
    made = windows()
    assert names(made, folds="leave-one-load-out") == ("0", "1", "2", "3")
    for number in range(4):
        found = split(made, folds="leave-one-load-out", fold=number + 1)
        assert where(found, "test", "load") == [number]
        assert len(found["val"]) == 6  # 18 recordings * .15 / .85 = 3.2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"folds": 4, "fold": 5}, "fold 5 of 4; write 1 to 4"),
        ({"folds": "leave-one-load-out", "fold": 5}, "fold 5 of 4"),
        ({"folds": 25}, "24 recordings cannot fill 25 folds"),
        ({"folds": 3, "by": "site"}, "2 values of 'site' cannot fill 3 folds"),
    ],
)
def test_folds_that_are_not_there_are_refused(options, words):
    refused(lambda: split(windows(), **options), words)


def test_a_column_of_one_value_or_that_cuts_recordings_cannot_be_left_out():
    refused(lambda: split(windows(load=[1] * 48), folds="leave-one-load-out"), "has one value only")
    load = COLUMNS["load"].astype(float)
    load[:2] = np.nan
    refused(lambda: split(windows(load=load), folds="leave-one-load-out"), "2 windows have no 'load'")
    refused(lambda: names(windows(load=[""] * 2 + ["a"] * 46), folds="leave-one-load-out"), "2 windows have no 'load'")
    load = COLUMNS["load"].copy()
    load[0] = 2
    error = refused(lambda: split(windows(load=load), folds="leave-one-load-out"), "recording '0' stands in")
    assert error.check == "split-leakage"


def test_the_last_window_of_each_recording_is_judged():
    made = samples(2, 2, np.zeros((60, 1)), {"g": np.repeat(np.arange(10), 6)}, group="g")
    whole = split(made)
    for evaluate, last in (("last", ("val", "test")), ({"test": "last"}, ("test",)), ("all", ())):
        found = judged(made, whole, WindowOptions(length=2, evaluate=evaluate))
        assert found["train"].tolist() == whole["train"].tolist()
        for name in ("val", "test"):
            expected = [i for i in whole[name] if i % 3 == 2] if name in last else whole[name].tolist()
            assert found[name].tolist() == expected
        assert found.left_out == 30 - sum(len(found[name]) for name in NAMES)
    assert judged(made, whole, None) is whole


def test_the_last_window_is_the_latest_in_time_else_of_the_last_row():
    made = rows({"g": list("abab")}, group="g")
    assert last_windows(made, np.arange(4)).tolist() == [2, 3]
    made = replace(made, time=np.array([4.0, 1.0, 2.0, 3.0]))
    assert last_windows(made, np.arange(4)).tolist() == [0, 3]
    assert last_windows(made, np.array([1, 2])).tolist() == [1, 2]
    assert last_windows(made, np.array([], np.int64)).tolist() == []
