"""Targets and masks: values as they were, and what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.config.data import TargetOptions
from polyhead.signals.target import Target, classes_of, encode, label_of, read_target

from .cases import refused

NAN = np.nan


def target(column, /, **spec) -> Target:
    return read_target("y", TargetOptions.model_validate({"key": "y"} | spec), np.array(column))


@pytest.mark.parametrize(
    ("column", "spec", "mask"),
    [
        ([1.0, NAN, np.inf, -np.inf], {}, [1, 0, 0, 0]),
        ([1.0, -1.0, 1000.0], {"missing": [-1.0, 1000.0]}, [1, 0, 0]),
        ([1, -1, 2], {"missing": [-1.0]}, [1, 0, 1]),
        (np.float32([0.1, -99.9, 1]), {"missing": [-99.9]}, [1, 0, 1]),
        (np.float32([0.1, 1]), {"missing": [1e300]}, [1, 1]),
        ([-1.0, 0.0, 5.0, 5.1], {"valid": [0.0, 5.0]}, [0, 1, 1, 0]),
        ([-1.0, 0.0, 1e9], {"valid": [0.0, None]}, [0, 1, 1]),
        ([-1e9, 0.0, 1.0], {"valid": [None, 0.0]}, [1, 1, 0]),
        (np.float32([0.1, 0.2]), {"valid": [0.1, 0.15]}, [1, 0]),
        ([True, False], {}, [1, 1]),
        (["a", "", "?", "b"], {"missing": ["?"]}, [1, 0, 0, 1]),
        (["1", "-1", "-1.0"], {"missing": [-1.0]}, [1, 0, 0]),
        ([[1, 2], [NAN, 2], [3, -1]], {"missing": [-1.0]}, [1, 0, 0]),
    ],
)
def test_what_is_missing_is_masked_and_nothing_else(column, spec, mask):
    found = target(column, **spec)
    assert found.mask.dtype == bool
    assert found.mask.tolist() == list(map(bool, mask))
    np.testing.assert_array_equal(found.values, np.array(column))


@pytest.mark.parametrize(("column", "expected"), [(0, [1, 3]), (1, [2, 4])])
def test_one_column_of_a_table_is_chosen(column, expected):
    assert target([[1, 2], [3, 4]], column=column).values.tolist() == expected


def test_a_single_column_loses_its_axis():
    assert target([[1.0], [2.0]]).values.shape == (2,)


@pytest.mark.parametrize(
    ("column", "spec", "words"),
    [
        ([[1, 2]], {"column": 2}, r"column 2 asked for, but 'y' has shape \(1, 2\)"),
        ([1, 2], {"column": 0}, r"shape \(2,\)"),
        (np.zeros((2, 3, 4)), {}, r"shape \(2, 3, 4\)"),
        ([["a", "b"]], {}, r"shape \(1, 2\)"),
        ([1j], {}, "complex128, not numbers or text"),
        ([1.0], {"missing": ["x"]}, "names 'x' but the target is numeric"),
        (["a"], {"valid": [0.0, 1.0]}, "`valid` is a range of numbers but the target is text"),
    ],
)
def test_a_target_that_cannot_be_one_is_refused_by_name(column, spec, words):
    assert refused(lambda: target(column, **spec), words).where == "data.targets.y"


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (3, "3"),
        (3.0, "3"),
        (np.float32(3), "3"),
        (np.int8(-3), "-3"),
        (-0.0, "0"),
        (0.007, "0.007"),
        (np.float32(0.007), "0.007"),
        (True, "1"),
        (np.bool_(False), "0"),
        ("3.0", "3.0"),
        (np.str_("inner"), "inner"),
        (np.inf, "inf"),
    ],
)
def test_a_label_reads_the_same_whatever_type_holds_it(value, label):
    assert label_of(value) == label


@pytest.mark.parametrize(
    ("column", "classes"),
    [
        ([10.0, 9.0, 9.0, NAN, 2.5], ("2.5", "9", "10")),
        (["b", "a", "", "b"], ("a", "b")),
        ([True, False], ("0", "1")),
        ([NAN, NAN], ()),
    ],
)
def test_classes_are_the_known_labels_in_order(column, classes):
    assert classes_of(target(column)) == classes


def test_codes_point_into_the_classes_and_are_zero_where_unknown():
    codes = encode("y", target([7.0, NAN, 5.0, 7.0]), ["5", "7"])
    assert codes.tolist() == [1, 0, 0, 1]


def test_codes_follow_the_order_of_the_classes_that_are_given():
    assert encode("y", target(["a", "b", "c"]), ["c", "a", "b"]).tolist() == [1, 2, 0]


def test_a_label_that_training_never_saw_is_refused_by_name():
    error = refused(lambda: encode("fault", target(["a", "z"]), ["a", "b"]), "label 'z'", "knew a, b", "'fault'")
    assert error.check == "missing-class"


def test_a_masked_label_may_be_strange():
    assert encode("y", target(["a", "?"], missing=["?"]), ["a"]).tolist() == [0, 0]


def test_several_values_per_window_are_no_class():
    refused(lambda: encode("y", target([[1, 2]]), ["1"]), "one value per window, found 2")


def test_taking_windows_takes_values_and_masks():
    taken = target([1.0, NAN, 3.0], unit="min").take(np.array([2, 0, 1]))
    np.testing.assert_array_equal(taken.values, [3, 1, NAN])
    assert taken.mask.tolist() == [True, True, False]
    assert taken.unit == "min"
