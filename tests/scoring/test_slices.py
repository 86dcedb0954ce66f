"""Slices of a split: which windows each holds, and what stands beside them."""

import numpy as np
import pytest

from polyhead.scoring.board import fit_reference, score_task
from polyhead.scoring.slices import score_slices

from .cases import drawn, given, training_labels


def sliced(values, *, kind="regression", truth=None, **options):
    truth = np.arange(float(len(values))) if truth is None else truth
    reference = fit_reference(kind, np.array([0.0, 2.0]))  # mean and median 1
    return score_slices(kind, [(given(truth, truth + 0.5), reference)], {"load": np.asarray(values)}, **options)["load"]


def counts(slices):
    return {value: scores["mae"].n for value, scores in slices.scores.items()}


def test_by_hand_beside_the_whole_training_set():
    case = given([0.0, 1.0, 5.0, 7.0, 9.0], [0.0, 2.0, 6.0, 7.0, 8.0], mask=[True, True, True, True, False])
    reference = fit_reference("regression", np.array([0.0, 2.0]))
    tables = score_slices(
        "regression",
        [(case, reference)],
        {"load": np.array([0, 0, 3, 3, 3]), "rig": np.array(["b", "a", "b", "b", "c"])},
        unit="min",
    )
    mae = {value: scores["mae"] for value, scores in tables["load"].scores.items()}
    assert {value: (score.value, score.floor, score.n) for value, score in mae.items()} == {
        "0": (0.5, 0.5, 2),
        "3": (0.5, 5.0, 2),  # off 5 and 7 by 4 and 6: the mean of training, not of the slice
    }
    assert (mae["0"].skill, mae["3"].skill, mae["3"].unit) == (0.0, 0.9, "min")
    rigs = tables["rig"].scores
    assert list(rigs) == ["a", "b", "c"]
    assert (rigs["a"]["mae"].value, rigs["b"]["mae"].n) == (1.0, 3)
    assert (rigs["c"]["mae"].value, rigs["c"]["mae"].reason) == (None, "no known label")


@pytest.mark.parametrize("kind", ["classification", "ordinal", "multilabel", "binary", "forecast", "masked"])
def test_a_column_of_one_value_is_the_whole_split(kind):
    case, reference = drawn(kind), fit_reference(kind, training_labels(kind))
    (whole,) = score_slices(kind, [(case, reference)], {"rig": np.full(240, "a")})["rig"].scores.values()
    assert whole == score_task(kind, case, reference)


def test_named_metrics_follow_the_primary_one():
    (scores,) = sliced([1, 1, 1], metrics=["bias"]).scores.values()
    assert list(scores) == ["r2", "bias"]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([10, 2, 10], {"2": 1, "10": 2}),
        ([1.5, -2.0, 1.5], {"-2.0": 1, "1.5": 2}),
        ([True, False, True], {"False": 1, "True": 2}),
        ([np.nan, 2.0, np.nan], {"2.0": 1, "nan": 2}),
        (np.array([None, "x", "x"], dtype=object), {"None": 1, "x": 2}),
        (np.arange(50), {str(value): 1 for value in range(50)}),
    ],
)
def test_values_are_labels_in_their_own_order(values, labels):
    assert list(counts(sliced(values)).items()) == list(labels.items())


def test_more_than_fifty_numbers_are_cut_at_their_quartiles():
    # of 0..100 the quartiles are 25, 50, 75; a window at an edge belongs to the upper slice
    assert counts(sliced(np.arange(101))) == {"[0, 25)": 25, "[25, 50)": 25, "[50, 75)": 25, "[75, 100]": 26}


def test_quartiles_that_agree_in_three_digits_are_told_apart_and_lose_no_window():
    slices = counts(sliced(1000 + np.arange(101) / 100))
    assert slices == {"[1000, 1000.2)": 25, "[1000.2, 1000.5)": 25, "[1000.5, 1000.8)": 25, "[1000.8, 1001]": 26}


def test_one_number_that_fills_a_quarter_leaves_fewer_slices_and_what_is_not_finite_stands_apart():
    values = np.concatenate([np.zeros(60), np.arange(1.0, 61), [np.nan, np.inf]])
    assert counts(sliced(values)) == {"[0, 0.5)": 60, "[0.5, 30.2)": 30, "[30.2, 60]": 30, "not finite": 2}


def test_more_than_fifty_words_are_not_sliced_and_the_reason_says_so():
    slices = sliced([f"bearing {number}" for number in range(51)])
    assert (slices.scores, slices.reason) == ({}, "51 values, more than 50")


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"load has shape \(window,\) = \(3,\), found \(2,\)"):
        sliced([1, 2], truth=np.arange(3.0))


def test_each_fold_stands_beside_its_own_training_set():
    one, two = fit_reference("regression", np.array([0.0, 2.0])), fit_reference("regression", np.array([4.0, 6.0]))
    parts = [(given([0.0, 3.0], [0.0, 3.0]), one), (given([4.0, 9.0], [4.0, 9.0]), two)]
    tables = score_slices("regression", parts, {"load": np.array([0, 3, 0, 3])})["load"].scores
    assert (tables["0"]["mae"].floor, tables["0"]["mae"].n) == (1.0, 2)  # |0 - 1| and |4 - 5|
    assert tables["3"]["mae"].floor == 3.0  # |3 - 1| and |9 - 5|
